"""Figures as people read them, fields tied to their words, colours one can tell, pages a cheap phone can load."""

import datetime as dt
import gzip
import itertools
import math
import re
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pytest
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.template import Context, Template, engines
from django.template.loader import get_template
from django.test import RequestFactory
from django.utils import timezone, translation

from marketplace.base import clock, context, formats, marks
from marketplace.base.templatetags import ui
from marketplace.web.gallery import gallery

ROOT = Path(__file__).resolve().parents[2]
NN = "\u202f"


def render(source: str, **values: object) -> str:
    return Template("{% load i18n ui %}" + source).render(Context(values))


class Form(forms.Form):
    title = forms.CharField(label="Title", help_text="Workers read it.")
    answer = forms.ChoiceField(
        label="The same?", widget=forms.RadioSelect, choices=[("y", "Yes"), ("n", "No")]
    )
    note = forms.CharField(required=False, widget=forms.Textarea)
    rows = forms.FileField(required=False)
    terms = forms.BooleanField()


# --- Figures ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("micros", "english", "french"),
    [
        (120_000, "€0.12", f"0,12{NN}€"),
        (1_197_360_000, f"€1{NN}197.36", f"1{NN}197,36{NN}€"),
        (12_500, "€0.0125", f"0,0125{NN}€"),
        (5_000_000, "€5.00", f"5,00{NN}€"),
        (0, "€0.00", f"0,00{NN}€"),
        (-3_000_000, "−€3.00", f"−3,00{NN}€"),
        (None, "–", "–"),
    ],
)
def test_money_is_written_as_in_the_readers_language(micros, english, french):
    with translation.override("en"):
        assert formats.eur(micros) == english
    with translation.override("fr"):
        assert formats.eur(micros) == french


def test_what_is_added_carries_its_sign():
    assert render("{{ 120000|eur_signed }}") == "+€0.12"
    assert formats.eur(0, signed=True) == "€0.00"


@pytest.mark.parametrize(
    ("value", "digits", "english", "french"),
    [
        (3640, None, f"3{NN}640", f"3{NN}640"),
        (0.914, 2, "0.91", "0,91"),
        (0.5, None, "0.5", "0,5"),
        ("", None, "–", "–"),
    ],
)
def test_figures_keep_narrow_spaces_between_thousands(value, digits, english, french):
    with translation.override("en"):
        assert formats.number(value, digits) == english
    with translation.override("fr"):
        assert formats.number(value, digits) == french


def test_a_share_is_a_percentage():
    assert formats.percent(0.61) == f"61{NN}%"
    assert formats.percent(None) == "–"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (31, f"31{NN}s"),
        (80, f"1{NN}min{NN}20"),
        (60, f"1{NN}min"),
        (665, f"11{NN}min"),
        (7500, f"2{NN}h{NN}05"),
        (7200, f"2{NN}h"),
        (3 * 86_400, "3 days"),
        (-5, f"0{NN}s"),
        (dt.timedelta(seconds=31), f"31{NN}s"),
        (None, "–"),
    ],
)
def test_durations_are_short_and_round(seconds, text):
    assert formats.duration(seconds) == text


@pytest.fixture
def noon(monkeypatch):
    """It is Saturday 21 November 2026, 12:00 in Paris."""
    moment = dt.datetime(2026, 11, 21, 11, 0, tzinfo=dt.UTC)
    monkeypatch.setattr(clock, "now", lambda: moment)
    with timezone.override("Europe/Paris"):
        yield moment


@pytest.mark.parametrize(
    ("hours", "english", "french"),
    [
        (2, "today, 14:00", "aujourd’hui, 14:00"),
        (13, "tomorrow, 01:00", "demain, 01:00"),
        (-24, "yesterday, 12:00", "hier, 12:00"),
        (72, "Tuesday, 12:00", "mardi, 12:00"),
        (-72, "18 November, 12:00", "18 novembre, 12:00"),
        (24 * 60, "20 January 2027, 12:00", "20 janvier 2027, 12:00"),
    ],
)
def test_moments_are_said_as_a_person_would(noon, hours, english, french):
    moment = noon + dt.timedelta(hours=hours)
    with translation.override("en"):
        assert formats.when(moment) == english
    with translation.override("fr"):
        assert formats.when(moment) == french


def test_a_moment_on_a_page_carries_its_full_date(noon):
    html = render("{{ moment|when }}{{ moment|ago }}", moment=noon + dt.timedelta(hours=2))
    assert (
        html.count('title="Saturday, 21 November 2026, 14:00"')
        + html.count('title="Saturday 21 November 2026, 14:00"')
        == 2
    )
    assert 'datetime="2026-11-21T13:00:00+00:00"' in html
    assert "in 2 hours" in html


def test_the_time_left_never_runs_below_zero(noon):
    assert formats.left(noon + dt.timedelta(minutes=8)) == f"8{NN}min"
    assert formats.left(noon - dt.timedelta(minutes=8)) == f"0{NN}s"


def test_what_is_not_known_is_a_dash():
    page = "{{ x|eur }}{{ x|number }}{{ x|when }}{{ x|ago }}{{ x|at }}{{ x|day }}{{ x|exact }}{{ x|left }}"
    assert render(page, x=None) == "–" * 8


# --- Fields ----------------------------------------------------------------------------------------------


def test_a_field_is_tied_to_its_label_its_hint_and_its_error():
    html = render("{% field form.title %}", form=Form({}))
    assert '<label for="id_title">' in html
    assert 'aria-describedby="id_title-hint id_title-error"' in html
    assert 'id="id_title-hint">Workers read it.' in html
    assert '<ul class="errors" id="id_title-error">' in html
    assert 'aria-invalid="true"' in html


def test_a_field_without_error_is_not_called_invalid():
    html = render("{% field form.title %}", form=Form())
    assert "aria-invalid" not in html
    assert 'aria-describedby="id_title-hint"' in html


def test_what_was_typed_is_escaped_and_kept():
    html = render("{% field form.title %}", form=Form({"title": '<script>"'}))
    assert "&lt;script&gt;&quot;" in html
    assert "<script>" not in html


def test_choices_are_tiles_with_their_keys_only_where_asked_for():
    plain = render("{% field form.answer %}", form=Form())
    keyed = render("{% field form.answer keys=True %}", form=Form())
    assert plain.count('class="choice"') == 2
    assert "<kbd>" not in plain
    assert "data-hotkey" not in plain
    assert keyed.count("<kbd>") == keyed.count("data-hotkey") == 2


def test_a_choice_may_carry_a_line_of_its_own():
    form = Form()
    form.fields["answer"].choice_hints = {"y": "word for word"}
    assert '<span class="hint">word for word</span>' in render("{% field form.answer %}", form=form)


def test_each_line_of_the_summary_leads_to_an_element_that_is_there():
    html = render("{% error_summary form %}{% fields form %}", form=Form({}))
    targets = re.findall(r'href="#([^"]+)"', html)
    assert len(targets) == 3
    assert all(f'id="{target}"' in html for target in targets)


def test_a_form_without_errors_has_no_summary():
    assert render("{% error_summary form %}", form=Form()) == ""


def test_a_file_field_works_without_scripts():
    html = render("{% field form.rows %}", form=Form())
    assert 'type="file"' in html
    assert '<label for="id_rows">' in html


# --- Components --------------------------------------------------------------------------------------------


def test_every_state_has_a_shape_and_a_word():
    for name in marks.states():
        html = render("{% state name %}", name=name)
        assert "<svg" in html
        assert str(marks.mark(name)[1]) in html


def test_a_state_nobody_foresaw_still_has_its_name_and_is_escaped():
    assert "&lt;odd&gt;" in render("{% state name %}", name="<odd>")


def test_errors_are_said_at_once_and_news_politely():
    assert 'role="alert"' in render('{% notice "error" %}x{% endnotice %}')
    assert 'role="status"' in render('{% notice "success" %}x{% endnotice %}')


def test_what_is_inside_a_notice_stays_escaped():
    assert "&lt;i&gt;" in render("{% notice %}{{ x }}{% endnotice %}", x="<i>")


def test_the_cap_is_told_in_figures_beside_the_bar():
    html = render("{% capbar 3000000000 1140000000 420000000 extra=12400000 year=2026 %}")
    for figure in (f"€1{NN}140.00", "€420.00", f"€1{NN}440.00", f"€3{NN}000.00", "€12.40"):
        assert figure in html
    assert 'width="380"' in html
    assert 'x="380" width="140"' in html


def test_a_full_cap_leaves_nothing_and_a_cap_of_zero_breaks_nothing():
    assert "€0.00" in render("{% capbar 1000000 700000 300000 %}")
    assert 'width="0"' in render("{% capbar 0 0 %}")


def test_a_confirmation_is_a_panel_without_scripts():
    html = render('{% confirm "Close early" danger=True %}<form></form>{% endconfirm %}')
    assert html.startswith('<details class="confirm" data-dialog><summary class="button danger">')


# --- The bar on top ----------------------------------------------------------------------------------------


def person(**flags: bool) -> SimpleNamespace:
    rest = {"works": False, "posts": False, "is_moderator": False, "is_admin": False}
    return SimpleNamespace(is_authenticated=True, is_active=True, **{**rest, **flags})


@pytest.fixture
def addresses(monkeypatch):
    """Every page has an address made of its name."""
    monkeypatch.setattr(context, "_address", lambda name: f"/{name}/")


def test_a_visitor_sees_what_binds_the_house(addresses):
    bar = context.build(AnonymousUser(), "/")
    assert bar.side == "visitor"
    assert [link.url for link in bar.links] == ["/charter/", "/transparency/"]
    assert bar.sides == []


def test_a_person_with_one_side_has_no_switcher(addresses):
    assert context.build(person(works=True), "/work/").sides == []


def test_a_person_with_several_sides_sees_the_one_they_are_on(addresses):
    both = person(works=True, posts=True, is_moderator=True)
    assert context.build(both, "/funds/").side == "batches"
    assert context.build(both, "/console/holds/").side == "console"
    assert context.build(both, "/me/").side == "work"
    assert [link.current for link in context.build(both, "/funds/").sides] == [False, True, False]


def test_the_deepest_page_above_is_the_current_one(monkeypatch):
    paths = {"board": "/work/", "earnings": "/work/earnings/"}
    monkeypatch.setattr(context, "_address", lambda name: paths.get(name, ""))
    links = context.build(person(works=True), "/work/earnings/x").links
    assert [(link.url, link.current) for link in links] == [("/work/", False), ("/work/earnings/", True)]


def test_pages_that_belong_to_another_one_of_the_bar_light_that_one():
    for path, label in (
        ("/work/accuracy/", "History"), ("/work/checks/", "History"), ("/work/checks/asg_x/", "History"),
        ("/work/certificates/", "Tests"), ("/work/qualifications/", "Tests"), ("/work/", "Work"),
    ):  # fmt: skip
        links = context.build(person(works=True), path).links
        assert [str(link.label) for link in links if link.current] == [label], path


# --- Colours, weight, and what a strict policy refuses -----------------------------------------------------------


def tokens(*, dark: bool) -> dict[str, str]:
    text = (ROOT / "static/css/tokens.css").read_text()
    light_part, dark_part = text.split("@media (prefers-color-scheme: dark)")
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", light_part))
    return found | dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", dark_part)) if dark else found


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2.2."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(
    ("front", "back"),
    [
        *[(front, back) for front in ("ink", "soft", "accent", "bad") for back in ("paper", "card", "sunk")],
        ("on-accent", "accent"), ("on-bad", "bad"), ("ink", "tint"), ("accent", "tint"), ("bad", "bad-tint"),
        ("ink", "bad-tint"), ("ink", "good-tint"), ("ink", "warn-tint"), ("accent", "warn-tint"),
        ("accent", "good-tint"), ("soft", "tint"),
    ],
)  # fmt: skip
def test_words_keep_a_contrast_of_4_5_in_both_themes(front, back, dark):
    colours = tokens(dark=dark)
    assert contrast(colours[front], colours[back]) >= 4.5


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("front", ["edge", "focus", "good", "warn", "bad", "accent"])
def test_edges_of_fields_and_the_focus_ring_keep_a_contrast_of_3(front, dark):
    colours = tokens(dark=dark)
    for back in ("paper", "card"):
        assert contrast(colours[front], colours[back]) >= 3


def lab(colour: str) -> tuple[float, float, float]:
    """A colour of sRGB in CIE L*a*b* (D65), where distances are those that eyes see."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    x, y, z = (
        value ** (1 / 3) if value > 0.008856 else 7.787 * value + 16 / 116
        for value in (
            (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505,
            0.2126 * r + 0.7152 * g + 0.0722 * b,
            (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089,
        )
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("sheet", "name"), [("picture", r"\.c\d[^{]*\{ --c"), ("spans", r"--mark-\d")])
def test_the_colours_of_labels_are_told_apart_and_seen_on_paper(sheet, name, dark):
    colours = tokens(dark=dark)
    text = (ROOT / f"static/css/widgets/{sheet}.css").read_text()
    used = re.findall(name + r": var\(--([\w-]+)\);", text)
    assert len(used) == 6 == len(set(used))
    assert all(contrast(colours[each], colours["paper"]) >= 3 for each in used)
    for one, other in itertools.combinations(used, 2):
        assert math.dist(lab(colours[one]), lab(colours[other])) > 22, (one, other)


def test_no_raw_colour_outside_the_tokens():
    for path in [*(ROOT / "static/css").glob("*.css"), *(ROOT / "templates").rglob("*.html")]:
        if path.name != "tokens.css":
            raw = re.findall(
                r"(?<![&\w/])#(?:[0-9a-f]{3}|[0-9a-f]{6})\b(?=[;, )\"'])|\b(?:rgb|hsl|oklch)a?\(",
                path.read_text(),
            )
            assert not raw, f"{path.name}: {raw}"


def test_no_template_holds_what_the_policy_refuses():
    for path in (ROOT / "templates").rglob("*.html"):
        text = path.read_text()
        if path.parent.name == "mail":  # no page: a mail brings its few lines of style along
            text = text.replace("<style>", "", 1)
        assert not re.search(r"\sstyle=|\son[a-z]+=\"|javascript:|<style", text), path.name
        for tag in re.findall(r"<script[^>]*>", text):
            assert "nonce=" in tag or "{% static" in tag, path.name


def test_the_style_sheets_that_every_page_loads_stay_within_30_kb():
    every_page = re.findall(r"css/\w+\.css", (ROOT / "templates/base.html").read_text())
    assert len(every_page) == 4
    assert sum((ROOT / "static" / name).stat().st_size for name in every_page) <= 30_000
    assert all(len(path.read_text().splitlines()) <= 400 for path in (ROOT / "static/css").glob("*.css"))


def test_every_template_compiles():
    for path in (ROOT / "templates").rglob("*.*"):
        if path.suffix in {".html", ".txt"}:
            get_template(str(path.relative_to(ROOT / "templates")))


class Ids(HTMLParser):
    """Collects ids, and what labels and descriptions point to."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.wanted: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            elif name in {"for", "aria-describedby", "aria-labelledby"}:
                self.wanted.update((value or "").split())


@pytest.fixture
def page(monkeypatch) -> str:
    request = RequestFactory().get("/gallery/")
    request.user = AnonymousUser()
    request.csp_nonce = "n"
    with translation.override("en"):
        return gallery(request).content.decode()


def test_the_gallery_shows_everything_with_ids_that_are_there_once(page):
    seen = Ids()
    seen.feed(page)
    assert len(seen.ids) == len(set(seen.ids))
    assert seen.wanted <= set(seen.ids)


def test_a_page_weighs_under_60_kb_compressed_with_all_it_needs(page):
    parts = [page.encode(), (ROOT / "static/js/app.js").read_bytes()]
    parts += [path.read_bytes() for path in (ROOT / "static/css").glob("*.css")]
    htmx = 17_500  # htmx.min.js 2.0, compressed
    assert htmx + sum(len(gzip.compress(part)) for part in parts) < 60_000


def test_the_page_of_last_resort_needs_no_context():
    assert "Something broke" in engines["django"].get_template("500.html").render({})


def test_a_price_of_fractions_is_shown_up_to_the_cent_and_what_one_has_down_to_it() -> None:
    with translation.override("en"):
        assert ui.eur_up(96_000) == '<span title="€0.096">€0.10</span>'
        assert ui.eur_down(1_657_145_600) == '<span title="€1\u202f657.1456">€1\u202f657.14</span>'
        assert (ui.eur_up(650_000), ui.eur_down(650_000), ui.eur_up(None)) == ("€0.65", "€0.65", "–")
        assert ui.eur_up(0) == "€0.00"
