"""A PDF becomes pictures of its pages; what else a document can do stays behind."""

import io
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pytest
from PIL import Image

from tasks.media import pages
from tasks.media.errors import MediaRefused

# RC4 with an empty owner's password and the user's password "x": what `qpdf --encrypt x "" 40` writes.
ENCRYPT = (
    b"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <" + b"ab" * 32 + b"> /U <" + b"cd" * 32 + b"> >>"
    b" /ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>]"
)


def document(*bodies: bytes, trailer: bytes = b"") -> bytes:
    """A PDF of the objects 1, 2, … (the first is its catalogue)."""
    out, places = io.BytesIO(b"%PDF-1.7\n"), []
    out.seek(0, io.SEEK_END)
    for number, body in enumerate(bodies, start=1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1))
    out.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    out.write(b"trailer\n<< /Size %d /Root 1 0 R %s >>\n" % (len(bodies) + 1, trailer))
    out.write(b"startxref\n%d\n%%%%EOF\n" % start)
    return out.getvalue()


def one_page(
    content: bytes, *, catalogue: bytes = b"", box: bytes = b"0 0 200 100", trailer: bytes = b""
) -> bytes:
    return document(
        b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalogue,
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [%s] /Contents 4 0 R >>" % box,
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        trailer=trailer,
    )


RED_LEFT_HALF = b"1 0 0 rg 0 0 100 100 re f"


def made(data: bytes, folder: Path) -> dict[str, Any]:
    file = folder / "sent"
    file.write_bytes(data)
    return pages.make(file, folder)


def refusal(data: bytes, folder: Path) -> MediaRefused:
    with pytest.raises(MediaRefused) as caught:
        made(data, folder)
    assert "%(" not in caught.value.message
    return caught.value


def blank(count: int) -> bytes:
    file = pdfium.PdfDocument.new()
    for _ in range(count):
        file.new_page(100, 100).close()
    held = io.BytesIO()
    file.save(held)
    file.close()
    return held.getvalue()


def test_each_page_becomes_a_picture(tmp_path: Path) -> None:
    said = made(blank(3), tmp_path)
    assert said["pages"] == 3 and set(said["sizes"]) == {"p1", "p2", "p3", "thumb"}
    for name in said["sizes"].values():
        assert Image.open(tmp_path / name).format == "WEBP"


def test_a_page_is_drawn_as_it_is_printed(tmp_path: Path) -> None:
    said = made(one_page(RED_LEFT_HALF), tmp_path)
    assert (said["width"], said["height"]) == (800, 400)  # four pixels a point, at most
    page = Image.open(tmp_path / "p1.webp").convert("RGB")
    (red, green, _), white = page.getpixel((200, 200)), page.getpixel((600, 200))  # type: ignore[misc]
    assert red > 230 and green < 30 and min(white) > 230  # type: ignore[type-var]
    assert max(Image.open(tmp_path / "thumb.webp").size) == 320


@pytest.mark.parametrize(
    ("box", "size"),
    [
        (b"0 0 595 842", (1600, 2264)),
        (b"0 0 14400 14400", (1600, 1600)),
        (b"0 0 100 14400", (28, 4000)),
        (b"0 0 14400 3", (1600, 1)),
    ],
)
def test_a_page_of_any_format_keeps_within_bounds(tmp_path: Path, box: bytes, size: tuple[int, int]) -> None:
    said = made(one_page(b"", box=box), tmp_path)
    assert (said["width"], said["height"]) == size


def test_fifty_pages_are_taken_and_one_more_is_refused(tmp_path: Path) -> None:
    assert made(blank(50), tmp_path)["pages"] == 50
    refused = refusal(blank(51), tmp_path)
    assert refused.code == "too_many_pages" and "51 pages" in refused.message


def test_a_document_under_a_password_is_refused(tmp_path: Path) -> None:
    assert refusal(one_page(RED_LEFT_HALF, trailer=ENCRYPT), tmp_path).code == "encrypted"


@pytest.mark.parametrize("data", [b"%PDF-1.7\n", b"%PDF-1.7\n" + bytes(5000), blank(2)[:120]])
def test_a_document_that_is_damaged_is_refused(tmp_path: Path, data: bytes) -> None:
    assert refusal(data, tmp_path).code == "broken_page"


def test_a_document_without_pages_is_refused(tmp_path: Path) -> None:
    empty = document(b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [] /Count 0 >>")
    assert refusal(empty, tmp_path).code in ("no_pages", "broken_page")


def test_a_script_in_a_document_is_not_run(tmp_path: Path) -> None:
    script = b"/OpenAction << /S /JavaScript /JS (while \\(true\\) {}) >>"
    assert made(one_page(RED_LEFT_HALF, catalogue=script), tmp_path)["pages"] == 1
    assert not {"V8", "XFA"} & set(pdfium.version.PDFIUM_INFO.flags)  # there is nothing that could run it


def test_what_was_filled_into_a_form_is_seen(tmp_path: Path) -> None:
    look = b"1 0 0 rg 0 0 200 100 re f"
    data = document(
        b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [5 0 R] >> >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] /Contents 4 0 R /Annots [5 0 R] >>",
        b"<< /Length 0 >>\nstream\n\nendstream",
        b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (a) /V (b) /F 4 /Rect [0 0 200 100] /AP << /N 6 0 R >> >>",
        b"<< /Type /XObject /Subtype /Form /BBox [0 0 200 100] /Length %d >>\nstream\n%s\nendstream"
        % (len(look), look),
    )
    made(data, tmp_path)
    red, _, blue = Image.open(tmp_path / "p1.webp").convert("RGB").getpixel((400, 200))  # type: ignore[misc]
    assert red > 200 and blue < 100
