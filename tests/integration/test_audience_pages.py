"""The requester's page of a private batch, and the rules that its tables keep (docs/adr/0029)."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from marketplace.base import ids
from tasks.models import Batch, BatchGuest, BatchLink
from tasks.services import audiences, crowd_links
from tests import crowds, market
from tests.personas import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def listed(atelier, alice):
    return crowds.private(atelier, alice)


@pytest.fixture
def by_link(atelier, alice):
    return crowds.private(atelier, alice, "link")


# --- the requester's pages -----------------------------------------------------------------------


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
