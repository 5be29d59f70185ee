"""An organisation's own pages: founding it, its team, its keys, its funds."""

import pytest
from django.urls import reverse

from marketplace.base import teams
from marketplace.base.models import ApiKey, AuditEvent, Invitation, Membership, Organisation, OutboxEvent
from payments.models import Deposit
from payments.services import debts, deposits, holdings
from tests import market
from tests.personas import join, make_organisation, make_person

pytestmark = pytest.mark.django_db
EUR = market.EUR


# --- Organisations ---------------------------------------------------------------------------------


def test_a_stranger_founds_an_organisation_and_owns_it(client_of, charlie):
    client = client_of(charlie)
    assert client.get(reverse("batches")).url == reverse("organisation-new")
    assert "Create the organisation" in client.get(reverse("organisation-new")).content.decode()
    bad = client.post(reverse("organisation-new"), {"name": "Kept", "country": "XX"})
    assert bad.status_code == 400 and 'value="Kept"' in bad.content.decode()
    answer = client.post(
        reverse("organisation-new"), {"name": "Lab", "country": "FR", "website": "lab.example"}
    )
    assert answer.url == reverse("batches")
    lab = Organisation.objects.get(name="Lab")
    assert lab.website == "https://lab.example"
    assert Membership.objects.get(organisation=lab).role == "owner"
    charlie.refresh_from_db()
    assert charlie.posts and client.get(reverse("batches")).status_code == 200


def test_owners_change_what_people_read_and_others_only_look(client_of, alice, vera, atelier):
    form = {"name": "Atelier Sud", "country": "FR", "description": "", "website": ""}
    assert client_of(vera).get(reverse("organisation-settings")).status_code == 200
    assert client_of(vera).post(reverse("organisation-settings"), form).status_code == 403
    client_of(alice).post(reverse("organisation-settings"), form)
    atelier.refresh_from_db()
    assert atelier.name == "Atelier Sud"


def test_switching_between_ones_own_organisations_only(client_of, alice, atelier):
    second = make_organisation("Second", owner=alice)
    foreign = make_organisation("Foreign", owner=make_person("olga"))
    client = client_of(alice)
    assert client.get(reverse("batches")).context["organisation"] == atelier
    client.post(reverse("organisation-switch", args=[second.public_id]))
    assert client.get(reverse("batches")).context["organisation"] == second
    assert client.post(reverse("organisation-switch", args=[foreign.public_id])).status_code == 404


# --- Team ------------------------------------------------------------------------------------------


def invite(client, email="new@example.test", role="editor"):
    return client.post(reverse("team-invite"), {"email": email, "role": role})


def test_an_invitation_is_mailed_and_taken_by_its_own_address_only(
    client_of, alice, atelier, charlie, client
):
    invite(client_of(alice), "Nina@Example.test")
    row = Invitation.objects.get()
    assert row.email == "nina@example.test"
    token = teams.token_of(row)
    assert token not in str(list(OutboxEvent.objects.values())) and row.token_hash != token
    address = reverse("invitation", args=[token])
    offer = client.get(address)
    assert offer.status_code == 200 and reverse("account_signup") in offer.content.decode()
    other = client_of(charlie).post(address)
    assert other.status_code == 403 and "nina@example.test" in other.content.decode()
    nina = make_person("nina")
    answer = client_of(nina).post(address)
    assert answer.url == reverse("batches")
    assert Membership.objects.get(user=nina).role == "editor"
    nina.refresh_from_db()
    assert nina.posts
    assert client_of(nina).post(address).status_code == 410  # once
    assert AuditEvent.objects.filter(tag="base:team:accept", actor_id=nina.pk).exists()


def test_an_invitation_ends_by_revoking_and_by_time(client_of, alice, clock):
    client = client_of(alice)
    invite(client)
    row = Invitation.objects.get()
    client.post(reverse("team-revoke"), {"invitation": row.pk})
    assert client.get(reverse("invitation", args=[teams.token_of(row)])).status_code == 410
    assert client.post(reverse("team-revoke"), {"invitation": row.pk}).status_code == 404
    invite(client)
    late = Invitation.objects.latest("pk")
    clock.forward(days=15)
    assert client.get(reverse("invitation", args=[teams.token_of(late)])).status_code == 410
    assert client.get(reverse("invitation", args=["0" * 64])).status_code == 404


@pytest.mark.parametrize(
    ("email", "role", "said"),
    [
        ("nonsense", "editor", "valid email"),
        ("a@example.test", "king", "valid choice"),
        ("alice@example.test", "viewer", "already belongs"),
        ("twice@example.test", "viewer", "still open"),
    ],
)
def test_invitations_that_cannot_stand_come_back_as_typed(client_of, alice, email, role, said):
    client = client_of(alice)
    invite(client, "twice@example.test")
    answer = invite(client, email, role)
    assert (
        answer.status_code in {400, 409}
        and said in answer.content.decode()
        and email in answer.content.decode()
    )
    assert Invitation.objects.count() == 1


def test_no_organisation_has_more_than_fifty_open_invitations(client_of, alice, atelier):
    for number in range(teams.MOST_OPEN_INVITATIONS):
        teams.invite(organisation=atelier, actor=alice, email=f"n{number}@example.test", role="viewer")
    with pytest.raises(teams.TooManyInvitations):
        teams.invite(organisation=atelier, actor=alice, email="more@example.test", role="viewer")


def test_roles_change_and_the_last_owner_stays(client_of, alice, vera, atelier):
    client = client_of(alice)
    me, her = alice.public_id, vera.public_id
    refused = client.post(reverse("team-role"), {"user": me, "role": "viewer"})
    assert refused.status_code == 409 and "last owner" in refused.content.decode()
    assert client.post(reverse("team-remove"), {"user": me}).status_code == 409
    client.post(reverse("team-role"), {"user": her, "role": "owner"})
    assert client.post(reverse("team-remove"), {"user": me}).status_code == 302
    assert list(atelier.memberships.values_list("user__name", "role")) == [("Vera", "owner")]
    alice.refresh_from_db()
    assert not alice.posts


def test_a_removed_member_loses_the_keys_of_this_organisation(client_of, alice, atelier, vera):
    from marketplace.base import keys

    key, _secret = keys.create(user=vera, organisation=atelier, name="x", scopes=["read"], days=30)
    client_of(alice).post(reverse("team-remove"), {"user": vera.public_id})
    key.refresh_from_db()
    assert key.revoked_at is not None
    assert client_of(vera).get(reverse("team")).url == reverse("organisation-new")


def test_only_owners_manage_the_team_and_everybody_may_leave(client_of, alice, vera):
    client = client_of(vera)
    page = client.get(reverse("team")).content.decode()
    assert "Send the invitation" not in page and alice.email not in page
    assert invite(client).status_code == 403
    for name in ("team-role", "team-remove", "team-revoke"):
        assert client.post(reverse(name), {"user": alice.public_id, "role": "viewer"}).status_code == 403
    assert client.post(reverse("team-remove"), {"user": vera.public_id}).status_code == 302
    assert not Membership.objects.filter(user=vera).exists()


# --- Keys ------------------------------------------------------------------------------------------


def test_a_key_is_shown_once_and_revoked(client_of, alice):
    client = client_of(alice)
    made = client.post(reverse("keys"), {"name": "nightly", "scopes": ["read", "write"], "days": "30"})
    secret = made.context["secret"]
    assert secret.startswith("tes_") and secret in made.content.decode()
    again = client.get(reverse("keys")).content.decode()
    assert secret not in again and "nightly" in again
    key = ApiKey.objects.get()
    client.post(reverse("key-revoke", args=[key.public_id]))
    key.refresh_from_db()
    assert key.revoked_at


@pytest.mark.parametrize(
    "changes", [{"name": ""}, {"scopes": []}, {"scopes": ["moderate"]}, {"days": "9999"}, {"name": "x" * 61}]
)
def test_a_key_that_cannot_stand_is_not_made(client_of, alice, changes):
    form = {"name": "kept", "scopes": ["read"], "days": "30"} | changes
    assert client_of(alice).post(reverse("keys"), form).status_code == 400 and not ApiKey.objects.exists()


def test_a_viewer_gets_no_key_that_writes_and_revokes_none_of_others(client_of, alice, vera):
    client = client_of(vera)
    refused = client.post(reverse("keys"), {"name": "x", "scopes": ["write"], "days": "30"})
    assert refused.status_code == 400 and "does not allow" in refused.content.decode()
    client_of(alice).post(reverse("keys"), {"name": "of alice", "scopes": ["read"], "days": "30"})
    key = ApiKey.objects.get()
    assert "of alice" not in client.get(reverse("keys")).content.decode()
    assert client.post(reverse("key-revoke", args=[key.public_id])).status_code == 404


# --- Funds -----------------------------------------------------------------------------------------


def test_funds_show_what_is_free_set_aside_and_spent(client_of, alice, atelier, bob):
    from tasks.services import reviews

    batch = market.open_batch(atelier, alice, rows=1, funds=100)
    answer = market.submitted(bob, batch)
    reviews.approve(batch=batch, assignments=[answer.pk], actor=alice)
    page = client_of(alice).get(reverse("funds"))
    standing = page.context["standing"]
    assert standing.available + standing.set_aside + standing.spent == 100 * EUR
    assert standing.spent == 650_000 + 130_000 + 26_000
    assert "Set aside" in page.content.decode() and "Is it the same?" in page.content.decode()


@pytest.mark.parametrize(
    ("typed", "micros"), [("500", 500 * EUR), ("499,50", 499_500_000), ("1 000.00", 1000 * EUR)]
)
def test_an_amount_as_a_person_types_it_becomes_a_deposit(client_of, alice, typed, micros):
    answer = client_of(alice).post(reverse("deposit"), {"amount": typed})
    deposit = Deposit.objects.get()
    assert deposit.amount_micros == micros and answer.url == deposit.pay_url


@pytest.mark.parametrize("typed", ["", "abc", "-5", "0", "0.005", "1e9", "99999999"])
def test_an_amount_that_is_none_comes_back_as_typed(client_of, alice, typed):
    answer = client_of(alice).post(reverse("deposit"), {"amount": typed})
    assert answer.status_code == 400 and not Deposit.objects.exists()
    assert not typed or f'value="{typed}"' in answer.content.decode()


def test_a_deposit_does_not_lead_to_foreign_pages(client_of, alice):
    from marketplace.web.views.funds import AFTER

    client = client_of(alice)
    client.post(reverse("deposit"), {"amount": "5", "next": "https://evil.example/"})
    assert AFTER not in client.session


def test_editors_see_the_funds_and_do_not_touch_them(client_of, atelier):
    eddy = make_person("eddy")
    join(atelier, eddy, "editor")
    page = client_of(eddy).get(reverse("funds"))
    assert page.status_code == 200 and "Go to the payment" not in page.content.decode()
    assert client_of(eddy).post(reverse("deposit"), {"amount": "5"}).status_code == 403
    assert client_of(eddy).post(reverse("repay")).status_code == 403


def test_finance_adds_funds(client_of, atelier):
    fred = make_person("fred")
    join(atelier, fred, "finance")
    assert client_of(fred).post(reverse("deposit"), {"amount": "5"}).status_code == 302


def test_an_advanced_top_up_is_shown_and_paid_back(client_of, alice, atelier, bob):
    from payments.services import earnings

    batch = market.open_batch(atelier, alice, rows=1, funds=3)
    answer = market.submitted(bob, batch)
    shortfall = earnings.shortfall_of(atelier)
    earnings.top_up(
        reference=f"{answer.public_id}:topup:1",
        worker_id=bob.pk,
        cap_year=answer.cap_year,
        parts=[(shortfall, EUR)],
    )
    client = client_of(alice)
    page = client.get(reverse("funds")).content.decode()
    assert "We paid the people €1.00" in page and "Pay €1.00 back" in page
    client.post(reverse("repay"))
    assert debts.owed(atelier) == 0
    assert (
        holdings.available(atelier) >= 0
        and "Pay €1.00 back" not in client.get(reverse("funds")).content.decode()
    )
    assert deposits.least() > 0


def test_the_history_goes_on_over_pages(client_of, alice, atelier):
    for _number in range(30):
        market.fund(atelier, 1)
    client = client_of(alice)
    first = client.get(reverse("funds"))
    assert len(first.context["lines"]) == 25
    assert len(client.get(first.context["older_url"]).context["lines"]) == 5
