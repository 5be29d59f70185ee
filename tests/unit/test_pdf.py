"""The PDF kit: what is on the sheet can be read, nothing is cut off, and the same input gives the same bytes."""

import datetime as dt

import pypdfium2
import pytest

from marketplace.base import vat_areas
from payments import pdf, pdf_parts, pdf_text

MADE = dt.datetime(2026, 12, 1, 9, 30, tzinfo=dt.UTC)
ISSUER = pdf.Issuer(
    "Les Mosaïques & Cie", ["1 rue de l'Exemple", "75011 Paris"], "SCIC SA · RCS Paris 000 000 000"
)


def sheet(language="en"):
    return pdf.Sheet(title="Invoice F-2026-0001", language=language, issuer=ISSUER, made_at=MADE)


def pages(content):
    """The text of each page."""
    document = pypdfium2.PdfDocument(content)
    texts = []
    for page in document:
        text = page.get_textpage()
        texts.append(text.get_text_bounded())
        text.close()
        page.close()
    document.close()
    return texts


def long_table(rows, language="en"):
    made = sheet(language)
    made.table(
        [pdf.Column("Batch", share=3), pdf.Column("Net", money=True)],
        [[f"Batch {number}", 1_000_000] for number in range(rows)],
        total="Sum",
    )
    made.totals([("Net", rows * 1_000_000), ("To pay", rows * 1_200_000)])
    return made.render()


def test_names_in_latin_greek_and_cyrillic_are_on_the_sheet_as_they_are_written():
    made = sheet()
    names = [
        "Łódzka Spółka Żółć",
        "Ελληνική Εταιρεία",
        "Общество Щука",
        "Škoda Őrült Çağ",
        "Ångström & <b>Søn</b>",
    ]
    made.address("Billed to", names)
    (text,) = pages(made.render())
    for name in names:
        assert name in text


def test_arabic_is_joined_and_turned_round_and_figures_in_it_are_not():
    # meem initial, hah medial, meem medial, dal final, seen from the right
    assert pdf_text.markup("محمد", lambda char: True) == "\ufeaa\ufee4\ufea4\ufee3"
    assert pdf_text.markup("سلام", lambda char: True) == "\ufee1\ufefc\ufeb3"  # lam and alef are one shape
    assert pdf_text.markup("שלום 12 עולם", lambda char: True) == "םלוע 12 םולש"
    assert pdf_text.markup("Rue שלום 4", lambda char: True) == "Rue םולש 4"


def test_scripts_without_a_font_are_spelled_out_and_never_boxes():
    made = sheet()
    made.address("Billed to", ["नमस्ते", "株式会社テスト", "삼성전자", "🙂"])
    (text,) = pages(made.render())
    assert "[na-ma-sa-virama-ta-e]" in text
    assert "株式会社テスト" in text
    assert "삼성전자" in text
    assert "[slightly smiling face]" in text
    assert "\u25a1" not in text


def test_nobody_turns_a_line_round_by_their_name():
    assert pdf_text.markup("Bob\u202e\u0000 €001", lambda char: True) == "Bob €001"


def test_a_long_table_repeats_its_head_and_carries_its_sum_over():
    first, second, third = pages(long_table(60))
    for page in (first, second, third):
        assert "Batch" in page and "Net" in page
    assert "Page 1 of 3" in first and "Page 3 of 3" in third
    carried = first.split("Carried over ")[1].split()[0]
    assert f"Brought forward {carried}" in second
    assert "Brought forward" not in first and "Carried over" not in third
    assert "Sum €60.00" in third and "To pay €72.00" in third
    every = [line for page in (first, second, third) for line in page.splitlines()]
    for number in range(60):
        assert f"Batch {number} €1.00" in every


def test_the_sums_of_a_page_are_those_of_its_rows():
    first, second, _third = pages(long_table(60))
    rows = first.count("€1.00")
    assert f"Carried over €{rows}.00" in first
    assert f"Carried over €{rows + second.count('€1.00')}.00" in second


@pytest.mark.parametrize("rows", range(24, 34))
def test_no_row_is_lost_wherever_the_page_ends(rows):
    text = "".join(pages(long_table(rows)))
    assert text.count("€1.00") == rows
    assert f"Sum €{rows}.00" in text


def test_words_and_amounts_are_in_the_language_of_the_sheet():
    text = pages(long_table(1, "fr"))[0]
    assert "1,00" in text and "€1.00" not in text


def test_nothing_stands_outside_the_margins():
    made = sheet()
    made.address("Billed to", ["An" + "extremely" * 12 + "longname", "x" * 200])
    made.facts([("Your reference", "R" * 120)])
    made.table(
        [pdf.Column("What"), pdf.Column("Net", money=True)], [["w" * 300, 999_999_999_990_000]], total="Sum"
    )
    document = pypdfium2.PdfDocument(made.render())
    page = document[0]
    picture = page.render(scale=1, draw_annots=False).to_pil().convert("L")
    width, height = picture.size
    margin = int(pdf_parts.MARGIN) - 2
    for box in ((0, 0, margin, height), (width - margin, 0, width, height), (0, height - 20, width, height)):
        assert picture.crop(box).getextrema() == (255, 255)
    page.close()
    document.close()


def test_the_same_input_gives_the_same_bytes_and_its_own_date():
    assert long_table(30) == long_table(30)
    assert long_table(30) != long_table(31)
    document = pypdfium2.PdfDocument(long_table(1))
    told = document.get_metadata_dict()
    document.close()
    assert told["Title"] == "Invoice F-2026-0001"
    assert told["Author"] == "Les Mosaïques & Cie"
    assert told["CreationDate"].startswith("D:20261201093000")
    assert b"/Lang (en)" in long_table(1)


@pytest.mark.parametrize(
    ("number", "country"),
    [
        ("FR12000000000", "FR"), ("ATU12345678", "AT"), ("EL123456789", "GR"), ("ESX1234567L", "ES"),
        ("NL123456789B01", "NL"), ("IE1234567FA", "IE"), ("SE123456789001", "SE"), ("CY12345678L", "CY"),
    ],
)  # fmt: skip
def test_vat_numbers_are_known_by_their_form(number, country):
    assert vat_areas.is_number(number, country)
    assert vat_areas.country_of(number) == country


@pytest.mark.parametrize(
    ("number", "country"),
    [
        ("FR1200000000", "FR"), ("DE12345678", "DE"), ("GR123456789", "GR"), ("XI123456789", "GB"),
        ("FRO0000000000", "FR"), ("DE123456789", "FR"), ("FR12000000000 ", "FR"), ("", "FR"),
    ],
)  # fmt: skip
def test_what_is_not_written_like_a_vat_number_is_refused(number, country):
    assert not vat_areas.is_number(number, country)


def test_northern_ireland_and_greece_by_another_name_are_no_country_of_a_number():
    assert vat_areas.country_of("XI123456789") == ""
    assert vat_areas.country_of("GR123456789") == ""


def heights_of(content, *words):
    """Where each of the words stands on the first page, in points from its bottom."""
    document = pypdfium2.PdfDocument(content)
    page = document[0]
    text = page.get_textpage()
    found = []
    for word in words:
        search = text.search(word)
        first, _count = search.get_next()
        found.append(text.get_charbox(first)[1])
        search.close()
    text.close()
    page.close()
    document.close()
    return found


@pytest.mark.parametrize("share", [0.4, 3])
def test_a_long_name_of_a_sum_never_runs_into_what_stands_below_it(share):
    made = sheet()
    made.table(
        [pdf.Column("Day", share=share), pdf.Column("Net", money=True, share=5)],
        [["a", 1_000_000]],
        total="The change of everything that is due to you, and that was not",
    )
    made.notes(["Beneath the table."])
    sum_line, note = heights_of(made.render(), "that was not", "Beneath")
    assert sum_line - note > 12


def test_the_name_of_a_sum_stands_in_one_line_where_columns_beside_it_are_empty():
    made = sheet()
    made.table(
        [pdf.Column("Date", share=1.3), pdf.Column("What", share=1.6), pdf.Column("Net", money=True)],
        [["1 May 2026", "Work", 1_000_000]],
        total="Change of what is due to a person",
    )
    begin, end = heights_of(made.render(), "Change of", "to a person")
    assert abs(begin - end) < 3  # points: letters reach down differently
