"""Markdown as requesters write it, as HTML that is safe to show: no raw HTML, no images, no scripts."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

from . import placeholders

TAGS = {
    "a", "blockquote", "br", "code", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s", "strong",
    "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
SCHEMES = {"https", "http", "mailto"}
CACHED_CHARS = 20_000

# While Markdown is read, a placeholder is a run of private-use characters that no rule of Markdown touches.
_OPEN, _CLOSE = "\ue000", "\ue001"
_STRAY = re.compile(f"[{_OPEN}{_CLOSE}]")
_MARK = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")
_MARK_IN_ADDRESS = re.compile("%EE%80%80([0-9]+)%EE%80%81")


def render(text: str, values: Mapping[str, Any] | None = None) -> SafeString:
    """`text` as HTML, with {{column}} replaced by `values` bound as text (in an address: percent-encoded).

    Without `values` placeholders are shown as they are written. Headings begin at h3, below the page's own.
    """
    html, columns = _compiled(text) if len(text) <= CACHED_CHARS else _compile(text)
    if not columns:
        return mark_safe(html)  # noqa: S308 - cleaned by nh3

    def shown(found: re.Match[str]) -> str:
        name = columns[int(found[1])]
        return escape("{{" + name + "}}" if values is None else str(values.get(name, "")))

    def in_address(found: re.Match[str]) -> str:
        name = columns[int(found[1])]
        return quote(str((values or {}).get(name, "")), safe="")

    html = _MARK_IN_ADDRESS.sub(in_address, html)
    return mark_safe(_MARK.sub(shown, html))  # noqa: S308 - cleaned by nh3, values escaped


def _compile(text: str) -> tuple[str, list[str]]:
    columns = placeholders.names(text)
    plain = _STRAY.sub("", text)
    marked = placeholders.PLACEHOLDER.sub(lambda found: f"{_OPEN}{columns.index(found[1])}{_CLOSE}", plain)
    html = nh3.clean(
        _parser.render(marked),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel="nofollow noopener noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
    return html, columns


_compiled = lru_cache(maxsize=256)(_compile)


def _lower_headings(tokens: list[Token]) -> None:
    headings = [token for token in tokens if token.type in {"heading_open", "heading_close"}]
    # Whatever the text begins with, no level is left out above it.
    highest = min((int(token.tag[1]) for token in headings), default=1)
    for token in headings:
        token.tag = f"h{min(int(token.tag[1]) - highest + 3, 6)}"


class _Parser(MarkdownIt):
    """CommonMark with tables and strikethrough; raw HTML is shown as text, images become links to look at."""

    def __init__(self) -> None:
        super().__init__("commonmark", {"html": False, "breaks": True})
        self.enable(["table", "strikethrough"]).disable(["image", "html_block", "html_inline"])

    def render(self, src: str, env: Any = None) -> str:
        tokens = self.parse(src, env)
        _lower_headings(tokens)
        return str(self.renderer.render(tokens, self.options, env or {}))


_parser = _Parser()
