"""PDF: each page as a picture. What a document can do beside being read (scripts, links, files) stays behind."""

from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
from pypdfium2.raw import FPDF_ERR_PASSWORD

from . import pictures
from .errors import MediaRefused

MOST_PAGES = 50
WIDTH, LONGEST_SIDE = 1600, 4000  # pixels
_LARGEST_SCALE = 4.0  # pixels a point, so that a stamp does not become a poster


def make(path: Path, folder: Path) -> dict[str, Any]:
    """Write "p1", "p2", … and "thumb" (of the first page). Raises MediaRefused.

    Returns `width` and `height` of the first page as written, `pages` and `sizes`.
    """
    try:
        with pdfium.PdfDocument(path) as document:
            count = len(document)
            if not count:
                raise MediaRefused("no_pages")
            if count > MOST_PAGES:
                raise MediaRefused("too_many_pages", pages=count, most=MOST_PAGES)
            document.init_forms()  # else what was filled into a form is not drawn
            return _write(document, folder)
    except pdfium.PdfiumError as no:
        password = getattr(no, "err_code", None) == FPDF_ERR_PASSWORD
        raise MediaRefused("encrypted" if password else "broken_page") from None


def _write(document: pdfium.PdfDocument, folder: Path) -> dict[str, Any]:
    sizes: dict[str, str] = {}
    width = height = 0
    for number, page in enumerate(document, start=1):
        wide, high = page.get_size()
        if min(wide, high) <= 0:
            raise MediaRefused("broken_page")
        # Half a pixel less, since PDFium rounds up.
        scale = min((WIDTH - 0.5) / wide, (LONGEST_SIDE - 0.5) / max(wide, high), _LARGEST_SCALE)
        picture = page.render(scale=scale).to_pil().convert("RGB")
        page.close()
        sizes[f"p{number}"] = pictures.save(picture, folder, f"p{number}", LONGEST_SIDE)
        if number == 1:
            width, height = picture.size
            sizes["thumb"] = pictures.save(picture, folder, "thumb", pictures.SIZES["thumb"])
    return {"width": width, "height": height, "pages": len(document), "sizes": sizes}
