"""What is hidden in the public figures can't be worked out from what is published (docs/adr/0068)."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.web.transparency import privacy
from marketplace.web.transparency.privacy import FEW
from marketplace.web.transparency.shapes import Column, Counted

COLUMNS = (
    Column("people", "", "people"),
    Column("micros", "", "eur"),
    Column("helped", "", "people", "", "helped"),
    Column("added", "", "eur", "", "helped"),
    Column("open", "", "cases", "", ""),
)

# The first draw of a process may take seconds on a busy machine.
patiently = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def tables(draw):
    """Rows of disjoint people, some of whom were helped; sums in the row of all."""
    rows = {}
    for number in range(draw(st.integers(0, 9))):
        people = draw(st.one_of(st.integers(0, 8), st.integers(0, 400)))
        helped = draw(st.integers(0, people))
        micros = draw(st.integers(people, people * 10**9)) if people else 0
        added = draw(st.integers(helped, helped * 10**7)) if helped else 0
        rows[f"r{number}"] = {"people": people, "micros": micros, "helped": helped, "added": added, "open": 1}
    total = {column.key: sum(row[column.key] for row in rows.values()) for column in COLUMNS}
    return Counted(rows, draw(st.sampled_from([total, None])))


@patiently
@given(tables())
def test_no_figure_of_one_to_four_people_is_published(counted):
    shown = privacy.protect(COLUMNS, counted)
    for key, row in counted.rows.items():
        for column in COLUMNS:
            if column.behind and 0 < row[column.behind] < FEW:
                assert shown.rows[key][column.key] is None
            elif row["people"] == 0 or column.key == "open":
                assert shown.rows[key][column.key] == row[column.key]
    if counted.total is not None and 0 < counted.total["people"] < FEW:
        assert shown.total["people"] is None


@patiently
@given(tables())
def test_no_hidden_figure_can_be_had_by_subtracting_from_a_total(counted):
    shown = privacy.protect(COLUMNS, counted)
    if shown.total is None:
        return
    for column in COLUMNS:
        if not column.behind or shown.total[column.key] is None:
            continue
        hidden = [key for key, row in shown.rows.items() if row[column.key] is None]
        # What is left after all public rows are taken off is the hidden ones together.
        left = shown.total[column.key] - sum(row[column.key] or 0 for row in shown.rows.values())
        assert left == sum(counted.rows[key][column.key] for key in hidden)
        if left:
            assert len(hidden) > 1, "a single hidden figure is what is left"
            behind = sum(counted.rows[key][column.behind] for key in hidden)
            assert behind >= FEW, "what is left tells of fewer than five"


@patiently
@given(tables())
def test_no_more_is_hidden_than_needed(counted):
    shown = privacy.protect(COLUMNS, counted)
    hidden = [key for key in shown.rows if shown.rows[key]["people"] is None]
    small = [key for key in hidden if counted.rows[key]["people"] < FEW]
    if not small:
        assert not hidden
    else:
        assert len(hidden) - len(small) <= 1


@patiently
@given(tables())
def test_an_edition_that_others_follow_tells_people_in_fives_and_money_in_tens(counted):
    shown = privacy.coarse(COLUMNS, privacy.protect(COLUMNS, counted))
    for row in [*shown.rows.values(), *([shown.total] if shown.total else [])]:
        assert (row["people"] or 0) % FEW == 0
        assert (row["micros"] or 0) % 10_000_000 == 0


def test_what_does_not_exist_is_not_called_hidden():
    shown = privacy.protect(COLUMNS, Counted({"a": {"people": 0, "micros": None}}, None))
    assert shown.rows["a"] == {"people": 0}
