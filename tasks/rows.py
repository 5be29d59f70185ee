"""A row as the parts of a form see it: its cells, and where the media that they name are to be had."""

from collections.abc import Callable, Mapping

from django.templatetags.static import static

EXAMPLE = "example:"  # a cell of a kind's example rows: a file below static/examples


class Row(dict[str, str]):
    """The cells of a row by column. `find(cell, size)` gives the address of the file that a cell names.

    `who` says who works on it, for a part that must know: "worker" (as the requester's organisation sees them) and
    "assignment". It is empty in previews.
    """

    def __init__(
        self,
        cells: Mapping[str, str],
        find: Callable[[str, str], str] | None = None,
        who: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(cells)
        self._find = find
        self.who: Mapping[str, str] = who or {}

    def address(self, column: str, size: str = "page") -> str:
        """Where a browser gets the file that the cell of `column` names; empty when it names none.

        `size` is "thumb", "page" or "full" for pictures, and "full" for everything else.
        """
        cell = self.get(column, "").strip()
        if cell.startswith(EXAMPLE):
            try:
                return static("examples/" + cell.removeprefix(EXAMPLE))
            except ValueError:  # there is no such example
                return ""
        return self._find(cell, size) if cell and self._find else ""


def address(data: Mapping[str, str] | None, column: str, size: str = "page") -> str:
    """The same for a row that may be a plain mapping (a preview without a batch) or none at all."""
    if data is None:
        return ""
    return (data if isinstance(data, Row) else Row(data)).address(column, size)
