"""No, thank you: an invitation is declined at no cost, shows as declined and as nothing else, and stays declined."""

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.urls import reverse

from marketplace.base import ids
from marketplace.base.errors import NotFound
from marketplace.base.models import Notice
from marketplace.delivery import relay
from tasks.errors import NotInvited
from tasks.models import Batch, BatchGuest
from tasks.selectors import board
from tasks.services import audiences, claims, crowd_links
from tests import crowds, market

pytestmark = pytest.mark.django_db


@pytest.fixture
def listed(atelier, alice):
    return crowds.private(atelier, alice)


def drained():
    for _round in range(3):
        relay.drain()


def test_an_invited_person_says_no_and_the_batch_is_gone_for_them(client_of, listed, bob):
    client, here = client_of(bob), reverse("work-batch", args=[listed.public_id])
    page = client.get(here).content.decode()
    assert "No, thank you" in page and "costs you nothing" in page
    answer = client.post(reverse("work-decline", args=[listed.public_id]), follow=True)
    assert answer.redirect_chain[-1][0] == reverse("board")
    words = answer.content.decode()
    assert "that is fine" in words and listed.title not in words
    assert board.board(bob).closed == [] and not audiences.waits_for(bob, listed)
    assert client.get(here).status_code == 404
    assert client.post(reverse("work-accept", args=[listed.public_id])).status_code == 404
    assert client.post(reverse("work-decline", args=[listed.public_id])).status_code == 404
    with pytest.raises(NotInvited):
        claims.claim(worker=bob, batch=listed)


def test_a_no_said_twice_is_one_and_without_an_invitation_there_is_none_to_say(listed, bob, bea):
    audiences.decline(batch=listed, worker=bob)
    first = BatchGuest.objects.get(batch=listed).declined_at
    audiences.decline(batch=listed, worker=bob)
    assert BatchGuest.objects.get(batch=listed).declined_at == first
    with pytest.raises(NotFound):
        audiences.decline(batch=listed, worker=bea)


def test_who_said_yes_has_no_invitation_left_to_decline(listed, bob):
    audiences.accept(batch=listed, worker=bob)
    with pytest.raises(NotFound):
        audiences.decline(batch=listed, worker=bob)
    assert claims.claim(worker=bob, batch=listed).assignment_id


def test_the_requester_sees_declined_and_nothing_else(client_of, listed, alice, bob):
    audiences.invite(batch=listed, actor=alice, people="other@example.test")
    audiences.decline(batch=listed, worker=bob)
    page = client_of(alice).get(reverse("batch-audience", args=[listed.public_id])).content.decode()
    named = page[page.index('id="named"') :].partition("</ul>")[0]
    said = {row.partition(">")[2].partition("<")[0]: ">declined<" in row for row in named.split("<li>")[1:]}
    assert said == {"other@example.test": False, "bob@example.test": True}
    assert bob.name not in page and ids.worker_seen_by(bob.pk, listed.organisation_id) not in page
    assert not Notice.objects.filter(user=alice, kind__contains="declin").exists()


def test_who_declined_is_not_asked_again_by_whatever_name(atelier, alice, bob, bea, clock):
    known = market.open_batch(atelier, alice)
    market.submitted(bob, known)
    listed = crowds.private(atelier, alice)
    drained()
    audiences.decline(batch=listed, worker=bob)
    Notice.objects.all().delete()
    mail.outbox.clear()
    clock.forward(days=2)
    pseudonym = ids.worker_seen_by(bob.pk, atelier.pk)
    audiences.invite(batch=listed, actor=alice, people=f"bob@example.test\n{pseudonym}\nbea@example.test")
    drained()
    assert set(Notice.objects.values_list("user", "kind")) == {(bea.pk, "batch_invitation")}
    assert not any("bob@example.test" in letter.to for letter in mail.outbox)
    assert board.board(bob).closed == [] and not audiences.knows(bob, listed)
    with pytest.raises(NotFound):
        audiences.accept(batch=listed, worker=bob)
    ((_id, _word, said),) = [row for row in audiences.crowd(listed).named if row[1] == pseudonym]
    assert said is False  # that address and this pseudonym are one person: nobody may learn it here


def test_taken_off_and_typed_again_it_is_still_declined(listed, alice, bob):
    audiences.decline(batch=listed, worker=bob)
    row = BatchGuest.objects.get(batch=listed)
    audiences.remove(batch=listed, actor=alice, guest=ids.encode("gst", row.pk))
    audiences.invite(batch=listed, actor=alice, people="bob@example.test")
    assert [row[1:] for row in audiences.crowd(listed).named] == [("bob@example.test", True)]
    assert not audiences.knows(bob, listed)


def test_an_invitation_to_another_batch_is_another_question(atelier, alice, listed, bob):
    audiences.decline(batch=listed, worker=bob)
    other = crowds.private(atelier, alice, title="Another one")
    assert audiences.waits_for(bob, other)
    audiences.accept(batch=other, worker=bob)


def test_whoever_declined_may_still_come_by_a_link_on_their_own(atelier, alice, bob):
    batch = crowds.private(atelier, alice)
    audiences.decline(batch=batch, worker=bob)
    Batch.objects.filter(pk=batch.pk).update(audience="link")  # as if the draft had changed its mind
    batch.refresh_from_db()
    crowd_links.make_link(batch=batch, actor=alice)
    crowd_links.join(token=crowds.token(batch), worker=bob)
    assert audiences.is_in(bob, batch) and audiences.knows(bob, batch)


def test_a_row_can_not_say_yes_and_no(listed, bob):
    now = listed.published_at
    for wrong in ({"worker": bob, "accepted_at": now, "declined_at": now}, {"declined_at": now}):
        with (
            pytest.raises(IntegrityError, match="guest_declines_in_person_or_accepts"),
            transaction.atomic(),
        ):
            BatchGuest.objects.create(batch=listed, email="a@x.org", **wrong)
