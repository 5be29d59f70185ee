"""The bar on top holds any number of links: some of its own, the others in a menu, the present page always in sight."""

import pytest

from marketplace.base.context import MOST_LINKS, Link, Nav


def bar(count, here=None):
    links = [Link(f"page {number}", f"/{number}/", number == here) for number in range(count)]
    return Nav("console", "/", links, [])


@pytest.mark.parametrize("count", [0, 1, MOST_LINKS, MOST_LINKS + 1])
def test_few_links_stand_in_the_bar_itself(count):
    assert len(bar(count).shown) == count and bar(count).more == []


@pytest.mark.parametrize("here", [None, 0, 4, 5, 9])
def test_of_many_links_none_is_lost_and_the_present_page_is_in_sight(here):
    found = bar(10, here)
    assert len(found.shown) == MOST_LINKS
    assert sorted(link.url for link in [*found.shown, *found.more]) == sorted(
        link.url for link in found.links
    )
    assert here is None or any(link.current for link in found.shown)
    assert not any(link.current for link in found.more)
