"""Finds English left on a French page: texts that the catalogue knows in English and says otherwise in French."""

import functools
import re
from typing import Any

from django.utils.translation import trans_real
from playwright.sync_api import Page

from marketplace.simulation.demo import content

# Whole texts between tags, and what attributes say aloud; not what people wrote (they choose their own language).
TEXTS = """() => {
  const found = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const theirs = ".prose, .gallery, #answer .field, script, style, template, kbd, code, [translate=no],"
    + " [lang]:not(html)";
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!node.parentElement.closest(theirs)) found.add(node.textContent);
  }
  for (const each of document.querySelectorAll("[aria-label], [placeholder], [title], [alt]")) {
    for (const name of ["aria-label", "placeholder", "title", "alt"]) found.add(each.getAttribute(name) ?? "");
  }
  found.add(document.title.replace(/ · Tessera$/, ""));
  return [...found];
}"""
HOLE = re.compile(r"%\(\w+\)s|%\(\w+\)d|%s|%d|\{\w*\}")


def _plain(text: str) -> str:
    return " ".join(text.split())


def _own() -> set[str]:
    """Texts that the demonstration's requesters wrote."""

    def words(value: Any) -> set[str]:
        if isinstance(value, dict | list | tuple):
            return set().union(*map(words, value.values() if isinstance(value, dict) else value))
        return {_plain(value)} if isinstance(value, str) else set()

    return set().union(*(words(value) for name, value in vars(content).items() if name.isupper()))


@functools.cache
def english() -> tuple[frozenset[str], "re.Pattern[str]"]:
    """Whole English texts, and one pattern for those with holes (sentences of four letters or more beside them)."""
    whole, holed = set[str](), set[str]()
    catalogue = trans_real.translation("fr")._catalog  # type: ignore[attr-defined]
    french: dict[str, set[str]] = {}  # a plural has several forms for one English text
    for key in list(catalogue.keys()):
        said = (key[0] if isinstance(key, tuple) else key).rpartition("\x04")[2]
        french.setdefault(said, set()).update(_plain(each) for each in re.split(r"<[^>]*>", catalogue[key]))
    for said, told in french.items():
        for piece in map(_plain, re.split(r"<[^>]*>", said)):
            if piece in told or len(re.findall(r"[A-Za-z]", HOLE.sub("", piece))) < 4:
                continue
            if HOLE.search(piece):
                holed.add("\\S.{0,40}?".join(map(re.escape, HOLE.split(piece))))
            else:
                whole.add(piece)
    return frozenset(whole - _own() - {"English"}), re.compile("|".join(sorted(holed)) or "(?!)")


def left_in_english(page: Page) -> list[str]:
    whole, holed = english()
    texts = {_plain(text) for text in page.evaluate(TEXTS)} - {""}
    return sorted(text for text in texts if text in whole or (text not in _own() and holed.fullmatch(text)))
