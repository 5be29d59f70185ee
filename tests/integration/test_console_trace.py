"""Every page of the console leaves a trace of who opened it, and people see who looked at theirs (charter M6)."""

import re

import pytest
from django.urls import reverse

from marketplace.base.models import AuditEvent
from marketplace.console import trace
from marketplace.console.urls import urlpatterns
from tests.access import world as market_of_all
from tests.access.matrix import ROWS
from tests.personas import join, log_in

pytestmark = pytest.mark.django_db
LOOKS = [(method, path) for method, path, *_ in ROWS if path.startswith("/console/")]


@pytest.fixture
def world(alice, atelier, vera, bob, charlie, dana, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    return market_of_all.build(alice, atelier, bob, dana, charlie)


def test_M6_no_page_of_the_console_is_opened_and_no_form_sent_without_a_trace(world, dana, erin):
    """Walks every row of the access matrix: a new address is in it, or that test fails."""
    silent = []
    for person in (dana, erin):
        browser = log_in(person)
        for method, path in LOOKS:
            before = AuditEvent.objects.filter(tag__startswith=trace.PREFIX, actor_id=person.pk).count()
            answer = getattr(browser, method.lower())(path.format(**world))
            if answer.status_code == 404:
                continue
            after = AuditEvent.objects.filter(tag__startswith=trace.PREFIX, actor_id=person.pk).count()
            if after == before:
                silent.append((method, path, answer.status_code))
    assert not silent


def test_every_address_of_the_console_is_wrapped():
    assert [pattern.name for pattern in urlpatterns if not hasattr(pattern.callback, "__wrapped__")] == []
    assert all(pattern.callback.__name__ == pattern.callback.__wrapped__.__name__ for pattern in urlpatterns)
    assert len({id(pattern.callback) for pattern in urlpatterns}) == len(urlpatterns)


def test_M6_people_see_that_a_moderator_looked_at_their_case_by_ids_alone(world, dana, bob, alice):
    log_in(dana).get(f"/console/disputes/{world['dispute']}/")
    seen = AuditEvent.objects.filter(tag="console:dispute:view", subject=bob.public_id)
    assert [(row.actor_id, row.data) for row in seen] == [(dana.pk, {"case": world["dispute"]})]
    assert AuditEvent.objects.filter(tag="console:dispute:view", subject=alice.public_id).exists()
    assert world["dispute"] in log_in(bob).get(reverse("my-data")).content.decode()
    written = AuditEvent.objects.filter(tag__startswith=trace.PREFIX).values_list("subject", "data")
    assert all(re.fullmatch(r"([a-z]{3}_[0-9a-z]+)?", subject) for subject, _data in written)


def test_a_search_is_written_down_with_whom_it_found_never_with_what_was_typed(dana, bob):
    log_in(dana).post("/console/people/", {"q": bob.email})
    row = AuditEvent.objects.get(tag="console:people:act")
    assert (row.subject, row.data) == (bob.public_id, {})


def test_who_is_refused_for_a_part_in_it_is_written_down_too(world, atelier, dana):
    join(atelier, dana, "viewer")
    assert log_in(dana).get(f"/console/disputes/{world['dispute']}/").status_code == 403
    assert AuditEvent.objects.filter(tag="console:dispute:refused", subject=world["dispute"]).exists()


def test_administrators_see_who_looked_at_whom(world, dana, bob, erin):
    log_in(dana).get(f"/console/people/{bob.public_id}/")
    browser = log_in(erin)
    page = browser.get(reverse("console-looks"), {"who": dana.public_id, "about": bob.public_id})
    assert bob.public_id in page.content.decode()
    assert "<code>person</code>" in page.content.decode()
    assert "Nobody looked" in browser.get(reverse("console-looks"), {"who": "usr_nonsense"}).content.decode()
    assert log_in(dana).get(reverse("console-looks")).status_code == 404
