"""Markdown of strangers: safe, and values in it are text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.markdown import render


def test_headings_begin_below_those_of_the_page() -> None:
    assert render("# One\n\n#### Four") == "<h3>One</h3>\n<h6>Four</h6>\n"
    assert render("## One\n\n### Two") == "<h3>One</h3>\n<h4>Two</h4>\n"


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "[x](data:text/html,x)",
     "<style>*{}</style>", "[x](vbscript:x)", "<https://x.example/\" onmouseover=\"alert(1)>",
     "<a href='javascript:x'>y</a>",
     "[x](https://x.example \"t\" onclick=x)", "&lt;script&gt;", "```\n<script>\n```"],
)  # fmt: skip
def test_nothing_that_runs_comes_through(text: str) -> None:
    html = render(text)
    assert "<script" not in html
    assert "<img" not in html
    assert "<style" not in html
    assert 'href="javascript' not in html
    assert 'href="data' not in html
    assert "<a href='" not in html


def test_pictures_do_not_load_but_can_be_looked_at() -> None:
    html = render("![a map](https://x.example/map.png)")
    assert "<img" not in html
    assert 'href="https://x.example/map.png"' in html


def test_links_lead_out_without_telling_from_where() -> None:
    html = render("[page](https://x.example/)")
    assert 'rel="nofollow noopener noreferrer"' in html
    assert 'target="_blank"' in html


def test_values_are_bound_as_text() -> None:
    values = {"name": "**bold** <i>x</i> {{name}} [l](https://x.example)", "*odd_name*": "ok"}
    html = render("Look at **{{ name }}** and {{*odd_name*}}, `{{name}}`.", values)
    assert "<strong>**bold** &lt;i&gt;x&lt;/i&gt; {{name}} [l](https://x.example)</strong>" in html
    assert " ok," in html
    assert "<i>" not in html
    assert html.count("<a ") == 0


def test_values_in_an_address_are_encoded() -> None:
    html = render("[search](https://x.example/?q={{q}})", {"q": 'a b&c="><script>'})
    assert 'href="https://x.example/?q=a%20b%26c%3D%22%3E%3Cscript%3E"' in html


def test_a_value_can_not_choose_the_scheme_of_a_link() -> None:
    assert "javascript:" not in render("[x]({{u}})", {"u": "javascript:alert(1)"})


def test_without_values_placeholders_stay_as_they_are_written() -> None:
    assert render("Is {{name}} right?") == "<p>Is {{name}} right?</p>\n"
    assert render("Is {{name}} right?", {}) == "<p>Is  right?</p>\n"


@given(st.text(max_size=200), st.text(max_size=50))
def test_no_text_and_no_value_makes_a_tag_of_its_own(text: str, value: str) -> None:
    html = render(text + " {{v}}", {"v": value})
    for tag in ("<script", "<img", "<iframe", "<style", "<svg", "<input", "<form"):
        assert tag not in html.lower()
