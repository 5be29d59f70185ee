"""Stripe as our tests see it: the fake of tests/contract/stripe in a process of its own, and the levers behind it.

`stripe_world` is fresh for each test. What the fake answers and tells is checked against Stripe's own document: a test
in which it did not keep to it fails at its end.
"""

import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode

import pytest

if TYPE_CHECKING:
    import stripe

ROOT = Path(__file__).resolve().parent.parent
KEY = "sk_test_tessera_fake"
Method = Literal["card", "sepa_debit", "customer_balance"]


class Refused(Exception):
    """The control plane could not do that."""


class StripeWorld:
    """The process, its address, and a function for each thing that payers, banks and Stripe do."""

    key = KEY
    platform_secret = "whsec_fake_platform"
    connect_secret = "whsec_fake_connect"

    def __init__(self, storage: Path) -> None:
        self.storage, self.port = storage, 0
        self.process: subprocess.Popen[str] | None = None

    # --- The process -----------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Raises AssertionError when it does not come up."""
        command = [sys.executable, "-m", "tests.contract.stripe.server", "--port", str(self.port)]
        command += ["--with-parent"]  # a run that is killed leaves nothing behind
        self.process = subprocess.Popen(
            [*command, "--storage", str(self.storage)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        said = self.process.stdout.readline().split()
        assert said[:1] == ["ready"], "the fake of Stripe did not start"
        self.port = int(said[1])

    def stop(self) -> None:
        """By its process, at once: nothing is lost that was answered."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            assert self.process.stdout is not None
            self.process.stdout.close()
            self.process = None

    def restart(self) -> None:
        """Killed, and started again at the same address with the same storage."""
        self.stop()
        self.start()

    def client(self, *, retries: int = 0, key: str = KEY) -> "stripe.StripeClient":
        """The official client. Its own retries are off, so that a test sees each call."""
        import stripe

        return stripe.StripeClient(key, base_addresses={"api": self.url}, max_network_retries=retries)

    # --- Talking to the control plane ------------------------------------------------------------------

    def do(self, step: str, **given: Any) -> Any:
        """Any step of tests/contract/stripe/control.py. Raises Refused."""
        return self._ask(step, json.dumps(given).encode())

    def look(self, name: str, **query: str) -> Any:
        return self._ask(f"{name}?{urlencode(query)}", None)

    def _ask(self, path: str, data: bytes | None) -> Any:
        request = urllib.request.Request(f"{self.url}/control/{path}", data=data)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise Refused(json.load(error)["error"]["message"]) from None

    # --- Payers and banks ------------------------------------------------------------------------------

    def pay(self, session: str, method: Method = "card", *, does: str = "pay") -> str:
        """Pay a checkout session: "paid", "unpaid" (on its way: `settle` or `fail` it) or the code of a declined card.

        `does`: pay, pay_at_once (available at once), card_declined, insufficient_funds, expired_card,
        authentication_required.
        """
        return str(self.do("pay", session=session, method=method, does=does)["outcome"])

    def settle(self, payment: str, *, cents: int | None = None) -> None:
        """Money on its way arrives; `payment`: a session, an intent or a charge. `cents`: a part of a bank transfer."""
        self.do("settle", payment=payment, amount=cents)

    def fail(self, payment: str, code: str = "insufficient_funds") -> None:
        self.do("fail", payment=payment, code=code)

    def behave(self, method: str, does: str) -> None:
        """What becomes of the next payments with a saved payment method; `does` as for `pay`."""
        self.do("behave", method=method, does=does)

    def fees_later(self, *, on: bool = True) -> None:
        """Charges succeed without a balance transaction, until `book_fees`."""
        self.do("fees_later", on=on)

    def book_fees(self) -> int:
        return int(self.do("book_fees"))

    def topup(self, cents: int) -> None:
        """Put money on the platform's balance, available at once."""
        self.do("topup", amount=cents)

    def settle_refund(self, refund: str) -> None:
        self.do("settle_refund", refund=refund)

    def fail_refund(self, refund: str, reason: str = "unknown") -> None:
        self.do("fail_refund", refund=refund, reason=reason)

    def dispute(
        self, charge: str, *, cents: int | None = None, reason: str = "fraudulent", fee: int = 2000
    ) -> str:
        """The dispute's id."""
        return str(self.do("dispute", charge=charge, amount=cents, reason=reason, fee=fee)["id"])

    def close_dispute(self, dispute: str, *, won: bool, fee_back: int = 0) -> None:
        self.do("close_dispute", dispute=dispute, won=won, fee_back=fee_back)

    # --- Connected accounts ----------------------------------------------------------------------------

    def onboard(self, account: str, *, iban_end: str = "3000", bank_country: str = "FR") -> None:
        """The owner answered everything: transfers active, payouts on."""
        self.do("onboard", account=account, iban_end=iban_end, bank_country=bank_country)

    def restrict(
        self,
        account: str,
        *,
        due: list[str] | None = None,
        reason: str | None = None,
        deadline_in: int | None = None,
        transfers: Literal["active", "inactive", "pending"] | None = None,
        payouts: bool | None = None,
    ) -> None:
        self.do(
            "restrict",
            account=account,
            due=due,
            reason=reason,
            deadline_in=deadline_in,
            transfers=transfers,
            payouts=payouts,
        )

    def adjust(self, cents: int, account: str = "") -> None:
        """Stripe corrects a balance, also below zero: of a connected account, or of the platform."""
        self.do("adjust", amount=cents, account=account)

    def deauthorize(self, account: str) -> None:
        self.do("deauthorize", account=account)

    def payout(self, account: str = "", *, cents: int | None = None) -> str:
        """Stripe sends what is available to the bank; the payout's id. Without an account: the platform's."""
        return str(self.do("payout", account=account, amount=cents)["id"])

    def pay_payout(self, payout: str) -> None:
        self.do("pay_payout", payout=payout)

    def fail_payout(self, payout: str, code: str = "account_closed") -> None:
        self.do("fail_payout", payout=payout, code=code)

    # --- The clock, faults, webhooks -------------------------------------------------------------------

    def forward(self, **duration: float) -> int:
        """Later, said as for `timedelta`; the fake's time, in seconds since 1970."""
        return int(self.do("clock", advance=dt.timedelta(**duration).total_seconds()))

    def shift_to(self, seconds: float) -> None:
        """As `marketplace.base.clock.shift_to`: so far from real time."""
        self.do("clock", shift=seconds)

    def follow_house_clock(self) -> None:
        """The fake's time is Tessera's from now on, wherever a test moves it. Webhooks are signed by real time."""
        self.do("follow_clock", file=os.environ["TESSERA_CLOCK_FILE"])

    def fault(
        self,
        mode: str,
        path: str = "",
        *,
        method: str = "",
        times: int | None = None,
        skip: int = 0,
        probability: float | None = None,
        seed: int = 0,
        seconds: float = 0.5,
    ) -> None:
        """See tests/contract/stripe/faults.py; `path` as in Stripe's document, e.g. /v1/transfers."""
        order: dict[str, Any] = {"mode": mode, "path": path, "method": method, "times": times, "skip": skip}
        self.do("fault", **order, probability=probability, seed=seed, seconds=seconds)

    def clear_faults(self) -> None:
        self.do("clear_faults")

    def search_lag(self, seconds: int) -> None:
        self.do("search_lag", seconds=seconds)

    def hooks(self, **settings: Any) -> None:
        """platform_url, connect_url, hold, twice, before_answer: see tests/contract/stripe/deliveries.py."""
        self.do("hooks", **settings)

    def deliver(
        self, *, shuffle: int | None = None, again: bool = False, types: list[str] | None = None
    ) -> int:
        """Deliver over HTTP all that waits, now; how many."""
        return int(self.do("deliver", shuffle=shuffle, again=again, types=types))

    def deliveries(self) -> list[dict[str, Any]]:
        return list(self.look("deliveries"))

    def events(self, *, after: int = 0) -> list[dict[str, Any]]:
        """To deliver oneself, oldest first, after number `after`: {seq, endpoint, type, payload, signature}."""
        return list(self.look("events", after=str(after)))

    # --- What was done ---------------------------------------------------------------------------------

    def effects(self, path: str, *, method: str = "POST", key: str | None = None) -> int:
        """How often calls of `path` really did something, e.g. effects("/v1/transfers")."""
        return self._sum("effects", path, method, key)

    def calls(self, path: str, *, method: str = "POST", key: str | None = None) -> int:
        """How often `path` was called, answered or not."""
        return self._sum("calls", path, method, key)

    def counts(self) -> list[dict[str, Any]]:
        """{method, path, key, account, calls, effects, replays, lost} of each."""
        return list(self.look("counts"))

    def _sum(self, column: str, path: str, method: str, key: str | None) -> int:
        rows = [row for row in self.counts() if (row["path"], row["method"]) == (path, method)]
        return sum(row[column] for row in rows if key is None or row["key"] == key)

    def objects(self, kind: str) -> list[dict[str, Any]]:
        """All objects of a kind, whosever they are, oldest first."""
        return list(self.look("objects", kind=kind))

    def problems(self) -> list[str]:
        """Where the fake did not keep to Stripe's document."""
        return list(self.look("problems"))


@pytest.fixture(scope="session")
def stripe_process() -> Iterator[StripeWorld]:
    with tempfile.TemporaryDirectory(prefix="stripe-fake-") as folder:
        world = StripeWorld(Path(folder) / f"{os.getpid()}.sqlite")
        world.start()
        yield world
        world.stop()


@pytest.fixture
def stripe_world(stripe_process: StripeWorld) -> Iterator[StripeWorld]:
    """A fake of Stripe in which nothing has happened yet."""
    if stripe_process.process is None:
        stripe_process.start()
    stripe_process.do("reset")
    yield stripe_process
    if stripe_process.process is None:
        stripe_process.start()
    assert not stripe_process.problems(), stripe_process.problems()
