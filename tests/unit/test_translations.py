"""Translations are compiled without the gettext programs, and only when they changed."""

import gettext
import os
from pathlib import Path

from marketplace.management.commands.compile_messages import compile_stale

CATALOGUE = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\\n"

msgid "One task"
msgid_plural "%(n)d tasks"
msgstr[0] "Une tâche"
msgstr[1] "%(n)d tâches"

#, fuzzy
msgid "Uncertain"
msgstr "Sûr"
"""


def test_a_changed_catalogue_is_compiled_once(tmp_path: Path) -> None:
    source = tmp_path / "fr" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_text(CATALOGUE)
    assert compile_stale(tmp_path) == [source.with_suffix(".mo")]
    assert compile_stale(tmp_path) == []
    with source.with_suffix(".mo").open("rb") as handle:
        french = gettext.GNUTranslations(handle)
    assert french.ngettext("One task", "%(n)d tasks", 0) == "Une tâche"
    assert french.ngettext("One task", "%(n)d tasks", 3) == "%(n)d tâches"
    assert french.gettext("Uncertain") == "Uncertain"  # a guess is no translation
    later = source.stat().st_mtime + 10
    os.utime(source, (later, later))
    assert compile_stale(tmp_path) == [source.with_suffix(".mo")]
