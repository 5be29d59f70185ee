"""Every address of the site × every persona. A new address fails here until it has a row in `tests/access/*.txt`.

To add a row: write the line with seven times `?`, run `pytest tests/integration/test_access_matrix.py`, read in the
failure what each persona got, and copy it only if it is what they ought to get. Strangers must get what a wrong
address gives (404), and a reader (vera) 403 for what her role may not do.
"""

import re

import pytest
from django.urls import URLPattern, get_resolver, resolve

from tests.access import world as market_of_all
from tests.access.matrix import PERSONAS, ROWS, ask, said, sessions


@pytest.fixture
def world(alice, atelier, vera, bob, charlie, dana, erin, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    return market_of_all.build(alice, atelier, bob, dana, charlie)


def routes():
    """Every address of the resolver, as its pattern."""

    def walk(resolver, prefix=""):
        for entry in resolver.url_patterns:
            path = prefix + str(entry.pattern).removeprefix("^")
            if isinstance(entry, URLPattern):
                yield path
            else:
                yield from walk(entry, path)

    return set(walk(get_resolver()))


def test_every_address_has_a_row():
    placeholder = re.compile(r"\{\w+\}")
    listed = {
        resolve(placeholder.sub("2-x-y", path.partition("?")[0])).route for _method, path, *_rest in ROWS
    }
    assert routes() - listed == set()
    assert all(len(row) == 2 + len(PERSONAS) for row in ROWS)


@pytest.mark.django_db
def test_each_persona_gets_what_the_matrix_says(world, alice, vera, bob, charlie, dana, erin):
    people = {"alice": alice, "vera": vera, "bob": bob, "charlie": charlie, "dana": dana, "erin": erin}
    browsers = {"visitor": {}, **sessions(people)}
    wrong = []
    for method, path, *expected in ROWS:
        got = [said(ask(browsers[name], method, path.format_map(world))) for name in PERSONAS]
        if got != expected:
            wrong.append(f"{method} {path} {' '.join(got)}   (the matrix says {' '.join(expected)})")
    assert not wrong, "\n" + "\n".join(wrong)


def plain(page):
    """A page without what differs from one request to the next."""
    page = re.sub(r'(nonce|value|X-CSRFToken)(=|": )"[^"]*"', "", page)
    return re.sub(r"[a-z]{3}_[0-9a-z]{13}|[0-9a-f]{64}", "id", page)


def nowhere(path, world):
    """The same address with ids that are well made and belong to nothing."""
    from marketplace.base import ids

    def other(found):
        value = world[found[1]]
        return (
            ids.encode(value.partition("_")[0], 10**12)
            if re.fullmatch(r"[a-z]{3,4}_\w{13}", value)
            else "0" * 64
        )

    return re.sub(r"\{(\w+)\}", other, path)


# Addresses that are open to people who have no part in the thing: the work on offer, what is said of who asks and
# questions to them, public figures, pages of log-in, and invitations and mails, whose secret is in the address.
OPEN = re.compile(
    r"/(work/batches/\{(live|draft)|work/qualifications/tests/|api/v1/work/tests/|accounts|invitations|join|certificates"
    r"|centres/join|centres/\{centre\}/$|requesters/\{organisation|ratings/\{rating\}/object|work/ratings/\{organisation"
    r"|work/messages/\{live\}/$|transparency|mail/stop)"
)


@pytest.mark.django_db
def test_what_is_not_yours_looks_like_what_is_not_there(world):
    strangers = sessions(market_of_all.strangers())
    told = []
    for method, path, *_expected in ROWS:
        if "{" not in path or OPEN.match(path):
            continue
        for name, cookies in strangers.items():
            real = ask(cookies, method, path.format_map(world))
            fake = ask(cookies, method, nowhere(path, world))
            same = real.status_code == fake.status_code and plain(real.content.decode()) == plain(
                fake.content.decode()
            )
            if not same or real.status_code == 200:
                told.append(f"{name}: {method} {path} {real.status_code} against {fake.status_code}")
    assert not told, "\n" + "\n".join(told)
