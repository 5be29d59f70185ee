from collections.abc import Callable, Mapping
from urllib.parse import SplitResult, urlsplit

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tasks import placeholders

from ..base import Shown
from ..settings import Setting


class Link(Shown):
    """An address to look at. It opens apart: the other page learns neither where it was opened nor by whom."""

    key = "link"
    family = "words"
    title = gettext_lazy("Link")
    settings = (
        Shown.column,
        Setting("text", "text", gettext_lazy("Words to click on"), most=100, default=""),
        Shown.needed,
    )

    @property
    def columns(self) -> list[str]:
        return [*super().columns, *placeholders.names(self.options["text"])]

    def checks(self) -> list[tuple[str, Callable[[str], str | None]]]:
        return [*super().checks(), (self.options["column"], not_https)]

    def render(self, data: Mapping[str, str]) -> SafeString:
        """An address that is not there leaves no trace, not even its label: a place to begin is a help, not a value."""
        return super().render(data) if self.body(data) else SafeString("")

    def body(self, data: Mapping[str, str]) -> SafeString:
        address = str(data.get(self.options["column"], "")).strip()
        parts = https(address)
        if parts is None:
            return SafeString("")
        return format_html(
            '<p><a href="{}" target="_blank" rel="noopener noreferrer nofollow external">{}</a>'
            ' <span class="quiet"><bdi>{}</bdi> {}</span></p>',
            address,
            placeholders.fill(self.options["text"], data) or _("Open the page"),
            parts.hostname,
            _("(opens in a new tab)"),
        )


def https(address: str) -> SplitResult | None:
    """The parts of a plain https address, or None for anything else (other schemes, passwords, odd letters)."""
    if len(address) > 2000 or any(letter.isspace() or not letter.isprintable() for letter in address):
        return None
    try:
        parts = urlsplit(address)
        fine = (
            parts.scheme == "https"
            and bool(parts.hostname)
            and "@" not in parts.netloc
            and "\\" not in address
        )
        _port = parts.port  # raises for a port that is no number
    except ValueError:
        return None
    return parts if fine else None


def not_https(cell: str) -> str | None:
    """The sentence for a cell that holds no https address; an empty cell is fine."""
    address = cell.strip()
    if not address or https(address):
        return None
    return _("This is not an address that begins with https://.")
