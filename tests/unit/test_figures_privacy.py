"""What is hidden in the public figures can't be worked out from what is published, also by subtracting (ADR 68)."""

from collections import defaultdict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.web.transparency import editions, privacy
from marketplace.web.transparency.shapes import Column, Counted

COLUMNS = (
    Column("people", "", "people"),
    Column("micros", "", "eur", part=("micros", "top_micros"), adds=True),
    Column("helped", "", "people", "", "workers", part=("helped", "top_helped")),
    Column("added", "", "eur", "", "workers", part=("added", "top_added"), adds=True),
    Column("open", "", "cases", "", ""),
)
LEAST, TOP = 10, 0.4
EUR = 1_000_000

# The first draw of a process may take seconds on a busy machine.
patiently = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def counted(work, *, total=True):
    """The figures of {row: {person: (micros, added)}}, as the statements count them."""

    def figures(parts):
        added = [each for _micros, each in parts if each]
        return {
            "people": len(parts), "micros": sum(micros for micros, _ in parts),
            "top_micros": max((micros for micros, _ in parts), default=0),
            "workers": len(added), "helped": len(added), "top_helped": 1 if added else 0,
            "added": sum(added), "top_added": max(added, default=0), "open": 1,
        }  # fmt: skip

    of_one = defaultdict(lambda: (0, 0))
    for parts in work.values():
        for person, (micros, added) in parts.items():
            of_one[person] = (of_one[person][0] + micros, of_one[person][1] + added)
    rows = {key: figures(list(parts.values())) for key, parts in work.items()}
    return Counted(rows, figures(list(of_one.values())) if total else None)


@st.composite
def work(draw):
    """Up to seven rows of people, some of whom stand in two, and some of whom earn much more than their neighbours."""
    found = {}
    for number in range(draw(st.integers(0, 7))):
        size = draw(st.sampled_from([0, 1, 2, 4, 9, 10, 11, 30]))
        first = draw(st.sampled_from([number * 100, 0]))
        found[f"r{number}"] = {
            first + place: (
                draw(st.sampled_from([1, EUR, EUR, 5 * EUR, 300 * EUR])),
                draw(st.sampled_from([0, 0, EUR, 90 * EUR])),
            )
            for place in range(size)
        }
    return found


def is_safe(parts):
    """Whether an amount of {person: part} tells of no single person: enough of them, and none with too much of it."""
    parts = {person: part for person, part in parts.items() if part}
    return not parts or (len(parts) >= LEAST and max(parts.values()) <= TOP * sum(parts.values()))


def of_person(rows, which):
    found = defaultdict(int)
    for parts in rows:
        for person, both in parts.items():
            found[person] += both[which]
    return found


@patiently
@given(work())
def test_D4_no_published_amount_is_of_few_people_or_mostly_of_one(drawn):
    shown = privacy.protect(COLUMNS, counted(drawn))
    for key, row in shown.rows.items():
        for which, column in enumerate(("micros", "added")):
            if row[column] is not None:
                assert is_safe(of_person([drawn[key]], which))
    for which, column in enumerate(("micros", "added")):
        if shown.total[column] is not None:
            assert is_safe(of_person(drawn.values(), which))


@patiently
@given(work())
def test_D4_whoever_subtracts_all_that_is_published_from_the_total_learns_nothing_of_one_person(drawn):
    shown = privacy.protect(COLUMNS, counted(drawn))
    for which, column in enumerate(("micros", "added")):
        hidden = [key for key, row in shown.rows.items() if row[column] is None]
        if shown.total[column] is None:
            continue
        left = shown.total[column] - sum(row[column] or 0 for row in shown.rows.values())
        assert left == sum(of_person([drawn[key] for key in hidden], which).values())
        assert is_safe(of_person([drawn[key] for key in hidden], which))
        assert not left or len(hidden) > 1, "a single hidden figure is what is left"


@patiently
@given(st.lists(work(), min_size=2, max_size=4))
def test_D4_whoever_subtracts_one_edition_from_the_next_finds_no_amount_to_subtract(weeks):
    """Editions of a running half-year after each week, and the one counted for good: amounts are in the last alone."""
    so_far, amounts = defaultdict(dict), []
    for place, week in enumerate(weeks):
        for key, parts in week.items():
            for person, (micros, added) in parts.items():
                before = so_far[key].get(person, (0, 0))
                so_far[key][person] = (before[0] + micros, before[1] + added)
        shown = privacy.protect(COLUMNS, counted(so_far))
        if place < len(weeks) - 1:
            shown = privacy.coarse(COLUMNS, shown)
        told = [*shown.rows.values(), shown.total]
        amounts.append({name for row in told for name in row} & {"micros", "added"})
        for row in told:
            assert place == len(weeks) - 1 or (row.get("people") or 0) % 5 == 0
    assert all(not found for found in amounts[:-1])


@patiently
@given(work())
def test_where_rows_stand_in_other_tables_too_one_hidden_row_hides_the_total(drawn):
    shown = privacy.protect(COLUMNS, counted(drawn), covers=False)
    for column in ("micros", "added"):
        if any(row[column] is None and counted(drawn).rows[key][column] for key, row in shown.rows.items()):
            assert shown.total[column] is None


@patiently
@given(work())
def test_what_is_nobodys_stays_and_what_is_public_anyway_too(drawn):
    shown = privacy.protect(COLUMNS, counted(drawn))
    for key, parts in drawn.items():
        assert shown.rows[key]["open"] == 1
        if not parts:
            assert shown.rows[key] == {"people": 0, "micros": 0, "helped": 0, "added": 0, "open": 1}


def even(size, first=0):
    return {first + place: (EUR, 0) for place in range(size)}


def test_no_more_is_hidden_than_needed():
    shown = privacy.protect(COLUMNS, counted({"a": even(10), "b": even(30, 100), "c": even(20, 200)}))
    assert [row["micros"] for row in shown.rows.values()] == [10 * EUR, 30 * EUR, 20 * EUR]
    shown = privacy.protect(COLUMNS, counted({"a": even(3), "b": even(30, 100), "c": even(20, 200)}))
    assert [row["micros"] for row in shown.rows.values()] == [None, 30 * EUR, None]  # the smallest covers it
    assert shown.total["micros"] == 53 * EUR


def test_D4_a_row_of_which_one_person_has_most_is_hidden_and_covered():
    rich = even(10) | {5: (100 * EUR, 0)}
    shown = privacy.protect(
        COLUMNS, counted({"a": rich, "b": even(30, 100), "c": even(300, 200), "d": even(400, 600)})
    )
    assert shown.rows["a"]["people"] == 10 and shown.rows["a"]["micros"] is None
    # 100 of 139 euros would still be hers, so the next one goes as well.
    assert shown.rows["b"]["micros"] is None and shown.rows["c"]["micros"] is None
    assert shown.rows["d"]["micros"] == 400 * EUR and shown.total["micros"] == 839 * EUR
    # Where she has too much of the total itself, it is hidden, and no row need cover another.
    shown = privacy.protect(COLUMNS, counted({"a": rich, "b": even(30, 100), "c": even(90, 200)}))
    assert [row["micros"] for row in shown.rows.values()] == [None, 30 * EUR, 90 * EUR]
    assert shown.total["micros"] is None


@pytest.mark.parametrize("table", editions.TABLES, ids=lambda table: table.key)
def test_every_amount_of_people_in_every_table_says_how_much_is_one_persons_and_comes_once(table):
    for column in table.columns:
        if column.behind in privacy.OF_PEOPLE and column.unit in ("eur", "hours"):
            assert column.adds and column.part, f"{table.key}.{column.key}"


def test_what_does_not_exist_is_not_called_hidden():
    shown = privacy.protect(COLUMNS, Counted({"a": {"people": 0, "micros": None}}, None))
    assert shown.rows["a"] == {"people": 0}
