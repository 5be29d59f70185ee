"""The account that a worker is paid through, where their way is a provider that pays accounts."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from marketplace.base import countries
from marketplace.base.errors import Refusal
from marketplace.base.models import User
from marketplace.base.views import render, worker_page
from marketplace.web import confirm
from payments import requirements
from payments.models import ConnectedAccount, Payee
from payments.services import connected, payees, ways
from tasks.selectors import board

# Where the owner of an account signs in at the provider, to change a bank account for instance.
SIGN_IN = "https://connect.stripe.com/express_login"
# Reasons that the page's own words for the state say already.
_SAID_ANYWAY = {"requirements.pending_verification"}


@dataclass(frozen=True)
class Status:
    """What the page says. `state`: details (who we pay is not known), elsewhere (no account is needed), nowhere, new,
    asked, review, ready, stopped. `unanswered`: the provider was asked just now, and did not answer."""

    state: str
    missing: list[Any] = field(default_factory=list)
    deadline: dt.datetime | None = None
    why: Any = ""
    bank_failure: Any = ""
    below_zero_micros: int = 0
    asked_at: dt.datetime | None = None
    unanswered: bool = False
    late: bool = False  # the day for what is missing is over

    @property
    def stands_in_the_way(self) -> bool:
        """Whether no payout can leave before something is done here."""
        return self.state in {"new", "asked", "review", "stopped"}

    @property
    def begun(self) -> bool:
        """Whether there is an account that the provider may ask something about."""
        return self.state in {"asked", "review", "ready"}


def status(payee: Payee | None, account: ConnectedAccount | None, *, unanswered: bool = False) -> Status:
    """The state of a worker's account, from what is stored; asks nobody."""
    if payee is None:
        return Status("details")
    if connected.way(payee) is None:
        return Status("elsewhere" if ways.of_payee(payee) else "nowhere")
    if account is None or account.account_ref is None or account.country != payee.country:
        return Status("new", unanswered=unanswered)
    if account.disabled_reason == connected.GONE:
        return Status("new", why=requirements.disabled(account.disabled_reason))
    # Who never came to the end of Stripe's pages has agreed to nothing yet: Stripe calls all of it past due from the
    # first minute, and nobody is late with what they have just begun.
    is_begun = any(code.startswith("tos_acceptance") for code in account.requirements_due)
    is_late = account.disabled_reason == "requirements.past_due" and not is_begun
    is_said = account.disabled_reason in _SAID_ANYWAY or (
        is_begun and not account.disabled_reason.startswith("rejected.")
    )
    return Status(
        _state(account),
        missing=requirements.asked(account.requirements_due),
        deadline=account.requirements_deadline,
        why="" if is_said else requirements.disabled(account.disabled_reason),
        bank_failure=requirements.bank(account.last_bank_failure),
        below_zero_micros=account.below_zero_micros,
        asked_at=account.asked_at,
        unanswered=unanswered,
        late=is_late,
    )


def of(user: User, payee: Payee | None) -> Status | None:
    """What other pages show of it; None for who needs no such account."""
    return status(payee, connected.of(user)) if connected.way(payee) else None


def _state(account: ConnectedAccount) -> str:
    if account.can_be_paid:
        return "ready"
    if account.disabled_reason.startswith("rejected."):
        return "stopped"
    if account.requirements_due or not (account.under_review or account.disabled_reason):
        return "asked"
    return "review"


@require_safe
@worker_page
def connect(request: HttpRequest) -> HttpResponse:
    """How things stand. Coming back from the provider (`?back`) asks it anew, since coming back proves nothing."""
    user = request.user
    assert isinstance(user, User)
    return _page(request, user, ask="back" in request.GET or "look" in request.GET)


@require_POST
@worker_page
def start(request: HttpRequest) -> HttpResponse:
    """Make the account if there is none, and lead to the provider's own page by a link that is good once.

    There it is said where the money goes: so who comes has just proved who they are, as for an account number here.
    """
    user = request.user
    assert isinstance(user, User)
    if not confirm.recently(request):
        return HttpResponseRedirect(confirm.address(request, back=reverse("connect")))
    here = request.build_absolute_uri(reverse("connect"))
    try:
        url = connected.onboarding(
            user=user, actor=user, return_url=f"{here}?back", again_url=f"{here}?again"
        )
    except Refusal as refused:
        return _page(request, user, refused=refused)
    # Not a redirect: what a form is answered with may lead nowhere but to this site (content security policy).
    response = render(request, "payments/connect_go.html", {"url": url, "due_micros": board.due(user)})
    response["Refresh"] = f"0; url={url}"
    return response


def _page(
    request: HttpRequest, user: User, *, ask: bool = False, refused: Refusal | None = None
) -> HttpResponse:
    payee, account = payees.of(user), connected.of(user)
    unanswered = False
    if ask and account and account.account_ref:
        before = account.asked_at
        account = connected.look(account)
        unanswered = account.asked_at == before and not connected.asked_just_now(account)
    context = {
        "status": status(payee, account, unanswered=unanswered),
        "country": countries.name(payee.country) if payee else "",
        "again": "again" in request.GET,
        "back": "back" in request.GET,
        "refused": refused,
        "sign_in": SIGN_IN,
        "due_micros": board.due(user),
    }
    return render(request, "payments/connect.html", context, status=refused.status if refused else 200)


@require_safe
def reach(request: HttpRequest) -> HttpResponse:
    """Which way out there is, country by country: open to everybody, before they sign up."""
    by_way, without = ways.by_country()
    context = {
        "reached": [(way, [countries.name(code) for code in codes]) for way, codes in by_way],
        "without": [countries.name(code) for code in without],
    }
    return render(request, "payments/ways.html", context)
