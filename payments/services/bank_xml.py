"""Reading what banks send in XML (ISO 20022): streamed, without entities, whatever the version's namespace.

Names of elements are those of the standard without their namespace, so that 001.02 to 001.13 read alike.
"""

import io
from collections.abc import Iterator
from typing import IO, Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from marketplace.base.errors import Refusal

_SPACE = b" \t\r\n"


class BadBankFile(Refusal):
    """A file of a bank that can't be taken; nothing of it was."""

    code = "bad_bank_file"
    status = 400


class NotXml(BadBankFile):
    detail = _("This is not a readable XML file. Download it from the bank again, as CAMT.053 or pain.002.")


class Hostile(BadBankFile):
    detail = _(
        "This file carries a document type or entities, which no bank's file does. Nothing was read; show it to "
        "whoever looks after this site."
    )


class TooLarge(BadBankFile):
    detail = _(
        "This file is larger than %(megabytes)d MB. Ask the bank for shorter periods, a day in each file."
    )


def open_checked(upload: IO[bytes]) -> IO[bytes]:
    """The upload at its first sign, when it is not too large; space before the XML declaration is passed over.

    Raises TooLarge.
    """
    upload.seek(0, io.SEEK_END)
    if upload.tell() > settings.BANK_FILE_MAX_BYTES:
        raise TooLarge(megabytes=max(settings.BANK_FILE_MAX_BYTES // 1_000_000, 1))
    upload.seek(0)
    start = 0
    while (letter := upload.read(1)) and letter in _SPACE:
        start += 1
    upload.seek(start)
    return upload


def events(upload: IO[bytes]) -> Iterator[tuple[str, str, Element, list[Element]]]:
    """("start" or "end", name, element, its ancestors from the root) through a file; raises NotXml, Hostile, TooLarge.

    The caller drops what it has read with `drop`, so that a file of any length needs little memory.
    """
    path: list[Element] = []
    source = open_checked(upload)
    try:
        for event, element in iterparse(source, events=("start", "end"), forbid_dtd=True):
            name = local(element)
            if event == "start":
                yield event, name, element, path
                path.append(element)
            else:
                path.pop()
                yield event, name, element, path
    except DefusedXmlException:
        raise Hostile from None
    except (ParseError, LookupError, UnicodeError, ValueError):
        raise NotXml from None


def drop(element: Element, path: list[Element]) -> None:
    """Forget an element that was read."""
    element.clear()
    if path:
        path[-1].remove(element)


def local(element: Element) -> str:
    """The name without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def children(element: Element | None, name: str) -> list[Element]:
    """The direct children of that name."""
    return [] if element is None else [child for child in element if local(child) == name]


def at(element: Element | None, path: str) -> Element | None:
    """The first element at `path` ("Refs/EndToEndId"), None where there is none."""
    for name in path.split("/"):
        found = children(element, name)
        if not found:
            return None
        element = found[0]
    return element


def text(element: Element | None, *paths: str) -> str:
    """The text at the first of the paths that has one, its spaces made single."""
    for path in paths:
        found = at(element, path)
        if found is not None and (words := " ".join((found.text or "").split())):
            return words
    return ""


def currency(element: Element | None) -> Any:
    """The currency an amount is written in."""
    return element.get("Ccy", "") if element is not None else ""
