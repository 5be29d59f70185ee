"""Webhooks: signed, to two endpoints, twice, late, in another order, before the answer."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import stripe

from tests.contract.stripe import steps
from tests.stripe_world import StripeWorld


class Receiver(ThreadingHTTPServer):
    """Takes webhooks at /platform and /connect; `status` is what it answers."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.got: list[tuple[str, str, str]] = []  # (path, body, signature)
        self.status = 200
        self.ask: Any = None

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}{path}"

    def types(self) -> list[str]:
        return [json.loads(body)["type"] for _path, body, _signature in self.got]


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.got.append((self.path, body, self.headers["Stripe-Signature"]))
        if self.server.ask:
            self.server.ask()
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *values: Any) -> None:
        pass


@pytest.fixture
def receiver(stripe_world: StripeWorld) -> Iterator[Receiver]:
    made = Receiver()
    threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    stripe_world.hooks(platform_url=made.url("/platform"), connect_url=made.url("/connect"))
    yield made
    made.shutdown()
    made.server_close()


def test_events_go_to_their_endpoint_with_a_signature_that_verifies(
    stripe_world: StripeWorld, receiver: Receiver
) -> None:
    account = steps.worker(stripe_world)
    steps.paid(stripe_world)
    stripe_world.deliver()
    secrets = {"/platform": stripe_world.platform_secret, "/connect": stripe_world.connect_secret}
    for path, body, signature in receiver.got:
        event = stripe.Webhook.construct_event(body, signature, secrets[path])
        assert (getattr(event, "account", None) == account) == (path == "/connect")
        other = secrets["/connect" if path == "/platform" else "/platform"]
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(body, signature, other)
    assert {path for path, _body, _signature in receiver.got} == {"/platform", "/connect"}
    assert "checkout.session.completed" in receiver.types()


def test_events_come_by_themselves_and_in_order(stripe_world: StripeWorld, receiver: Receiver) -> None:
    steps.paid(stripe_world)
    stripe_world.deliver()  # waits for the one that is just being delivered
    assert receiver.types() == [event["type"] for event in stripe_world.events()]


def test_held_events_come_late_shuffled_by_seed_and_again(
    stripe_world: StripeWorld, receiver: Receiver
) -> None:
    stripe_world.hooks(hold=True)
    steps.paid(stripe_world)
    assert receiver.got == []
    in_order = [event["type"] for event in stripe_world.events()]
    assert stripe_world.deliver(shuffle=3) == len(in_order)
    first = receiver.types()
    assert first != in_order and sorted(first) == sorted(in_order)
    receiver.got.clear()
    stripe_world.deliver(shuffle=3, again=True)
    assert receiver.types() == first
    assert stripe_world.deliver() == 0


def test_each_event_comes_twice_when_told(stripe_world: StripeWorld, receiver: Receiver) -> None:
    stripe_world.hooks(twice=True)
    steps.paid(stripe_world)
    stripe_world.deliver()
    bodies = [body for _path, body, _signature in receiver.got]
    assert len(bodies) == 2 * len(set(bodies)) == 2 * len(stripe_world.events())


def test_an_event_can_come_before_the_answer_and_its_receiver_may_ask(
    stripe_world: StripeWorld, receiver: Receiver
) -> None:
    to = steps.worker(stripe_world)
    stripe_world.topup(1_000)
    stripe_world.deliver()
    receiver.got.clear()
    stripe_world.hooks(before_answer=True)
    client, seen = stripe_world.client(), []
    receiver.ask = lambda: seen.append(len(client.v1.transfers.list().data))
    steps.transfer(stripe_world.client(), to)
    assert (receiver.types(), seen) == (["transfer.created"], [1])


def test_an_answer_that_is_lost_still_has_its_event(stripe_world: StripeWorld, receiver: Receiver) -> None:
    to = steps.worker(stripe_world)
    stripe_world.topup(1_000)
    stripe_world.fault("timeout_after", "/v1/transfers")
    with pytest.raises(stripe.APIConnectionError):
        steps.transfer(stripe_world.client(), to)
    stripe_world.deliver()
    assert receiver.types()[-1] == "transfer.created"


def test_what_a_receiver_refuses_is_delivered_again_later(
    stripe_world: StripeWorld, receiver: Receiver
) -> None:
    receiver.status = 500
    client = stripe_world.client()
    client.v1.customers.create({"name": "Atelier"})
    stripe_world.deliver()
    assert {row["state"] for row in stripe_world.deliveries()} == {"failed"}
    assert client.v1.events.list().data[0].pending_webhooks == 1
    receiver.status = 200
    stripe_world.deliver()
    assert {(row["state"], row["status"]) for row in stripe_world.deliveries()} == {("delivered", 200)}
    assert client.v1.events.list().data[0].pending_webhooks == 0


def test_events_can_be_listed_by_type_and_fetched(stripe_world: StripeWorld) -> None:
    client = stripe_world.client()
    account = steps.worker(stripe_world)
    steps.paid(stripe_world)
    some = client.v1.events.list({"types": ["checkout.session.completed", "charge.*"], "limit": 1})
    assert [event.type for event in some.auto_paging_iter()] == [
        "checkout.session.completed",
        "charge.succeeded",
    ]
    one = client.v1.events.list({"type": "charge.succeeded"}).data[0]
    assert client.v1.events.retrieve(one.id).data.object["status"] == "succeeded"
    theirs = client.v1.events.list(None, {"stripe_account": account}).data
    assert {event.type for event in theirs} == {"account.updated", "capability.updated"}
    stripe_world.forward(days=31)
    assert client.v1.events.list().data == []
