"""What stays open to somebody whose account a moderator has closed, or who has not agreed to the terms in force: their
money, their data, reasons and complaints, and the work they hold (charter M4, M12).

Costs no query for everybody else: the person's row, which each page reads anyway, says whether there is anything to
look for.
"""

from collections.abc import Callable

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from marketplace.base.models import User
from marketplace.base.views import go
from workers.services import restrictions

from . import terms

Next = Callable[[HttpRequest], HttpResponseBase]
# Log-in and security, language, public pages, what is one's own, and work that was begun.
OPEN = (
    "/accounts/", "/i18n/", "/demo/mail/", "/mail/stop/", "/static/", "/manifest.webmanifest", "/service-worker.js",
    "/offline/", "/charter/", "/terms/", "/privacy/", "/transparency/", "/help-fund/", "/ways/", "/certificates/",
    "/.well-known/", "/report", "/me/", "/media/", "/work/earnings/", "/work/statements/", "/work/payouts/",
    "/work/payee/", "/work/account/", "/work/rights/", "/work/history/", "/work/checks/", "/work/pauses/",
    "/work/assignments/", "/work/qualifications/", "/work/help/", "/webhooks/",
)  # fmt: skip
# Besides, for who has not agreed to the terms in force: what they posted, with its answers, results and money, and what
# people write to each other. Services refuse what is new there (`base.duties`), and `Refusals` leads to the question.
BEGUN = (
    *OPEN, "/batches/", "/imports/", "/funds/", "/messages/", "/ratings/", "/objections/", "/team/", "/organisations/",
    "/work/messages/", "/work/ratings/",
)  # fmt: skip
NEW = ("/batches/new/", "/organisations/new/")
API = "/api/"
HELD = "/work/assignments/"


class Standing:
    """Lead a person whose account is closed, or who owes an answer about the terms, to the page that says so."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        user = request.user
        if not isinstance(user, User) and not getattr(user, "is_authenticated", False):
            return self.get_response(request)
        assert user.is_authenticated
        if not user.is_suspended and user.terms_number >= terms.newest():
            return self.get_response(request)
        if request.path_info.startswith(OPEN):
            # Work in hand goes on; to go on to the next task with its answer would be new work.
            request.ends_after_this = (  # type: ignore[attr-defined]
                request.path_info.startswith(HELD)
                and request.method == "POST"
                and terms.owed(user) is not None
            )
            return self.get_response(request)
        row = restrictions.suspension(user.pk) if user.is_suspended else None
        if row is not None:
            if request.path_info.startswith(API):
                return closed_answer()
            return go(request, reverse("decision", args=["restriction", row.public_id]))
        if _is_new(request.path_info) and terms.owed(user) is not None:
            return go(request, reverse("terms-agree"))
        return self.get_response(request)


def _is_new(path: str) -> bool:
    """Whether a page begins something; programs are told by the services, each where it does."""
    return path.startswith(NEW) or not path.startswith((*BEGUN, API))


def closed_answer() -> JsonResponse:
    """What a program of somebody reads whose account is closed."""
    detail = _("This account is closed, but for money, data and complaints. Log in to read why.")
    return JsonResponse({"code": "account_closed", "detail": detail}, status=403)
