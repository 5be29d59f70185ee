"""Steps 3 and 4 of a new batch through their pages: price, reach, what is missing, the money, publishing."""

import pytest
from django.urls import reverse

from tasks.models import Batch
from tasks.services import batches
from tests import market

pytestmark = pytest.mark.django_db


def at(name, batch):
    return reverse(name, args=[batch.public_id])


def prices_of(batch, **changes):
    usual = {
        "reward": "0,65",
        "estimated_seconds": "180",
        "overlap": "2",
        "time_limit_minutes": "30",
        "where": "all",
    }
    return usual | changes


def test_the_live_quote_stores_what_can_stand_and_shows_money_and_reach(client_of, alice, atelier, bob):
    batch = market.draft(atelier, alice, rows=10, reward_micros=0)
    answer = client_of(alice).post(at("batch-price", batch), prices_of(batch), headers={"HX-Request": "true"})
    text = answer.content.decode()
    assert "€13.00" in text and "€0.65" in text and "France" in text  # 10 rows × 2 people × 0.65
    assert "€13.00" in text.split("To the people who work")[1]
    batch.refresh_from_db()
    assert (batch.reward_micros, batch.overlap) == (650_000, 2)


def test_P1_at_64_cents_for_three_minutes_the_quote_names_france_as_missed_and_what_it_needs(
    client_of, alice, atelier, bob
):
    batch = market.draft(atelier, alice, rows=1)
    answer = client_of(alice).post(
        at("batch-price", batch), prices_of(batch, reward="0.64"), headers={"HX-Request": "true"}
    )
    assert [place.code for place in answer.context["missed"]] == ["FR"]
    assert answer.context["missed"][0].needed_micros == 650_000
    reached = client_of(alice).post(
        at("batch-price", batch), prices_of(batch), headers={"HX-Request": "true"}
    )
    assert reached.context["missed"] == [] and reached.context["reach"].workers == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reward": "12e3"}, "reward"),
        ({"reward": ""}, "reward"),
        ({"estimated_seconds": ""}, "estimated_seconds"),
        ({"estimated_seconds": "abc"}, "estimated_seconds"),
        ({"overlap": "0"}, "overlap"),
        ({"time_limit_minutes": "999999"}, "time_limit_minutes"),
        ({"where": "some"}, "countries"),
        ({"where": "some", "countries": ["XX"]}, "countries"),
    ],
)
def test_a_price_that_cannot_stand_comes_back_as_it_was_typed(client_of, alice, atelier, changes, field):
    batch = market.draft(atelier, alice, reward_micros=0)
    if field in {"reward", "estimated_seconds"}:
        batches.update_draft(batch=batch, actor=alice, estimated_seconds=0)
    answer = client_of(alice).post(at("batch-price", batch), prices_of(batch, **changes))
    assert answer.status_code == 400 and field in answer.context["form"].errors
    if changes.get("reward") == "12e3":
        assert 'value="12e3"' in answer.content.decode()


def test_a_price_typed_with_a_comma_or_a_point_is_the_same(client_of, alice, atelier):
    client, batch = client_of(alice), market.draft(atelier, alice, reward_micros=0)
    for text in ("0,12", "0.12", " 0,12 € "):
        answer = client.post(at("batch-price", batch), prices_of(batch, reward=text))
        assert answer.url == at("batch-review", batch)
        batch.refresh_from_db()
        assert batch.reward_micros == 120_000


def test_chosen_countries_are_kept_and_let_go_again(client_of, alice, atelier):
    client, batch = client_of(alice), market.draft(atelier, alice)
    client.post(at("batch-price", batch), prices_of(batch, where="some", countries=["FR", "BE"]))
    batch.refresh_from_db()
    assert batch.countries == ["BE", "FR"]
    client.post(at("batch-price", batch), prices_of(batch))
    batch.refresh_from_db()
    assert batch.countries is None


def test_W1_the_review_says_what_is_missing_and_where_to_put_it_right(client_of, alice, atelier):
    batch = market.draft(atelier, alice, rows=0, purpose="")
    page = client_of(alice).get(at("batch-review", batch)).content.decode()
    assert "people have a right to know" in page and at("batch-what", batch) in page
    assert "disabled" in page


def test_P4_missing_money_leads_to_a_deposit_that_comes_back(client_of, alice, atelier):
    from marketplace.web.views.funds import AFTER
    from payments.models import Deposit
    from payments.services import deposits

    client, batch = client_of(alice), market.draft(atelier, alice, rows=10)
    page = client.get(at("batch-review", batch))
    assert page.context["missing"] == page.context["quote"].total
    refused = client.post(at("batch-publish", batch))
    assert refused.status_code == 409 and "your funds hold" in refused.content.decode()
    form = client.get(page.context["deposit_url"])
    assert form.context["form"].initial["next"] == at("batch-review", batch)
    started = client.post(
        reverse("deposit"),
        {"amount": form.context["form"].initial["amount"], "next": form.context["form"].initial["next"]},
    )
    assert started.status_code == 302 and "/simulated/pay/" in started.url
    assert client.session[AFTER][1] == at("batch-review", batch)
    deposits.settle(Deposit.objects.get())
    assert client.get(reverse("funds")).url == at("batch-review", batch)
    assert client.get(reverse("funds")).status_code == 200  # once
    assert client.get(at("batch-review", batch)).context["missing"] == 0


def test_a_first_batch_is_looked_at_and_says_why_and_by_when(client_of, alice, atelier):
    market.fund(atelier)
    client, batch = client_of(alice), market.draft(atelier, alice)
    answer = client.post(at("batch-publish", batch))
    assert answer.url == at("batch", batch)
    page = client.get(answer.url).content.decode()
    assert "A moderator looks at it before it opens" in page and "first batch of this organisation" in page
    assert "at the latest" in page


def test_a_batch_of_a_known_organisation_opens_at_once(client_of, alice, atelier, clock):
    market.fund(atelier)
    atelier.trusted_at = clock.now()
    atelier.save()
    client, batch = client_of(alice), market.draft(atelier, alice)
    page = client.post(at("batch-publish", batch), follow=True).content.decode()
    assert "It is open." in page
    batch.refresh_from_db()
    assert batch.state == Batch.State.PUBLISHED
    assert client.get(at("batch-what", batch)).status_code == 409  # no draft any more


def test_a_draft_is_duplicated_and_thrown_away(client_of, alice, atelier):
    client, batch = client_of(alice), market.draft(atelier, alice, rows=2)
    client.post(at("batch-duplicate", batch))
    assert Batch.objects.count() == 2
    client.post(at("batch-discard", batch))
    assert Batch.objects.count() == 1 and not Batch.objects.filter(pk=batch.pk).exists()


def test_that_there_are_no_rows_is_said_beside_whatever_else_is_missing(client_of, alice, atelier):
    batch = market.draft(atelier, alice, rows=0, instructions="")
    text = client_of(alice).get(at("batch-review", batch)).content.decode()
    assert (
        "2 things are missing" in text
        and "This batch has no rows yet" in text
        and "Write instructions" in text
    )
