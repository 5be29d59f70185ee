"""News from Stripe: checked, written down once, followed later; in any order, doubled, late or lost."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from marketplace.base import clock as house_clock
from payments import gateways, webhooks
from payments.models import DepositState, ExternalEvent, GatewayPoll
from payments.services import deposits, events, holdings
from tests.stripe_deposits import EUR, paid, post, started, use


@pytest.fixture(autouse=True)
def stripe(stripe_world, settings, db):
    return use(stripe_world, settings)


@pytest.fixture
def deposit(stripe, atelier, alice):
    made = started(atelier, alice)
    stripe.pay(made.external_ref)
    return made


def completed(stripe):
    return next(event for event in stripe.events() if event["type"] == "checkout.session.completed")


class TestArriving:
    def test_an_event_is_written_down_and_only_then_followed(self, stripe, deposit, atelier):
        assert post(completed(stripe)) == 200
        row = ExternalEvent.objects.get()
        assert (row.gateway, row.kind, row.object_ref) == ("stripe", "deposit", deposit.public_id)
        assert holdings.available(atelier) == 0, "the answer is quick: a job asks Stripe"
        assert events.handle_waiting() == 1
        assert holdings.available(atelier) == 100 * EUR
        row.refresh_from_db()
        assert row.handled_at is not None

    def test_the_same_event_twice_is_one(self, stripe, deposit, atelier):
        assert [post(completed(stripe)) for _ in range(3)] == [200, 200, 200]
        assert ExternalEvent.objects.count() == 1
        assert [events.handle_waiting(), events.handle_waiting()] == [1, 0]
        assert holdings.available(atelier) == 100 * EUR

    def test_what_the_event_says_is_not_believed(self, stripe, settings, atelier, alice):
        from stripe import WebhookSignature

        started(atelier, alice)
        stripe.pay(stripe.objects("checkout.session")[0]["id"], "sepa_debit")
        told = json.loads(completed(stripe)["payload"])
        told["data"]["object"]["payment_status"] = "paid"
        lie = json.dumps(told)
        signature = WebhookSignature.generate_signature_header(lie, stripe.platform_secret)
        assert post({"endpoint": "platform", "payload": lie, "signature": signature}) == 200
        events.handle_waiting()
        assert holdings.available(atelier) == 0

    def test_an_event_that_means_nothing_to_us_is_kept_as_handled(self, stripe, deposit):
        of_no_matter = next(event for event in stripe.events() if event["type"] == "customer.created")
        assert post(of_no_matter) == 200
        row = ExternalEvent.objects.get()
        assert (row.kind, row.object_ref) == ("other", "")
        assert row.handled_at is not None

    def test_somebody_elses_objects_are_of_no_matter(self, stripe, deposit, atelier):
        client = stripe.client()
        client.v1.checkout.sessions.create({
            "mode": "payment",
            "client_reference_id": "dep_notours",
            "success_url": "https://x.example/",
            "line_items": [{"quantity": 1, "price_data": {
                "currency": "eur", "unit_amount": 500, "product_data": {"name": "x"}}}],
        })  # fmt: skip
        stripe.pay(stripe.objects("checkout.session")[-1]["id"])
        for event in stripe.events():
            assert post(event) == 200
        events.handle_waiting()
        assert not ExternalEvent.objects.filter(handled_at=None).exists()
        assert holdings.available(atelier) == 100 * EUR

    def test_while_stripe_does_not_answer_news_waits(self, stripe, deposit, atelier):
        post(completed(stripe))
        stripe.stop()
        try:
            assert events.handle_waiting() in {0, 1}
        finally:
            stripe.start()
        deposits.refresh_started()
        assert holdings.available(atelier) == 100 * EUR


class TestRefusing:
    def test_each_address_has_a_secret_of_its_own(self, stripe, deposit):
        event = completed(stripe)
        assert post({**event, "endpoint": "connect"}) == 400
        assert not ExternalEvent.objects.exists()

    @pytest.mark.parametrize(
        "signature", ["", "t=1,v1=00", "nonsense", "t=x,v1=é".encode("latin-1").decode("latin-1")]
    )
    def test_a_wrong_signature_is_refused(self, stripe, deposit, signature):
        assert post({**completed(stripe), "signature": signature}) == 400
        assert not ExternalEvent.objects.exists()

    def test_a_body_that_was_changed_is_refused(self, stripe, deposit):
        event = completed(stripe)
        assert post({**event, "payload": event["payload"].replace("paid", "paid ")}) == 400

    def test_a_signature_of_long_ago_is_refused(self, stripe, deposit):
        from stripe import WebhookSignature

        event = completed(stripe)
        old = int(house_clock.now().timestamp()) - 3600
        signature = WebhookSignature.generate_signature_header(event["payload"], stripe.platform_secret, old)
        assert post({**event, "signature": signature}) == 400

    @pytest.mark.parametrize("payload", ["[]", "{}", "null", "not json", '{"id": "evt_1", "type": "x"}', "7"])
    def test_what_is_signed_and_is_no_event_is_refused(self, stripe, payload):
        from stripe import WebhookSignature

        signature = WebhookSignature.generate_signature_header(payload, stripe.platform_secret)
        status = post({"endpoint": "platform", "payload": payload, "signature": signature})
        assert status == 400

    def test_a_body_that_is_too_large_is_not_even_read(self, stripe):
        large = "x" * (webhooks.MOST_BYTES + 1)
        assert post({"endpoint": "platform", "payload": large, "signature": "t=1,v1=00"}) == 413

    def test_bytes_that_are_no_text_are_refused(self, stripe):
        answer = Client().post(
            reverse("webhook-stripe"), b"\xff\xfe", content_type="application/json",
            headers={"Stripe-Signature": "t=1,v1=00"},
        )  # fmt: skip
        assert answer.status_code == 400

    def test_only_posts_are_taken(self, stripe):
        assert Client().get(reverse("webhook-stripe")).status_code == 405

    @pytest.mark.parametrize("missing", ["STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"])
    def test_without_keys_the_address_is_not_there(self, stripe, settings, deposit, missing):
        event = completed(stripe)
        setattr(settings, missing, "")
        assert post(event) == 404


class TestLost:
    def test_what_never_came_is_asked_for(self, stripe, deposit, atelier):
        assert events.poll() > 0
        assert events.handle_waiting() > 0
        assert holdings.available(atelier) == 100 * EUR
        assert events.poll() == 0

    def test_the_next_question_begins_where_the_last_answer_ended_not_at_the_last_event(
        self, stripe, atelier, alice, clock
    ):
        """An event that came by itself must not hide an earlier one that was lost."""
        events.poll()
        asked = GatewayPoll.objects.get(gateway="stripe").polled_at
        lost = started(atelier, alice, 10)
        stripe.pay(lost.external_ref)
        clock.forward(minutes=40)
        stripe.forward(minutes=40)
        other = started(atelier, alice, 20)
        stripe.pay(other.external_ref)
        post([event for event in stripe.events() if event["type"] == "checkout.session.completed"][-1])
        stripe.fault("error_before", "/v1/events", method="GET")
        events.poll()
        assert GatewayPoll.objects.get(gateway="stripe").polled_at == asked, "no answer is no look"
        events.poll()
        events.handle_waiting()
        assert {lost.state, other.state} == {DepositState.STARTED}
        lost.refresh_from_db(), other.refresh_from_db()
        assert {lost.state, other.state} == {DepositState.SETTLED}

    def test_more_than_a_page_of_news_is_read_whole(self, stripe, atelier, alice, monkeypatch):
        monkeypatch.setattr("payments.gateways.stripe_in.PAGE", 3)
        made = [started(atelier, alice, 10) for _ in range(4)]
        for each in made:
            stripe.pay(each.external_ref)
        keys = {
            news.key for news in gateways.by_name("stripe").news(since=house_clock.now().replace(year=2020))
        }
        assert keys >= {each.public_id for each in made}

    def test_movements_name_our_keys(self, stripe, atelier, alice):
        deposit = paid(stripe, atelier, alice)
        moved = list(gateways.by_name("stripe").movements(since=house_clock.now().replace(year=2020)))
        assert [(m.kind, m.amount_micros, m.key) for m in moved] == [
            ("charge", 100 * EUR, deposit.public_id),
            ("fee", -1_750_000, deposit.public_id),
        ]
