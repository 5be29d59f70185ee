"""The mosaic: what it promises to the eye, to a screen reader and to a slow line."""

import gzip
import re

import pytest
from django.template import Context, Template
from django.utils import translation

from tasks import mosaic

COUNTS = {"approved": 3640, "submitted": 1127, "claimed": 139, "contested": 34, "open": 3375}


def tiles(svg: str) -> dict[str, int]:
    """How many tiles each state has in a drawing."""
    return {state: path.count("M") for state, path in re.findall(r'class="t (\w+)" d="([^"]+)"', svg)}


def settled(*, rows: int = 20, **counts: int) -> list[str]:
    return mosaic.settle({**dict.fromkeys(mosaic.STATES, 0), **counts}, seed="bat_1", rows=rows)


def test_the_tiles_are_shared_out_in_proportion_and_all_are_used():
    drawn = tiles(mosaic.draw(COUNTS, seed="bat_1"))
    assert sum(drawn.values()) == 48 * 20
    for state, count in COUNTS.items():
        assert drawn[state] == pytest.approx(960 * count / 8315, abs=1)


def test_a_small_batch_has_one_tile_for_each_task():
    assert tiles(mosaic.draw(["approved", "open", "open"], seed="bat_1")) == {"approved": 1, "open": 2}
    assert mosaic.share_of(3) == 1
    assert mosaic.share_of(8315) == 9


def test_a_batch_without_tasks_is_drawn_as_an_empty_bed():
    assert tiles(mosaic.draw([], seed="bat_1")) == {}


def test_one_contested_answer_among_a_hundred_thousand_is_still_seen():
    assert tiles(mosaic.draw({"approved": 99_999, "contested": 1}, seed="b", size="card"))["contested"] == 1


def test_the_same_batch_looks_the_same_and_another_does_not():
    first = mosaic.draw(COUNTS, seed="bat_1")
    for cached in (mosaic._bed, mosaic._drawing):
        cached.cache_clear()  # as in another process
    assert mosaic.draw(dict(COUNTS), seed="bat_1") == first
    assert mosaic.draw(COUNTS, seed="bat_1") != mosaic.draw(COUNTS, seed="bat_2")


def test_a_tile_that_work_has_reached_is_never_open_again_as_work_goes_on():
    before = settled(approved=200, submitted=100, open=660)
    after = settled(approved=250, submitted=120, claimed=10, open=580)
    assert all(now != "open" for was, now in zip(before, after, strict=True) if was != "open")


def test_it_settles_from_the_leading_side():
    states = settled(approved=480, open=480)
    first, last = states[:240], states[-240:]
    assert first.count("approved") > 200
    assert last.count("approved") < 40


def test_approving_everything_leaves_nothing_but_approved():
    assert set(settled(approved=960)) == {"approved"}


def test_contested_tiles_have_another_shape_and_tiles_in_hand_another_size():
    svg = mosaic.draw({"approved": 5, "claimed": 5, "contested": 5}, seed="bat_1")
    paths = dict(re.findall(r'class="t (\w+)" d="([^"]+)"', svg))
    assert mosaic.LOZENGE in paths["contested"]
    assert mosaic.LOZENGE not in paths["approved"]
    assert re.search(r"l6[ -]", paths["claimed"])
    assert re.search(r"l8[ -]", paths["approved"])


@pytest.mark.parametrize("counts", [{"approved": -1}, {"lost": 3}, ["approved", "eaten"]])
def test_what_is_not_a_state_or_a_count_is_refused(counts):
    with pytest.raises(ValueError):
        mosaic.draw(counts, seed="bat_1")


def test_more_states_than_tiles_is_refused():
    with pytest.raises(ValueError):
        mosaic.draw(COUNTS, seed="bat_1", size=mosaic.Size(4, 1, 4))


def test_the_text_alternative_is_tied_to_the_picture_and_escaped():
    svg = mosaic.draw(COUNTS, seed="bat_<1>", title="<b>", description="3 & 4")
    assert '<title id="m-bat_1-t">&lt;b&gt;</title><desc id="m-bat_1-d">3 &amp; 4</desc>' in svg
    assert 'aria-labelledby="m-bat_1-t"' in svg


def test_a_picture_whose_figures_stand_beside_it_is_hidden_from_screen_readers():
    svg = mosaic.draw(COUNTS, seed="bat_1")
    assert 'aria-hidden="true"' in svg
    assert 'role="img"' not in svg


def test_a_page_of_960_tiles_weighs_under_6_kb_and_a_card_under_1_kb():
    assert len(gzip.compress(mosaic.draw(COUNTS, seed="bat_1").encode())) < 6_000
    assert len(gzip.compress(mosaic.draw(COUNTS, seed="bat_1", size="card").encode())) < 1_000


def test_the_drawing_holds_no_style_that_a_strict_policy_would_refuse():
    assert "style" not in mosaic.draw(COUNTS, seed="bat_1", title="x")


def test_the_tag_says_the_figures_in_words():
    page = Template('{% load mosaic %}{% mosaic counts seed="bat_1" %}{% mosaic_key counts %}')
    with translation.override("en"):
        html = page.render(Context({"counts": COUNTS}))
    words = "3\u202f640 approved, 1\u202f127 to review, 139 in hand, 34 contested, 3\u202f375 open"
    assert f"{words}. Each tile stands for about 9 answers.</desc>" in html
    assert html.count("<li>") == 5


def test_the_words_of_a_batch_without_tasks():
    assert (
        Template("{% load mosaic %}{% mosaic_words counts %}").render(Context({"counts": {}}))
        == "no task yet"
    )
