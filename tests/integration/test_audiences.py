"""Private crowds: a list or a link says who may claim; nobody else sees that the batch is there (docs/adr/0029)."""

import datetime as dt

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from marketplace.base import formats, ids
from marketplace.base.errors import Invalid, NotFound
from marketplace.base.models import Notice
from marketplace.delivery import relay
from marketplace.web.views import home
from tasks import access
from tasks.errors import CountryNotAsked, IllegalMove, NotADraft, NotInvited, NotReady, OwnOrganisation
from tasks.models import Batch, BatchGuest, BatchLink
from tasks.selectors import board
from tasks.services import audiences, batches, claims, closing, crowd_links, submissions
from tests import market
from tests.api_client import DRAFT, Program
from tests.personas import join, make_person, make_worker

pytestmark = pytest.mark.django_db


def private(atelier, alice, audience="list", people="bob@example.test", **values):
    """An open private batch; with a link where it is one."""
    market.fund(atelier)
    type(atelier).objects.filter(pk=atelier.pk).update(trusted_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    batch = market.draft(atelier, alice, audience=audience, **values)
    if audience == "list":
        audiences.invite(batch=batch, actor=alice, people=people)
    else:
        crowd_links.make_link(batch=batch, actor=alice)
    batch.organisation.refresh_from_db()
    return batches.publish(batch=batch, actor=alice)


def token(batch):
    return crowd_links.token_of(BatchLink.objects.get(batch=batch, revoked_at=None))


@pytest.fixture
def listed(atelier, alice):
    return private(atelier, alice)


@pytest.fixture
def by_link(atelier, alice):
    return private(atelier, alice, "link")


# --- who may claim ------------------------------------------------------------------------------


@pytest.mark.parametrize("audience", ["list", "link"])
def test_the_page_of_an_open_private_batch_says_who_may_do_it(atelier, alice, client_of, audience):
    batch = private(atelier, alice, audience)
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
    refused = client.post(reverse("claim", args=[listed.public_id]))
    assert refused.status_code == 409 and b"invited and said yes" in refused.content


def test_the_floor_and_the_countries_hold_for_invited_people(atelier, alice):
    make_worker("dieter", country="DE")
    batch = private(atelier, alice, people="dieter@example.test", countries=["FR"])
    from marketplace.base.models import User

    dieter = User.objects.get(email="dieter@example.test")
    with pytest.raises(CountryNotAsked):
        audiences.accept(batch=batch, worker=dieter)
    assert BatchGuest.objects.get(batch=batch).accepted_at is None


def test_a_member_of_the_organisation_can_not_join_nor_claim(atelier, alice, by_link):
    walter = make_worker("walter")
    join(atelier, walter, "viewer")
    with pytest.raises(OwnOrganisation):
        crowd_links.join(token=token(by_link), worker=walter)
    BatchGuest.objects.create(batch=by_link, worker=walter, accepted_at=by_link.published_at)
    with pytest.raises(OwnOrganisation):
        claims.claim(worker=walter, batch=by_link)


# --- what is not yours looks like what is not there ------------------------------------------------


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
    assert listed.title in page and "You are invited to this work." in page
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
    assert link["people"] == 3 and link["url"].endswith(f"/join/{token(Batch.objects.get(audience='link'))}/")
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
    batch = private(atelier, alice, people=ids.worker_seen_by(bob.pk, atelier.pk))
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


# --- the link ------------------------------------------------------------------------------


def test_whoever_has_the_link_sees_the_offer_and_joins(client_of, client, by_link, bob, bea):
    here = reverse("join", args=[token(by_link)])
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
    here = reverse("join", args=[token(by_link)])
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
    secret = token(by_link)
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(l::text, '') FROM tasks_batchlink l")
        assert secret not in cursor.fetchone()[0]


def test_a_wrong_link_is_not_there(client, by_link):
    assert client.get(reverse("join", args=["0" * 64])).status_code == 404


def test_a_link_that_was_taken_back_ran_out_or_ended_no_longer_works(client_of, by_link, alice, bob, clock):
    first = token(by_link)
    crowd_links.revoke_link(batch=by_link, actor=alice)
    page = client_of(bob).get(reverse("join", args=[first]))
    assert page.status_code == 410 and by_link.title not in page.content.decode()
    with pytest.raises(NotFound):
        crowd_links.revoke_link(batch=by_link, actor=alice)
    crowd_links.make_link(batch=by_link, actor=alice, days=2)
    second = token(by_link)
    assert second != first and crowd_links.linked(second)
    clock.forward(days=2, seconds=1)
    with pytest.raises(crowd_links.LinkOver):
        crowd_links.join(token=second, worker=bob)
    crowd_links.make_link(batch=by_link, actor=alice)
    third = token(by_link)
    crowd_links.join(token=third, worker=bob)
    closing.close(batch=by_link, actor=alice)
    with pytest.raises(crowd_links.LinkOver):
        crowd_links.linked(third)


def test_the_link_of_a_draft_says_nothing_of_it_yet(client_of, atelier, alice, bob):
    draft = market.draft(atelier, alice, audience="link")
    crowd_links.make_link(batch=draft, actor=alice)
    page = client_of(bob).get(reverse("join", args=[token(draft)]))
    assert page.status_code == 409
    assert b"not open yet" in page.content and draft.title.encode() not in page.content


def test_a_link_takes_no_more_people_than_it_is_for(client_of, by_link, alice, bob, bea, ben):
    crowd_links.make_link(batch=by_link, actor=alice, most=2)
    for worker in (bob, bea, bob):
        crowd_links.join(token=token(by_link), worker=worker)
    answer = client_of(ben).post(reverse("join", args=[token(by_link)]))
    assert answer.status_code == 409 and b"have joined" in answer.content


def test_who_was_removed_does_not_come_back_by_the_link(by_link, alice, bob):
    crowd_links.join(token=token(by_link), worker=bob)
    ((guest, word),) = audiences.crowd(by_link).by_link
    assert word == ids.worker_seen_by(bob.pk, by_link.organisation_id)
    audiences.remove(batch=by_link, actor=alice, guest=guest)
    with pytest.raises(NotInvited):
        crowd_links.join(token=token(by_link), worker=bob)
    with pytest.raises(NotFound):
        audiences.remove(batch=by_link, actor=alice, guest=guest)


@pytest.mark.parametrize(
    ("bounds", "field"), [({"days": 0}, "days"), ({"most": 0}, "most"), ({"days": 366}, "days")]
)
def test_the_bounds_of_a_link_are_checked(by_link, alice, bounds, field):
    with pytest.raises(Invalid) as refused:
        crowd_links.make_link(batch=by_link, actor=alice, **bounds)
    assert list(refused.value.fields) == [field]


# --- the requester's pages ------------------------------------------------------------------------------


def test_the_page_shows_what_was_typed_and_how_many_joined_and_never_who(client_of, listed, alice, bob):
    audiences.invite(batch=listed, actor=alice, people="other@example.test")
    audiences.accept(batch=listed, worker=bob)
    words = client_of(alice).get(reverse("batch-audience", args=[listed.public_id])).content.decode()
    assert "bob@example.test" in words and "other@example.test" in words
    assert "Joined" in words and bob.name not in words
    assert ids.worker_seen_by(bob.pk, listed.organisation_id) not in words


def test_a_draft_goes_from_open_to_a_list_through_its_page(client_of, atelier, alice):
    client = client_of(alice)
    draft = market.draft(atelier, alice)
    here = reverse("batch-audience", args=[draft.public_id])
    assert client.post(here, {"do": "choose", "audience": "list"}).url == here
    assert client.post(here, {"do": "invite", "people": "bob@example.test"}).url == here
    draft.refresh_from_db()
    assert draft.audience == "list" and draft.guests.get().email == "bob@example.test"
    assert "people I name" in client.get(reverse("batch-review", args=[draft.public_id])).content.decode()
    assert client.post(here, {"do": "choose", "audience": "link"}).url == here
    assert client.post(here, {"do": "link", "most": "5", "days": ""}).url == here
    link = BatchLink.objects.get(batch=draft)
    assert (link.max_uses, link.expires_at) == (5, None)
    assert crowd_links.token_of(link) in client.get(here).content.decode()
    wrong = client.post(here, {"do": "link", "most": "many"})
    assert wrong.status_code == 400


def test_a_reader_looks_and_changes_nothing(client_of, listed, vera):
    here = reverse("batch-audience", args=[listed.public_id])
    assert client_of(vera).get(here).status_code == 200
    assert client_of(vera).post(here, {"do": "invite", "people": "x@example.test"}).status_code == 403


def test_somebody_else_s_guest_can_not_be_removed(client_of, listed, by_link, alice):
    guest = ids.encode("gst", BatchGuest.objects.get(batch=listed).pk)
    answer = client_of(alice).post(
        reverse("batch-audience", args=[by_link.public_id]), {"do": "remove", "guest": guest}
    )
    assert answer.status_code == 404


# --- the rows ------------------------------------------------------------------------------


def broken(name, **values):
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        model = values.pop("model", BatchGuest)
        model.objects.create(**values)
    assert name in str(refused.value)


def test_every_rule_of_the_tables_has_a_name(listed, by_link, alice, bob):
    now = listed.published_at
    with pytest.raises(IntegrityError, match="batch_audience_known"), transaction.atomic():
        Batch.objects.filter(pk=listed.pk).update(audience="all")
    broken("guest_once_by_address", batch=listed, email="bob@example.test")
    broken("guest_address_is_lower_case", batch=listed, email="A@x.org")
    broken("guest_is_somebody", batch=listed)
    broken("guest_accepts_in_person", batch=listed, email="a@x.org", accepted_at=now)
    BatchGuest.objects.create(batch=listed, worker=bob, accepted_at=now)
    broken("guest_once_by_person", batch=listed, worker=bob)
    broken("guest_is_in_once", batch=listed, worker=bob, email="a@x.org", accepted_at=now)
    link = {"model": BatchLink, "created_by": alice, "token_hash": "x"}
    broken("batch_link_stands_alone", batch=by_link, **link)
    broken("batch_link_used_no_more_than_allowed", batch=listed, max_uses=1, uses=2, **link)


def test_someone_without_an_account_role_is_no_worker(listed):
    olga = make_person("olga")
    assert not audiences.knows(olga, listed)
