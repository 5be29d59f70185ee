"""Workers' accounts at a gateway that pays in parts: made, looked at again, and told about.

What the gateway says is fetched, never believed from news or from a browser that comes back. A worker is payable only
while transfers to the account are active, its own payouts are enabled, and nothing disables it.
"""

import datetime as dt
import logging
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q

from marketplace.base import audit, clock, clockwork, notices
from marketplace.base.models import User
from payments import gateways
from payments.errors import AccountNotReady, GatewayAway, NoPayoutWay, PayeeMissing
from payments.gateways import Account, Gateway, Transfers
from payments.models import ConnectedAccount, Payee
from payments.services import ways

log = logging.getLogger(__name__)
GONE = "gone"  # our word for an account whose owner, or the gateway, closed it to us
_CLOSED_TO_US = frozenset({"account_invalid", "resource_missing"})
LOOK_AGAIN = dt.timedelta(hours=1)  # at one that is not ready, should its news be lost
LOOK_DAILY = dt.timedelta(days=1)
PATIENCE = dt.timedelta(seconds=10)  # a page that is reloaded asks the gateway no more often than this

READY = Q(account_ref__isnull=False, transfers_active=True, payouts_enabled=True, disabled_reason="")


def of(user: User) -> ConnectedAccount | None:
    """The worker's account, None while there is none."""
    return ConnectedAccount.objects.filter(user=user).first()


def has_account(user_id: int) -> bool:
    """Whether the worker ever began an account that is still theirs here."""
    return ConnectedAccount.objects.filter(user_id=user_id, account_ref__isnull=False).exists()


def way(payee: Payee | None) -> Gateway | None:
    """The gateway that a worker needs an account with; None for those who are paid without one."""
    gateway = ways.of_payee(payee) if payee else None
    return gateway if gateway and gateway.payout_style == "parts" else None


def prepare(*, payee: Payee) -> ConnectedAccount | None:
    """The row of a worker who needs an account, made or moved to another country; None for who needs none.

    Calls nobody. An account can't move: after another country, or once it is closed to us, it is made anew (the old
    one stays with its owner), and payouts rest as after any change of where the money goes.
    """
    gateway = way(payee)
    if gateway is None:
        return None
    row = ConnectedAccount(
        user_id=payee.user_id, gateway=gateway.name, country=payee.country, created_at=clock.now()
    )
    ConnectedAccount.objects.bulk_create([row], ignore_conflicts=True)
    over = Q(user_id=payee.user_id) & (~Q(country=payee.country) | Q(disabled_reason=GONE))
    if ConnectedAccount.objects.filter(over, account_ref__isnull=False).exists():
        Payee.objects.filter(pk=payee.pk).update(destination_changed_at=clock.now())
    ConnectedAccount.objects.filter(over).update(
        country=payee.country,
        account_ref=None,
        transfers_active=False,
        payouts_enabled=False,
        disabled_reason="",
        requirements_due=[],
        requirements_deadline=None,
        under_review=False,
        last_bank_failure="",
        below_zero_micros=0,
        created_at=clock.now(),
        asked_at=None,
    )
    return ConnectedAccount.objects.get(user_id=payee.user_id)


def onboarding(*, user: User, actor: User, return_url: str, again_url: str) -> str:
    """The address where the worker answers the gateway's questions: good once, and for minutes.

    Makes the account where there is none. Must not be inside a transaction. Raises PayeeMissing, NoPayoutWay for who
    needs no account, GatewayAway.
    """
    payee = Payee.objects.filter(user=user).first()
    if payee is None:
        raise PayeeMissing
    account = prepare(payee=payee)
    if account is None:
        raise NoPayoutWay
    gateway = _gateway(account)
    try:
        reference = account.account_ref or _open(account, gateway, actor)
        return gateway.account_page(account_ref=reference, return_url=return_url, again_url=again_url)
    except (gateways.GatewayUnreachable, gateways.GatewayRefused) as problem:
        log.warning("account_page_failed", extra={"account": account.public_id, "code": str(problem)})
        raise GatewayAway from None


def _open(account: ConnectedAccount, gateway: Transfers, actor: User) -> str:
    """Ask the gateway for the account; its key is our row's and when it was begun, so two calls make one."""
    key = f"{account.public_id}:{account.created_at:%Y%m%d%H%M%S%f}"
    made = gateway.open_account(key=key, country=account.country)
    with transaction.atomic(durable=True):
        ours = ConnectedAccount.objects.filter(
            pk=account.pk, account_ref__isnull=True, country=account.country
        )
        if ours.update(account_ref=made):
            audit.record("payments:account:open", account.public_id, actor=actor)
    return made


def refresh(account: ConnectedAccount) -> ConnectedAccount:
    """Ask the gateway what the account is now, and tell its owner what changed. No answer changes nothing.

    Must not be inside a transaction.
    """
    if account.account_ref is None:
        return account
    asked_at = clock.now()
    try:
        now = _gateway(account).account_status(account_ref=account.account_ref)
    except gateways.GatewayRefused as refusal:
        if refusal.code not in _CLOSED_TO_US:  # our own fault, or news to us: nothing is decided by it
            log.error("account_not_told", extra={"account": account.public_id, "code": refusal.code})
            return account
        now = Account(account.country, False, False, disabled_reason=GONE)
    except gateways.GatewayUnreachable:
        log.warning("account_unreachable", extra={"account": account.public_id})
        return account
    with transaction.atomic():
        _follow(account, now, asked_at)
    account.refresh_from_db()
    return account


def look(account: ConnectedAccount) -> ConnectedAccount:
    """`refresh` for a page: not again within a few seconds."""
    return account if asked_just_now(account) else refresh(account)


def asked_just_now(account: ConnectedAccount) -> bool:
    """Whether the gateway has said within the last seconds how the account is."""
    return bool(account.asked_at and clock.now() - account.asked_at < PATIENCE)


def refresh_named(reference: str) -> None:
    """Look at the account that news was about, by the gateway's name; somebody else's is left alone."""
    account = ConnectedAccount.objects.filter(account_ref=reference).first()
    if account is None:
        log.warning("news_about_no_account_of_ours")
        return
    refresh(account)


def refresh_due(*, limit: int = 200) -> dict[str, int]:
    """Look at accounts whose news may have been lost; figures {looked_at, ready}."""
    now = clock.now()
    due = ConnectedAccount.objects.filter(account_ref__isnull=False).filter(
        Q(asked_at__isnull=True)
        | Q(asked_at__lt=now - LOOK_DAILY)
        | ~READY & Q(asked_at__lt=now - LOOK_AGAIN)
    )
    chosen = list(due.order_by("asked_at")[:limit])
    ready = clockwork.each(chosen, lambda account: refresh(account).can_be_paid)
    return {"looked_at": len(chosen), "ready": ready}


def ready(user_ids: Iterable[int]) -> set[int]:
    """Those of these workers whose account can take money now, as far as we know."""
    found = ConnectedAccount.objects.filter(READY, user_id__in=list(user_ids))
    return set(found.values_list("user_id", flat=True))


def require(payee: Payee) -> None:
    """Raises AccountNotReady for a worker who needs an account and whose account can't take money now."""
    if way(payee) and not ready([payee.user_id]):
        raise AccountNotReady


def not_ready(payees: Iterable[Payee]) -> set[int]:
    """The workers among these who need an account that can take money, and have none."""
    needing = {payee.user_id for payee in payees if way(payee)}
    return needing - ready(needing) if needing else set()


def tell_not_ready(user_ids: Iterable[int]) -> None:
    """Tell workers, once in a month, that their money waits for their account."""
    for user_id in sorted(user_ids):
        notices.tell(user_id, "account_wanted", f"{clock.today():%Y-%m}")


def _follow(account: ConnectedAccount, now: Account, asked_at: dt.datetime) -> None:
    """Keep what the gateway said, unless a later word is kept already; tell what changed."""
    before = ConnectedAccount.objects.select_for_update(no_key=True).get(pk=account.pk)
    if before.account_ref != account.account_ref or (before.asked_at and before.asked_at > asked_at):
        return
    after = {
        "transfers_active": now.transfers_active,
        "payouts_enabled": now.payouts_enabled,
        "disabled_reason": now.disabled_reason[:80],
        "requirements_due": list(now.requirements_due)[:50],
        "requirements_deadline": now.requirements_deadline,
        "under_review": now.under_review,
        "below_zero_micros": now.below_zero_micros,
        "last_bank_failure": now.bank_failure[:60],
        "asked_at": asked_at,
    }
    ConnectedAccount.objects.filter(pk=account.pk).update(**after)
    account.refresh_from_db()
    _tell_changes(before, account, now)


def _tell_changes(before: ConnectedAccount, account: ConnectedAccount, now: Account) -> None:
    asked_at = account.asked_at
    assert asked_at
    if account.can_be_paid and not before.can_be_paid:
        # As good as new details: what was refused before is paid out by the calendar again.
        Payee.objects.filter(user_id=account.user_id).update(updated_at=asked_at)
    if account.can_be_paid != before.can_be_paid:
        kind = "account_ready" if account.can_be_paid else "account_lost"
        audit.record(f"payments:account:{kind.removeprefix('account_')}", account.public_id, actor=None)
        _tell(account, kind, f"{asked_at.timestamp():.0f}")
    elif account.requirements_due and account.requirements_deadline and not before.requirements_deadline:
        _tell(account, "account_asked", f"{account.requirements_deadline:%Y-%m-%d}")
    if now.bank_failure and now.bank_failure_ref:
        _tell(account, "account_bank_failed", now.bank_failure_ref)


def _tell(account: ConnectedAccount, kind: str, once: str) -> None:
    notices.tell(account.user_id, kind, f"{account.public_id}:{once}", account=account.public_id)


def _gateway(account: ConnectedAccount) -> Transfers:
    found = gateways.by_name(account.gateway)
    assert isinstance(found, Transfers)
    return found
