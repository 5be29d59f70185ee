"""Private crowds by a list: who may claim, who knows of the batch, how they are invited (docs/adr/0029)."""

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from marketplace.base import ids
from marketplace.base.errors import Invalid, NotFound
from marketplace.base.models import Notice
from marketplace.delivery import relay
from marketplace.web.views import home
from tasks import access
from tasks.errors import CountryNotAsked, IllegalMove, NotADraft, NotInvited, NotReady, OwnOrganisation
from tasks.models import Batch, BatchGuest
from tasks.selectors import board
from tasks.services import audiences, batches, claims, closing, crowd_links, submissions
from tests import crowds, market
from tests.api_client import DRAFT, Program
from tests.personas import join, make_worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def listed(atelier, alice):
    return crowds.private(atelier, alice)


@pytest.fixture
def by_link(atelier, alice):
    return crowds.private(atelier, alice, "link")


# --- who may claim ------------------------------------------------------------------------------


@pytest.mark.parametrize("audience", ["list", "link"])
def test_the_page_of_an_open_private_batch_says_who_may_do_it(atelier, alice, client_of, audience):
    batch = crowds.private(atelier, alice, audience)
    page = client_of(alice).get(reverse("batch", args=[batch.public_id])).content.decode()
    assert "Who may do it:" in page and "0 joined" in page


def test_a_person_on_the_list_says_yes_and_claims_and_others_can_not(listed, bob, bea):
    with pytest.raises(NotInvited):
        claims.claim(worker=bob, batch=listed)  # invited, but did not say yes
    audiences.accept(batch=listed, worker=bob)
    assert claims.claim(worker=bob, batch=listed).assignment_id
    with pytest.raises(NotInvited):
        claims.claim(worker=bea, batch=listed)
    with pytest.raises(NotFound):
        audiences.accept(batch=listed, worker=bea)


def test_an_open_batch_asks_nothing_of_guests(atelier, alice, bob):
    batch = market.open_batch(atelier, alice)
    with CaptureQueriesContext(connection) as seen:
        claims.claim(worker=bob, batch=batch)
    assert len(seen) == 2  # the standing, and the claim itself
    assert not any("guest" in query["sql"] for query in seen.captured_queries)


def test_a_private_batch_costs_no_statement_more(listed, bob):
    audiences.accept(batch=listed, worker=bob)
    with CaptureQueriesContext(connection) as seen:
        claims.claim(worker=bob, batch=listed)
    assert len(seen) == 2


def test_the_probe_of_a_claim_reads_its_own_index(listed, bob):
    BatchGuest.objects.bulk_create(BatchGuest(batch=listed, email=f"p{n}@example.test") for n in range(900))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE tasks_batchguest")
        cursor.execute(
            "EXPLAIN SELECT 1 FROM tasks_batchguest g WHERE g.worker_id = %s AND g.batch_id = %s"
            " AND g.accepted_at IS NOT NULL AND g.removed_at IS NULL",
            [bob.pk, listed.pk],
        )
        assert "guest_is_in_once" in "".join(line for (line,) in cursor.fetchall())


def test_submit_and_next_stops_once_somebody_was_removed_and_the_answer_is_kept(listed, alice, bob):
    audiences.accept(batch=listed, worker=bob)
    held = market.claimed(bob, listed)
    row = BatchGuest.objects.get(batch=listed)
    audiences.remove(batch=listed, actor=alice, guest=ids.encode("gst", row.pk))
    inhand = access.in_hand(bob, held.public_id)
    done = submissions.submit(
        assignment=inhand.assignment, worker=bob, answer={"same": "1"}, next=True, standing=inhand.standing
    )
    assert done.state == "submitted" and done.next is None and done.next_refused.code == "not_invited"
    held.refresh_from_db()
    assert held.state == "submitted" and held.reward_micros == listed.reward_micros
    notice = Notice.objects.get(user=bob, kind="batch_uninvited")
    assert notice.data["batch"] == listed.public_id
    market.assert_sound()


def test_who_was_removed_while_working_still_sees_the_batch_and_why_it_is_closed(
    client_of, listed, alice, bob
):
    audiences.accept(batch=listed, worker=bob)
    market.submitted(bob, listed)
    row = BatchGuest.objects.get(batch=listed)
    audiences.remove(batch=listed, actor=alice, guest=ids.encode("gst", row.pk))
    client = client_of(bob)
    page = client.get(reverse("work-batch", args=[listed.public_id]))
    assert page.status_code == 200 and b"invited and said yes" in page.content
    refused = client.post(reverse("claim", args=[listed.public_id]), follow=True)
    assert b"invited and said yes" in refused.content and not listed.assignments.filter(state="claimed")


def test_the_floor_and_the_countries_hold_for_invited_people(atelier, alice):
    make_worker("dieter", country="DE")
    batch = crowds.private(atelier, alice, people="dieter@example.test", countries=["FR"])
    from marketplace.base.models import User

    dieter = User.objects.get(email="dieter@example.test")
    with pytest.raises(CountryNotAsked):
        audiences.accept(batch=batch, worker=dieter)
    assert BatchGuest.objects.get(batch=batch).accepted_at is None


def test_a_member_of_the_organisation_can_not_join_nor_claim(atelier, alice, by_link):
    walter = make_worker("walter")
    join(atelier, walter, "viewer")
    with pytest.raises(OwnOrganisation):
        crowd_links.join(token=crowds.token(by_link), worker=walter)
    BatchGuest.objects.create(batch=by_link, worker=walter, accepted_at=by_link.published_at)
    with pytest.raises(OwnOrganisation):
        claims.claim(worker=walter, batch=by_link)


# --- what is not yours looks like what is not there ----------------------------------------------


def test_a_stranger_finds_a_private_batch_nowhere(client_of, client, listed, bob, bea):
    nowhere = ids.encode("bat", 10**12)
    stranger = client_of(bea)
    for name, method in (
        ("work-batch", "get"),
        ("work-done", "get"),
        ("claim", "post"),
        ("work-accept", "post"),
    ):
        real = getattr(stranger, method)(reverse(name, args=[listed.public_id]))
        fake = getattr(stranger, method)(reverse(name, args=[nowhere]))
        assert real.status_code == fake.status_code == 404, name
    assert listed.title not in stranger.get(reverse("board")).content.decode()
    assert board.board(bea).count == 0 and board.board(bea).closed == []
    relay.drain()  # its figures are counted
    assert home.sight() is None
    assert listed.title not in client.get("/").content.decode()


def test_the_rest_interface_hides_it_as_well(listed, bob, bea):
    stranger, invited = Program(bea, "work"), Program(bob, "work")
    real = stranger.post("/work/claims/", {"batch": listed.public_id}, 404)
    assert real == stranger.post("/work/claims/", {"batch": ids.encode("bat", 10**12)}, 404)
    seen = stranger.get("/work/")
    assert seen["available"] == [] and seen["blocked"] == []
    blocked = invited.get("/work/")["blocked"]
    assert [(row["batch"], row["code"]) for row in blocked] == [(listed.public_id, "not_invited")]
    assert invited.post("/work/claims/", {"batch": listed.public_id}, 409)["code"] == "not_invited"
    audiences.accept(batch=listed, worker=bob)
    assert [row["id"] for row in invited.get("/work/")["available"]] == [listed.public_id]
    invited.post("/work/claims/", {"batch": listed.public_id}, 201)


def test_the_board_shows_it_to_those_who_are_in_and_an_invitation_to_those_who_are_not_yet(
    client_of, listed, bob
):
    client = client_of(bob)
    page = client.get(reverse("board")).content.decode()
    assert listed.title in page and "You are invited" in page
    offer = client.get(reverse("work-batch", args=[listed.public_id])).content.decode()
    assert "You are invited" in offer and "Yes, I am in" in offer
    answer = client.post(reverse("work-accept", args=[listed.public_id]))
    assert answer.url == reverse("work-batch", args=[listed.public_id])
    assert [offer.batch for offer in board.board(bob).offers] == [listed]
    assert client.post(reverse("claim", args=[listed.public_id])).status_code == 302


def test_an_open_batch_stands_beside_private_ones_for_everybody(atelier, alice, listed, bob, bea):
    batch = market.open_batch(atelier, alice, title="For all")
    audiences.accept(batch=listed, worker=bob)
    assert {offer.batch for offer in board.board(bob).offers} == {batch, listed}
    assert [offer.batch for offer in board.board(bea).offers] == [batch]


def test_a_program_drafts_a_private_batch_invites_and_makes_links(atelier, alice, bob):
    program = Program(alice, "read", "write", organisation=atelier)
    made = program.post("/batches/", DRAFT | {"audience": "list"}, 201)
    assert made["audience"] == "list"
    said = program.post(f"/batches/{made['id']}/guests/", {"people": ["bob@example.test", "x@example.test"]})
    assert said == {"invited": 2, "joined": 0}
    wrong = program.post(f"/batches/{made['id']}/guests/", {"people": ["nobody"]}, 400)
    assert "Line 1" in wrong["fields"]["people"][0]
    program.post(f"/batches/{made['id']}/link/", {}, 409)  # a list has no link
    program.post("/batches/", DRAFT | {"audience": "friends"}, 400)
    other = program.post("/batches/", DRAFT | {"audience": "link"}, 201)
    link = program.post(f"/batches/{other['id']}/link/", {"people": 3, "days": 2}, 201)
    assert link["people"] == 3 and link["url"].endswith(
        f"/join/{crowds.token(Batch.objects.get(audience='link'))}/"
    )
    assert program.post("/batches/", DRAFT, 201)["audience"] == "open"


# --- the list ------------------------------------------------------------------------------


def test_an_address_is_answered_alike_whether_it_has_an_account_or_not(client_of, listed, alice, bea):
    client = client_of(alice)
    here = reverse("batch-audience", args=[listed.public_id])
    told = []
    for address in ("bea@example.test", "nobody@example.test"):
        sent = client.post(here, {"do": "invite", "people": address}, follow=True)
        told.append(sent.content.decode().replace(address, "…"))
        row = BatchGuest.objects.get(batch=listed, email=address)
        assert row.worker_id is None
    import re

    plain = [re.sub(r'(nonce|value|X-CSRFToken)(=|": )"[^"]*"|\d+', "", page) for page in told]
    plain = [re.sub(r"gst_\w+", "", page).count("on its way") for page in plain]
    assert plain == [1, 1]


def test_an_address_longer_than_any_is_named_with_its_line(listed, alice):
    long = "a" * 60 + "@" + ".".join(["b" * 50] * 4) + ".org"
    with pytest.raises(Invalid) as caught:
        audiences.invite(batch=listed, actor=alice, people=f"bea@example.test\n{long}")
    assert "Line 2" in str(caught.value.fields["people"][0])
    assert not BatchGuest.objects.filter(batch=listed, email="bea@example.test").exists()


def test_invitations_go_out_when_the_batch_opens_by_notice_or_by_mail(atelier, alice, bob):
    market.fund(atelier)
    draft = market.draft(atelier, alice, audience="list")
    audiences.invite(batch=draft, actor=alice, people="bob@example.test\nnew@example.test")
    relay.drain()
    mail.outbox.clear()  # the receipt of the deposit
    relay.drain()
    assert not mail.outbox and not Notice.objects.filter(user=bob).exists()
    atelier.trusted_at = draft.created_at
    atelier.save()
    draft.organisation.refresh_from_db()
    batches.publish(batch=draft, actor=alice)
    for _round in range(3):
        relay.drain()
    assert Notice.objects.get(user=bob).kind == "batch_invitation"
    assert sorted(letter.to[0] for letter in mail.outbox) == ["bob@example.test", "new@example.test"]
    for letter in mail.outbox:
        assert draft.title in letter.subject and draft.public_id in letter.body
    relay.drain()
    assert len(mail.outbox) == 2  # each once


def test_who_signs_up_after_the_invitation_finds_it(listed, alice):
    audiences.invite(batch=listed, actor=alice, people="late@example.test")
    late = make_worker("late")
    assert access.open_batch(late, listed.public_id) == listed
    audiences.accept(batch=listed, worker=late)
    audiences.accept(batch=listed, worker=late)  # once more changes nothing
    assert claims.claim(worker=late, batch=listed).assignment_id
    assert audiences.crowd(listed).joined == 1


def test_people_who_worked_before_are_invited_by_their_pseudonym(atelier, alice, bob, bea):
    market.submitted(bob, market.open_batch(atelier, alice, title="Before"))
    batch = crowds.private(atelier, alice, people=ids.worker_seen_by(bob.pk, atelier.pk))
    audiences.accept(batch=batch, worker=bob)
    with pytest.raises(Invalid) as refused:
        audiences.invite(batch=batch, actor=alice, people=ids.worker_seen_by(bea.pk, atelier.pk))
    assert "nobody called" in str(refused.value.fields["people"][0])
    with pytest.raises(Invalid):
        audiences.invite(batch=batch, actor=alice, people=ids.worker_seen_by(bob.pk, atelier.pk + 1))


def test_wrong_lines_are_named_and_nothing_typed_is_lost(client_of, listed, alice):
    text = "good@example.test\nnot an address\nwrk_nonsense"
    here = reverse("batch-audience", args=[listed.public_id])
    page = client_of(alice).post(here, {"do": "invite", "people": text})
    assert page.status_code == 400
    words = page.content.decode()
    assert "Line 2" in words and "Line 3" in words and "good@example.test\nnot an address" in words
    assert BatchGuest.objects.filter(batch=listed).count() == 1


def test_the_same_address_twice_is_one_invitation_and_comes_back_after_a_removal(listed, alice, bob):
    audiences.accept(batch=listed, worker=bob)
    audiences.invite(batch=listed, actor=alice, people="BOB@example.test, bob@example.test")
    row = BatchGuest.objects.get(batch=listed)
    assert row.accepted_at  # still in
    audiences.remove(batch=listed, actor=alice, guest=ids.encode("gst", row.pk))
    with pytest.raises(NotInvited):
        claims.claim(worker=bob, batch=listed)
    audiences.invite(batch=listed, actor=alice, people="bob@example.test")
    with pytest.raises(NotInvited):
        claims.claim(worker=bob, batch=listed)  # asked again, and answers again
    audiences.accept(batch=listed, worker=bob)
    assert claims.claim(worker=bob, batch=listed).assignment_id


def test_lists_are_bounded(listed, alice, monkeypatch):
    monkeypatch.setattr(audiences, "MOST_GUESTS", 3)
    with pytest.raises(audiences.TooManyGuests):
        audiences.invite(batch=listed, actor=alice, people="a@x.org\nb@x.org\nc@x.org")
    monkeypatch.setattr(audiences, "MOST_GUESTS", 100)
    monkeypatch.setattr(audiences, "MOST_A_DAY", 2)
    with pytest.raises(audiences.EnoughGuestsToday):
        audiences.invite(batch=listed, actor=alice, people="a@x.org\nb@x.org")


def test_a_private_batch_opens_only_with_somebody_to_do_it(atelier, alice):
    market.fund(atelier)
    for audience in ("list", "link"):
        draft = market.draft(atelier, alice, audience=audience)
        with pytest.raises(NotReady) as refused:
            batches.publish(batch=draft, actor=alice)
        assert list(refused.value.fields) == ["audience"]


def test_the_audience_is_settled_when_it_opens(listed, alice):
    with pytest.raises(NotADraft):
        batches.update_draft(batch=listed, actor=alice, audience="open")
    with pytest.raises(NotADraft):
        crowd_links.make_link(batch=listed, actor=alice)
    closing.close(batch=listed, actor=alice)
    with pytest.raises(IllegalMove):
        audiences.invite(batch=listed, actor=alice, people="more@example.test")


def test_a_copy_has_the_audience_and_none_of_its_people(listed, alice):
    copy = batches.duplicate(batch=listed, actor=alice)
    assert copy.audience == "list" and not copy.guests.exists()


def test_an_audience_that_is_none_is_refused(atelier, alice):
    with pytest.raises(Invalid) as refused:
        batches.create_draft(organisation=atelier, actor=alice, audience="secret")
    assert list(refused.value.fields) == ["audience"]
