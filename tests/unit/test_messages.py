"""Everything a person reads is marked for translation, and there in French."""

import ast
import datetime as dt
import gettext
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.template.base import Lexer, TokenType
from django.utils import timezone, translation

from marketplace.base import formats
from marketplace.management.commands import messages
from marketplace.management.commands.compile_messages import compile_stale

ROOT = Path(settings.BASE_DIR)


@pytest.fixture(scope="module")
def code() -> Any:
    return messages.catalogue_of_code(ROOT)


# --- The catalogue ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", messages.languages())
def test_no_language_lacks_a_message(language: str, code: Any) -> None:
    assert not messages.troubles(language, code), "run `manage.py messages` and translate what is empty"


def test_the_catalogue_reads_as_french_is_printed() -> None:
    """Typographic apostrophes, and no line may break before : ; ? ! » % or € or after «."""
    wrong = re.compile(r"[^\W\d_]'[^\W\d_]| [:;?!»€]( |$)| (?:%%|%$)|« |\.\.\.")
    for message in messages.read("fr"):
        strings = [message.string] if isinstance(message.string, str) else message.string
        for string in strings if message.id else ():
            prose = re.sub(r"<[^>]+>|`[^`]*`|[\w_]+ \| ", "", string)
            assert not wrong.search(prose), string


def test_the_catalogue_says_vous() -> None:
    for message in messages.read("fr"):
        if message.id:
            assert not re.search(r"\b(tu|toi|ton|tes)\b(?! de| d’)", str(message.string), re.IGNORECASE), (
                message.string
            )


def test_the_compiled_catalogue_answers_in_french(tmp_path: Path) -> None:
    target = tmp_path / "fr" / "LC_MESSAGES" / "django.po"
    target.parent.mkdir(parents=True)
    target.write_bytes(messages.source_of("fr").read_bytes())
    assert [path.name for path in compile_stale(tmp_path)] == ["django.mo"]
    with target.with_suffix(".mo").open("rb") as handle:
        french = gettext.GNUTranslations(handle)
    assert french.gettext("Log out") == "Se déconnecter"
    assert french.ngettext("%(n)s day", "%(n)s days", 0) == "%(n)s jour"  # nought is singular in French
    assert french.ngettext("%(n)s day", "%(n)s days", 2) == "%(n)s jours"


@pytest.mark.parametrize(
    "words",
    ["This field is required.", "Enter a valid email address.", "The two password fields didn’t match."],
)
def test_django_brings_its_own_french(words: str) -> None:
    with translation.override("fr"):
        assert translation.gettext(words) != words


def test_allauth_brings_its_own_french() -> None:
    """Of allauth's sentences our pages show those of its forms and of its refusals."""
    same = {
        (english, place)
        for place, english, french in _allauth()
        if english == french and english not in {"Code"}
    }
    assert not same


def _allauth() -> Iterator[tuple[str, str, str]]:
    from allauth.account import forms as account_forms
    from allauth.account.adapter import get_adapter as account_adapter
    from allauth.mfa.adapter import get_adapter as mfa_adapter
    from allauth.mfa.base import forms as mfa_forms
    from allauth.mfa.totp import forms as totp_forms

    words = list((account_adapter().error_messages | mfa_adapter().error_messages).items())
    for module in (account_forms, mfa_forms, totp_forms):
        for name, form in vars(module).items():
            for field in getattr(form, "base_fields", {}).values():
                said = (field.label, field.help_text, *field.error_messages.values())
                words += [(name, text) for text in said if text]
    for place, text in words:
        with translation.override("en"):
            english = str(text)
        with translation.override("fr"):
            yield place, english, str(text)


def test_the_first_of_a_month_is_said_as_the_french_say_it() -> None:
    with translation.override("fr"), timezone.override("UTC"):
        assert formats.day(dt.date(2019, 1, 1)) == "1er janvier 2019"
        assert formats.exact(dt.datetime(2019, 6, 1, 9, 30, tzinfo=dt.UTC)) == "samedi 1er juin 2019, 09:30"
        assert formats.day(dt.date(2019, 1, 21)) == "21 janvier 2019"
    with translation.override("en"):
        assert formats.day(dt.date(2019, 1, 1)) == "1 January 2019"


# --- The tool --------------------------------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path: Path, settings: Any) -> Path:
    """A project of two files, with a place for its translations."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "words.py").write_text(
        "from django.utils.translation import gettext as _, pgettext_lazy as in_context, ngettext\n"
        'one = _("Said " "in two parts")\n'
        'two = in_context("batch", "open")\n'
        'three = ngettext("One task", "%(n)s tasks", 2)\n'
        "silent = len('not marked')\n"
    )
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text(
        '{% comment %}{% translate "not shown" %}{% endcomment %}\n'
        '{% translate "It\'s here" as here %}<p title="{% translate \'A title\' %}">{{ _("In a variable") }}</p>\n'
        "  {% blocktranslate asvar lead count n=rows trimmed %}\n    {{ n }} row\n"
        "  {% plural %}\n    {{ n }} rows\n  {% endblocktranslate %}\n"
        '{% blocktranslate with a=b|eur context "money" %}All of {{ a }}, 100 %{% endblocktranslate %}\n'
    )
    settings.BASE_DIR, settings.LOCALE_PATHS = tmp_path, [tmp_path / "locale"]
    return tmp_path


def test_every_way_to_mark_a_sentence_is_found(small: Path) -> None:
    found = {(message.context, message.id) for message in messages.catalogue_of_code(small) if message.id}
    assert found == {
        (None, "Said in two parts"),
        ("batch", "open"),
        (None, ("One task", "%(n)s tasks")),
        (None, "It's here"),
        (None, "A title"),
        (None, "In a variable"),
        (None, ("%(n)s row", "%(n)s rows")),
        ("money", "All of %(a)s, 100 %%"),
    }


def test_what_tests_and_packages_say_is_left_alone(small: Path) -> None:
    for folder in ("tests", "node_modules", ".venv", "bench"):
        (small / folder).mkdir()
        (small / folder / "words.py").write_bytes((small / "app" / "words.py").read_bytes())
    places = {place for message in messages.catalogue_of_code(small) for place, _line in message.locations}
    assert places == {"app/words.py", "templates/page.html"}


def test_the_catalogue_is_stable_and_keeps_translations(small: Path) -> None:
    call_command("messages", verbosity=0)
    path = messages.source_of("fr")
    text = path.read_text().replace('msgid "A title"\nmsgstr ""', 'msgid "A title"\nmsgstr "Un titre"')
    path.write_text(text + '\nmsgid "No longer said"\nmsgstr "Plus dit"\n')
    call_command("messages", verbosity=0)
    first = path.read_text()
    (small / "app" / "words.py").write_text("\n\n\n" + (small / "app" / "words.py").read_text())
    call_command("messages", verbosity=0)
    assert path.read_text() == first
    assert "Un titre" in first and "No longer said" not in first and "words.py:" not in first


def test_the_check_says_what_lacks(small: Path) -> None:
    call_command("messages", verbosity=0)
    path = messages.source_of("fr")
    text = path.read_text()
    for entry, french in {
        'msgid "A title"': '"Un titre"',
        'msgid "Said in two parts"': '"Dit en %(n)s parties"',
        'msgctxt "batch"\nmsgid "open"': '"ouvert"',
    }.items():
        text = text.replace(f'{entry}\nmsgstr ""', f"{entry}\nmsgstr {french}")
    text = text.replace('msgid "A title"', '#, fuzzy\nmsgid "A title"')
    path.write_text(text + '\nmsgid "No longer said"\nmsgstr "Plus dit"\n')
    with pytest.raises(CommandError) as told:
        call_command("messages", check=True)
    said = str(told.value)
    assert "fr: fuzzy: A title" in said
    assert "fr: placeholders differ: Said in two parts" in said
    assert "fr: stale: No longer said" in said
    assert "fr: missing: One task" in said
    assert "[batch] open" not in said


@pytest.mark.parametrize(
    ("singular", "plural", "fine"),
    [
        ("Une tâche", "%(n)s tâches", True),
        ("%(n)s tâche", "%(n)s tâches", True),
        ("%(x)s tâche", "%(n)s tâches", False),
        ("Une tâche", "Des tâches", False),
    ],
)
def test_a_plural_keeps_its_figure(small: Path, singular: str, plural: str, fine: bool) -> None:
    call_command("messages", verbosity=0)
    path = messages.source_of("fr")
    empty = 'msgid_plural "%(n)s tasks"\nmsgstr[0] ""\nmsgstr[1] ""'
    path.write_text(
        path.read_text().replace(
            empty, f'msgid_plural "%(n)s tasks"\nmsgstr[0] "{singular}"\nmsgstr[1] "{plural}"'
        )
    )
    told = messages.troubles("fr", messages.catalogue_of_code(small))
    assert ("placeholders differ: One task" not in told) is fine
    assert "missing: One task" not in told


# --- Sentences that nobody marked ---------------------------------------------------------------------------------

# The gallery shows components to who builds them; a fragment of attributes; addresses of public offices.
NOT_PROSE = {"web/gallery.html", "tasks/requester/_described.html", "web/service-worker.js"}
NAMES = re.compile(
    r"Tessera|impots\.gouv\.fr|urssaf\.fr|europa\.eu/youreurope|CSV|XLSX|JSONL|JSON|IBAN|BIC|PDF|FEC|API"
)
UNREAD = re.compile(r"<(script|style|code|kbd|svg)\b.*?</\1>|<!--.*?-->|<[^<>]*>", re.DOTALL)
SPOKEN_ATTRIBUTE = re.compile(
    r'(?<![\w-])(?:aria-label|title|alt|placeholder|data-confirm|(?<!"referrer" )content)="([^"{}\[]*)"'
)
LETTERS = re.compile(r"[^\W\d_]{2}")


def _unmarked(text: str) -> list[str]:
    """Pieces of a template that would be shown, or read out, as they stand."""
    html, skipped = "", ""
    for token in Lexer(text).tokenize():
        name = token.contents.split()[0] if token.token_type == TokenType.BLOCK and token.contents else ""
        if skipped:
            skipped = "" if name == f"end{skipped}" else skipped
        elif name in {"blocktranslate", "blocktrans", "comment", "verbatim"}:
            skipped = name
        elif token.token_type == TokenType.TEXT:
            html += token.contents
        else:
            html += "\n"
    spoken = [
        words
        for words in SPOKEN_ATTRIBUTE.findall(html)
        if not words.startswith(("width=", "noindex", "light dark"))
    ]
    pieces = re.split(
        r"\n", UNREAD.sub("\n", re.sub(r"<[^<>]*>", lambda tag: tag[0].replace("\n", " "), html))
    )
    return [
        piece.strip()
        for piece in (*spoken, *pieces)
        if LETTERS.search(NAMES.sub("", re.sub(r"&\w+;", "", piece)))
    ]


def _templates() -> list[str]:
    folder = ROOT / "templates"
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*") if path.is_file())


@pytest.mark.parametrize("name", [name for name in _templates() if name not in NOT_PROSE])
def test_templates_say_nothing_that_is_not_marked(name: str) -> None:
    assert not _unmarked((ROOT / "templates" / name).read_text(encoding="utf-8"))


def test_an_unmarked_sentence_is_found() -> None:
    assert _unmarked('<p title="Read me">{% translate "Fine" %} not fine</p>') == ["Read me", "not fine"]
    assert not _unmarked('<p class="quiet">{% translate "Fine" %} · {{ name }} – Tessera <kbd>Ctrl</kbd></p>')


def _python() -> Iterator[Path]:
    for app in ("marketplace", "tasks", "workers", "payments"):
        for path in sorted((ROOT / app).rglob("*.py")):
            # The description of the REST interface is for programmers, and in English.
            if "migrations" not in path.parts and "management" not in path.parts and "api" not in path.parts:
                yield path


def test_labels_hints_and_messages_in_code_are_marked() -> None:
    found = []
    for path in _python():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                shown = {"label", "detail"} | ({"help_text"} if "models" not in path.as_posix() else set())
                texts = [word.value for word in node.keywords if word.arg in shown]
                called = node.func
                if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
                    texts += node.args[1:2] if called.value.id == "messages" else []
                found += [f"{path.name}: {text.value}" for text in texts if _sentence(text)]
    assert not found


def _sentence(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(LETTERS.search(node.value))
