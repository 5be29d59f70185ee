"""Keep the translations in step with the sentences of the code, without the gettext programs.

`manage.py messages` finds every marked sentence and rewrites locale/<language>/LC_MESSAGES/django.po: new ones come
in empty, translated ones stay, those the code no longer says go. `manage.py messages --check` writes nothing and
exits with 1 when a language lacks something. How to translate: docs/how-to/translate.md.
"""

import ast
import io
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation.template import templatize

SKIPPED = {"node_modules", "staticfiles", "tests", "bench", "tools", "docs", "locale", "__pycache__"}

# Which argument is what, as Babel wants it: a number for a message, (number, "c") for its context.
FUNCTIONS: dict[str, Any] = {
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}

PLACEHOLDER = re.compile(r"%\(\w+\)[#0\- +]?[\d.]*[sdifr]|%%|%[sdifr]|\{\w*\}")

Key = tuple[str, str]


# --- From the code -------------------------------------------------------------------------------------------


def catalogue_of_code(root: Path) -> Catalog:
    """Every marked sentence below `root`, with the files that say it."""
    found = Catalog(charset="utf-8")
    for path in sorted(_files(root)):
        place = path.relative_to(root).as_posix()
        text = path.read_text(encoding="utf-8")
        messages = _from_python(text) if path.suffix == ".py" else _from_template(text, place)
        for _line, message, comments, context in messages:
            found.add(message, locations=[(place, 0)], auto_comments=comments, context=context)
    return found


def _files(root: Path) -> Iterator[Path]:
    """Python files, and whatever lies in a folder of templates."""
    for folder, inner, names in os.walk(root):
        inner[:] = [name for name in inner if name not in SKIPPED and not name.startswith(".")]
        here = Path(folder)
        template = "templates" in here.relative_to(root).parts
        yield from (here / name for name in names if name.endswith(".py") or template)


def _from_python(text: str) -> Iterator[tuple]:
    if "translation" not in text:
        return iter(())
    return extract("python", io.BytesIO(text.encode()), _names(text), ["Translators:"])


def _names(text: str) -> dict[str, Any]:
    """The functions of FUNCTIONS under the names a file imports them by (`gettext as _`)."""
    known = dict(FUNCTIONS)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
            for name in node.names:
                if name.asname and name.name in FUNCTIONS:
                    known[name.asname] = FUNCTIONS[name.name]
    return known


def _from_template(text: str, place: str) -> Iterator[tuple]:
    """As xgettext would: Django turns the template into calls; what is left of it must not look like indentation."""
    calls = "\n".join(line.lstrip() for line in templatize(text, origin=place).splitlines())
    return extract("python", io.BytesIO(calls.encode()), FUNCTIONS | {"_": None}, ["Translators:"])


# --- To the languages ------------------------------------------------------------------------------------------


def languages() -> list[str]:
    """Every language but the one the code is written in."""
    return [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


def source_of(language: str) -> Path:
    return Path(settings.LOCALE_PATHS[0]) / language / "LC_MESSAGES" / "django.po"


def read(language: str) -> Catalog:
    """The catalogue as it lies in the repository; an empty one for a new language."""
    path = source_of(language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as handle:
        return read_po(handle, locale=language, abort_invalid=True)


def _key(message: Message) -> Key:
    return message.context or "", message.id if isinstance(message.id, str) else message.id[0]


def _messages(catalogue: Catalog) -> dict[Key, Message]:
    return {_key(message): message for message in catalogue if message.id}


def written(language: str, code: Catalog) -> bytes:
    """The catalogue of `language` brought in step with the code: sorted, no line numbers, no date, nothing obsolete."""
    old = _messages(read(language))
    new = Catalog(locale=language, charset="utf-8")
    for key, message in _messages(code).items():
        known = old.get(key)
        same_form = known is not None and isinstance(known.id, str) == isinstance(message.id, str)
        new.add(
            message.id,
            string=known.string if known is not None and same_form else None,
            locations=sorted(set(message.locations)),
            flags={"fuzzy"} if known is not None and known.fuzzy else (),
            auto_comments=message.auto_comments,
            user_comments=known.user_comments if known is not None else (),
            context=message.context,
        )
    out = io.BytesIO()
    write_po(out, new, width=110, sort_output=True, include_lineno=False, omit_header=True)
    return _header(language, new) + out.getvalue()


def _header(language: str, catalogue: Catalog) -> bytes:
    """Only what reading needs: dates and names would change with every run."""
    lines = (
        f"Language: {language}",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        f"Plural-Forms: {catalogue.plural_forms}",
    )
    return ('msgid ""\nmsgstr ""\n' + "".join(f'"{line}\\n"\n' for line in lines) + "\n").encode()


# --- What a language lacks --------------------------------------------------------------------------------------


def troubles(language: str, code: Catalog) -> list[str]:
    """One line for each message that is missing, fuzzy, stale or whose placeholders differ; none when all is well."""
    wanted, have = _messages(code), _messages(read(language))
    lines = [f"stale: {_short(key)}" for key in have if key not in wanted]
    for key, message in wanted.items():
        translation = have.get(key)
        if (
            translation is None
            or not _complete(translation)
            or translation.pluralizable != message.pluralizable
        ):
            lines.append(f"missing: {_short(key)}")
        elif translation.fuzzy:
            lines.append(f"fuzzy: {_short(key)}")
        elif not _same_placeholders(translation):
            lines.append(f"placeholders differ: {_short(key)}")
    return sorted(lines)


def _short(key: Key) -> str:
    context, text = key
    return (f"[{context}] " if context else "") + " ".join(text.split())[:150]


def _forms(text: Any) -> list[str]:
    """One form for a plain message, the singular and the plural (or plurals) for another."""
    return [text] if isinstance(text, str) else list(text)


def _complete(message: Message) -> bool:
    return all(_forms(message.string)) and bool(message.string)


def _same_placeholders(message: Message) -> bool:
    """The same values in both languages. Where a form says "One", another language may still say the number."""
    singular, *plurals = [_placeholders(text) for text in _forms(message.id)]
    first, *others = [_placeholders(text) for text in _forms(message.string)]
    if not plurals:
        return first == singular
    return singular <= first <= singular | plurals[0] and all(other == plurals[0] for other in others)


def _placeholders(text: str) -> set[str]:
    return {found for found in PLACEHOLDER.findall(text) if found != "%%"}


class Command(BaseCommand):
    help = "Bring the translations in step with the code; with --check, say what they lack."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="write nothing; exit with 1 if something lacks"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        code = catalogue_of_code(Path(settings.BASE_DIR))
        if options["check"]:
            lines = [f"{language}: {line}" for language in languages() for line in troubles(language, code)]
            if lines:
                raise CommandError(
                    "\n".join([*lines, "Run `manage.py messages` and translate what is empty."])
                )
            return
        for language in languages():
            path, text = source_of(language), written(language, code)
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists() or path.read_bytes() != text:
                path.write_bytes(text)
            lacking = sum(not _complete(message) for message in _messages(read(language)).values())
            self.stdout.write(f"{language}: {len(code)} messages, {lacking} to translate")
