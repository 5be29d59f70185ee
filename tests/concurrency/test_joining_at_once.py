"""Many people open the link of a private batch at the same moment: its bound holds, and nobody is in twice."""

import pytest

from tasks.errors import NotInvited
from tasks.models import BatchGuest, BatchLink
from tasks.services import audiences, batches, claims, crowd_links
from tests import crowds, market
from tests.concurrency.test_claims_at_once import at_once
from tests.personas import make_worker

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def by_link(atelier, alice):
    market.open_batch(atelier, alice, title="The first")  # the organisation is known from here on
    draft = market.draft(atelier, alice, audience="link", rows=30)
    crowd_links.make_link(batch=draft, actor=alice, most=3)
    return batches.publish(batch=draft, actor=alice)


def test_of_eight_at_once_three_join_by_a_link_for_three(by_link):
    crew = [make_worker(f"crew{number}") for number in range(8)]
    token = crowd_links.token_of(BatchLink.objects.get(batch=by_link))

    def job(worker):
        def joins():
            crowd_links.join(token=token, worker=worker)
            return "joined"

        return joins

    said = at_once([job(worker) for worker in crew])
    assert said == {"joined": 3, "link_full": 5}
    assert BatchGuest.objects.filter(batch=by_link).count() == BatchLink.objects.get(batch=by_link).uses == 3


def test_one_person_twice_at_once_takes_one_place(by_link, bob):
    token = crowd_links.token_of(BatchLink.objects.get(batch=by_link))
    assert len(at_once([lambda: crowd_links.join(token=token, worker=bob)] * 4)) == 1
    assert BatchGuest.objects.filter(batch=by_link).count() == BatchLink.objects.get(batch=by_link).uses == 1


def test_an_invitation_answered_twice_at_once_counts_once(atelier, alice, bob):
    draft = market.draft(atelier, alice, audience="list")
    market.fund(atelier)
    audiences.invite(batch=draft, actor=alice, people=bob.email)
    type(atelier).objects.filter(pk=atelier.pk).update(trusted_at=draft.created_at)
    draft.organisation.refresh_from_db()
    batch = batches.publish(batch=draft, actor=alice)
    assert at_once([lambda: audiences.accept(batch=batch, worker=bob)] * 4) == {"None": 4}
    assert audiences.crowd(batch).joined == 1


def test_a_yes_to_an_invitation_and_a_link_followed_at_once_are_one_yes(by_link, bob):
    """A draft may have had a list before it had a link: both doors are open to the same person."""
    BatchGuest.objects.create(batch=by_link, email=bob.email)
    token = crowd_links.token_of(BatchLink.objects.get(batch=by_link))
    jobs = [
        lambda: audiences.accept(batch=by_link, worker=bob),
        lambda: crowd_links.join(token=token, worker=bob),
    ]
    said = at_once([*jobs, *jobs])
    assert sum(said.values()) == 4 and not any("Error" in word for word in said)
    assert audiences.crowd(by_link).joined == 1


def test_a_yes_and_a_no_at_once_are_one_of_the_two(atelier, alice, bob, by_link):
    batch = crowds.private(atelier, alice, people=f"{bob.email}")
    said = at_once(
        [
            lambda: audiences.accept(batch=batch, worker=bob),
            lambda: audiences.decline(batch=batch, worker=bob),
        ]
    )
    assert said == {"None": 1, "not_found": 1}
    row = BatchGuest.objects.get(batch=batch)
    assert (row.accepted_at is None) != (row.declined_at is None)


def test_two_people_who_invite_at_once_keep_to_the_number_of_a_day(atelier, alice, by_link, monkeypatch):
    monkeypatch.setattr(audiences, "MOST_A_DAY", 10)
    batches_ = [market.draft(atelier, alice, audience="list", title=f"List {number}") for number in range(4)]

    def job(batch):
        people = "\n".join(f"{batch.pk}-{number}@example.test" for number in range(4))
        return lambda: audiences.invite(batch=batch, actor=alice, people=people)

    said = at_once([job(batch) for batch in batches_])
    assert said == {"4": 2, "too_many_guests": 2}
    assert BatchGuest.objects.filter(batch__organisation=atelier).count() == 8


def test_a_removal_among_claims_stops_those_after_it_and_leaves_those_before(by_link, alice, bob, settings):
    settings.MAX_OPEN_ASSIGNMENTS = 100
    crowd_links.join(token=crowd_links.token_of(BatchLink.objects.get(batch=by_link)), worker=bob)
    ((guest, _word),) = audiences.crowd(by_link).by_link

    def claim():
        for number in range(8):
            try:
                claims.claim(worker=bob, batch=by_link)
            except NotInvited:
                return number
        return 8

    remove = lambda: audiences.remove(batch=by_link, actor=alice, guest=guest)  # noqa: E731
    said = at_once([claim, remove])
    assert said.pop("None") == 1  # the removal went through
    ((before, _once),) = said.items()
    assert by_link.assignments.filter(state="claimed").count() == int(before)
    with pytest.raises(NotInvited):
        claims.claim(worker=bob, batch=by_link)
    market.assert_sound()
