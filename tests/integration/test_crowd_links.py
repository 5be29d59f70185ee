"""Private crowds by a link: whoever has it joins, within its bounds, until it is taken back (docs/adr/0029)."""

import pytest
from django.db import connection
from django.urls import reverse

from marketplace.base import formats, ids
from marketplace.base.errors import Invalid, NotFound
from tasks.errors import NotInvited
from tasks.models import BatchGuest, BatchLink
from tasks.services import audiences, claims, closing, crowd_links
from tests import crowds, market

pytestmark = pytest.mark.django_db


@pytest.fixture
def listed(atelier, alice):
    return crowds.private(atelier, alice)


@pytest.fixture
def by_link(atelier, alice):
    return crowds.private(atelier, alice, "link")


# --- the link ------------------------------------------------------------------------------


def test_whoever_has_the_link_sees_the_offer_and_joins(client_of, client, by_link, bob, bea):
    here = reverse("join", args=[crowds.token(by_link)])
    seen = client.get(here).content.decode()
    assert "Atelier Nord" in seen and by_link.purpose in seen
    assert formats.eur(by_link.reward_micros) in seen and formats.duration(180) in seen
    assert f"/accounts/login/?next={here.replace('/', '%2F')}" in seen
    worker = client_of(bob)
    assert "Yes, I am in" in worker.get(here).content.decode()
    assert worker.post(here).url == reverse("work-batch", args=[by_link.public_id])
    assert worker.post(here).status_code == 302  # once more changes nothing
    assert BatchLink.objects.get(batch=by_link).uses == 1
    assert "You said yes already" in worker.get(here).content.decode()
    assert claims.claim(worker=bob, batch=by_link).assignment_id
    with pytest.raises(NotInvited):
        claims.claim(worker=bea, batch=by_link)


def test_without_a_profile_one_is_sent_to_it_and_comes_back(client_of, client, by_link, charlie):
    here = reverse("join", args=[crowds.token(by_link)])
    assert client.post(here).url.startswith("/accounts/login/?next=")
    answer = client_of(charlie).post(here)
    assert answer.url == f"{reverse('worker-profile')}?next={here.replace('/', '%2F')}"
    assert not BatchGuest.objects.exists()
    page = client_of(charlie).get(here).content.decode()
    assert "Fill in your profile" in page
    back = client_of(charlie).post(
        answer.url,
        {
            "country": "FR", "languages": ["fr"], "birth_date": "1990-05-31", "time_zone": "Europe/Paris",
            "next": here,
        },
    )  # fmt: skip
    assert back.status_code == 302 and back.url == here


def test_a_link_is_kept_as_a_hash_alone(by_link):
    secret = crowds.token(by_link)
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(l::text, '') FROM tasks_batchlink l")
        assert secret not in cursor.fetchone()[0]


def test_a_wrong_link_is_not_there(client, by_link):
    assert client.get(reverse("join", args=["0" * 64])).status_code == 404


def test_a_link_that_was_taken_back_ran_out_or_ended_no_longer_works(client_of, by_link, alice, bob, clock):
    first = crowds.token(by_link)
    crowd_links.revoke_link(batch=by_link, actor=alice)
    page = client_of(bob).get(reverse("join", args=[first]))
    assert page.status_code == 410 and by_link.title not in page.content.decode()
    with pytest.raises(NotFound):
        crowd_links.revoke_link(batch=by_link, actor=alice)
    crowd_links.make_link(batch=by_link, actor=alice, days=2)
    second = crowds.token(by_link)
    assert second != first and crowd_links.linked(second)
    clock.forward(days=2, seconds=1)
    with pytest.raises(crowd_links.LinkOver):
        crowd_links.join(token=second, worker=bob)
    crowd_links.make_link(batch=by_link, actor=alice)
    third = crowds.token(by_link)
    crowd_links.join(token=third, worker=bob)
    closing.close(batch=by_link, actor=alice)
    with pytest.raises(crowd_links.LinkOver):
        crowd_links.linked(third)


def test_the_link_of_a_draft_says_nothing_of_it_yet(client_of, atelier, alice, bob):
    draft = market.draft(atelier, alice, audience="link")
    crowd_links.make_link(batch=draft, actor=alice)
    page = client_of(bob).get(reverse("join", args=[crowds.token(draft)]))
    assert page.status_code == 409
    assert b"not open yet" in page.content and draft.title.encode() not in page.content


def test_a_link_takes_no_more_people_than_it_is_for(client_of, by_link, alice, bob, bea, ben):
    crowd_links.make_link(batch=by_link, actor=alice, most=2)
    for worker in (bob, bea, bob):
        crowd_links.join(token=crowds.token(by_link), worker=worker)
    answer = client_of(ben).post(reverse("join", args=[crowds.token(by_link)]))
    assert answer.status_code == 409 and b"have joined" in answer.content


def test_who_was_removed_does_not_come_back_by_the_link(by_link, alice, bob):
    crowd_links.join(token=crowds.token(by_link), worker=bob)
    ((guest, word),) = audiences.crowd(by_link).by_link
    assert word == ids.worker_seen_by(bob.pk, by_link.organisation_id)
    audiences.remove(batch=by_link, actor=alice, guest=guest)
    with pytest.raises(NotInvited):
        crowd_links.join(token=crowds.token(by_link), worker=bob)
    with pytest.raises(NotFound):
        audiences.remove(batch=by_link, actor=alice, guest=guest)


@pytest.mark.parametrize(
    ("bounds", "field"), [({"days": 0}, "days"), ({"most": 0}, "most"), ({"days": 366}, "days")]
)
def test_the_bounds_of_a_link_are_checked(by_link, alice, bounds, field):
    with pytest.raises(Invalid) as refused:
        crowd_links.make_link(batch=by_link, actor=alice, **bounds)
    assert list(refused.value.fields) == [field]
