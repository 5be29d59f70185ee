"""Certificates: a person's own to make and take back, and the public pages that verify one for anybody."""

import datetime as dt
import uuid
from collections.abc import Callable
from decimal import Decimal
from functools import wraps
from typing import Any

from babel import dates
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from marketplace.base import formats, ids
from marketplace.base.errors import Invalid, NotFound, Refusal
from marketplace.base.views import render, user_of, worker_page
from marketplace.web import rate
from tasks.models import Attempt
from tasks.selectors import board
from workers.models import Award
from workers.services import certificate_badge, certificates
from workers.services import certificate_keys as keys
from workers.services.certificates import Standing, Verdict

A_MINUTE = 120  # looks at public pages from one address
View = Callable[..., HttpResponse]


# --- The person -----------------------------------------------------------------------------------------------------


@require_safe
@worker_page
def index(request: HttpRequest) -> HttpResponse:
    """What I hold without a certificate, and the certificates I made."""
    return _mine(request)


def _mine(request: HttpRequest, *, award: str = "", refusal: Refusal | None = None) -> HttpResponse:
    user = user_of(request)
    rows = [(row, certificates.public(row.pk).standing) for row in certificates.of(user)]
    context = {
        "open": certificates.without_one(user),
        "standing": [(row, found) for row, found in rows if row.withdrawn_at is None],
        "withdrawn": [row for row, _found in rows if row.withdrawn_at is not None],
        "name": request.POST.get("name", user.name) if refusal else user.name,
        "award": award,
        "errors": refusal.fields.get("name", [refusal.message]) if refusal else [],
        "due_micros": board.due(user),
    }
    return render(request, "web/worker/certificates.html", context, refusal.status if refusal else 200)


@require_POST
@worker_page
def issue(request: HttpRequest, public_id: str) -> HttpResponse:
    """Make a certificate of something I hold, with the name I chose."""
    user = user_of(request)
    award = Award.objects.filter(pk=ids.decode("awd", public_id), user=user).first()
    if award is None:
        raise NotFound
    try:
        made = certificates.issue(
            award=award, person=user, name=request.POST.get("name", ""), shown=_shown(award)
        )
    except Invalid as refusal:
        return _mine(request, award=public_id, refusal=refusal)
    messages.success(request, _("Your certificate is there. Whoever has its address can look at it."))
    return redirect("certificate", made.pk)


def _shown(award: Award) -> certificate_badge.Shown | None:
    """The test by which an award was got: the last one that its person had passed by then."""
    passed = Attempt.objects.filter(
        worker_id=award.user_id,
        test__qualification_id=award.qualification_id,
        passed=True,
        finished_at__lte=award.granted_at,
    )
    found = (
        passed.select_related("test").order_by("-finished_at").first() if award.score is not None else None
    )
    return certificate_badge.Shown(found.questions, found.test.pass_mark) if found else None


@require_POST
@worker_page
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    """Take a certificate of mine back."""
    user = user_of(request)
    certificates.withdraw(certificate=certificates.own(user, _uuid(number)), person=user)
    messages.success(
        request, _("The certificate was taken back. Its page is gone, and it counts as revoked.")
    )
    return redirect("certificates")


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise NotFound from None


# --- Anybody --------------------------------------------------------------------------------------------------------


def public_page(view: View) -> View:
    """Open to everybody, found by nobody's search, and not too often.

    Its address goes to no other site: that is the policy of all pages (SECURE_REFERRER_POLICY, "same-origin"). A
    stricter one would have browsers send forms "from nowhere" (Origin: null), and every form of these pages refused.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        rate.limit(request, "certificates", A_MINUTE)
        response = view(request, *args, **kwargs)
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return guarded


@require_safe
@public_page
def public(request: HttpRequest, number: str) -> HttpResponse:
    """A certificate, verified while it is opened. One that was taken back is gone, and the page says so."""
    verdict = certificates.public(_uuid(number))
    return _told(request, verdict, status=410 if verdict.standing == Standing.WITHDRAWN else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@public_page
def verify(request: HttpRequest) -> HttpResponse:
    """Paste a certificate and read whether it holds. No address that it names is asked."""
    token = request.POST.get("token", "").strip()
    if request.method != "POST" or not token:
        missing = request.method == "POST"
        return render(request, "web/certificate_verify.html", {"missing": missing}, 400 if missing else 200)
    return _told(request, certificates.verify(token), pasted=True)


def _told(request: HttpRequest, verdict: Verdict, *, status: int = 200, pasted: bool = False) -> HttpResponse:
    row = verdict.certificate
    mine = row is not None and request.user.is_authenticated and row.award.user_id == request.user.pk
    context = {
        "verdict": verdict,
        "said": _said(verdict.claims) if verdict.claims else None,
        "row": row,
        "mine": mine,
        "pasted": pasted,
        "issuer": keys.issuer(),
        "address": certificate_badge.address(row.pk) if row else "",
    }
    return render(request, "web/certificate.html", context, status)


def _said(claims: dict[str, Any]) -> dict[str, Any]:
    """What a certificate says, all of it from what was signed. Dates have their year: people keep it."""
    subject = claims["credentialSubject"]
    achievement = subject["achievement"]
    described: dict[str, Any] = next(iter(achievement.get("resultDescription", [])), {})
    return {
        "name": next(
            each["identityHash"] for each in subject["identifier"] if each["identityType"] == "name"
        ),
        "what": achievement["name"],
        "description": achievement["description"],
        "how": achievement["criteria"]["narrative"],
        "language": achievement.get("inLanguage", "en"),
        "score": _percent(next((result["value"] for result in subject.get("result", [])), "")),
        "mark": _percent(described.get("requiredValue", "")),
        "by": claims["issuer"]["name"],
        "shown_on": _date(subject["activityEndDate"]),
        "issued": _date(claims["validFrom"]),
        "until": _date(claims["validUntil"]) if "validUntil" in claims else "",
    }


def _percent(value: str) -> str:
    return f"{formats.number(Decimal(value))}{formats.NARROW}%" if value else ""


def _date(moment: str) -> str:
    at = timezone.localtime(dt.datetime.strptime(moment, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=dt.UTC))
    return str(dates.format_date(at.date(), "long", locale=formats.locale()))


@require_safe
@public_page
def token(request: HttpRequest, number: str) -> HttpResponse:
    """The signed certificate, to keep and to give to a wallet."""
    row = _there(number)
    headers = {"Content-Disposition": f'attachment; filename="certificate-{row.pk}.jwt"', **OPEN}
    return HttpResponse(row.token, content_type="text/plain; charset=us-ascii", headers=headers)


@require_safe
@public_page
def as_json(request: HttpRequest, number: str) -> HttpResponse:
    """What was signed, to read."""
    verdict = certificates.public(_there(number).pk)
    if verdict.claims is None:
        raise NotFound
    return JsonResponse(verdict.claims, headers=OPEN, json_dumps_params={"ensure_ascii": False, "indent": 2})


class TakenBack(Refusal):
    """The person took it back."""

    code = "withdrawn"
    status = 410

    @property
    def message(self) -> str:
        return str(Standing.WITHDRAWN.label)


def _there(number: str) -> Any:
    """The row of a certificate that was not taken back. Raises NotFound, TakenBack."""
    verdict = certificates.public(_uuid(number))
    if verdict.standing == Standing.WITHDRAWN or verdict.certificate is None:
        raise TakenBack
    return verdict.certificate


# --- For programs that verify ---------------------------------------------------------------------------------------

# Public by nature: a page elsewhere may verify in the browser.
OPEN = {"Access-Control-Allow-Origin": "*", "X-Robots-Tag": "noindex"}
KEPT = {**OPEN, "Cache-Control": "public, max-age=300"}


@require_safe
def jwks(request: HttpRequest) -> HttpResponse:
    """Every key whose signatures count (RFC 7517)."""
    return JsonResponse({"keys": [key.jwk() for key in keys.public_keys()]}, headers=KEPT)


@require_safe
def key(request: HttpRequest, thumbprint: str) -> HttpResponse:
    """One key, at the address that is the `kid` of what it signed."""
    found = keys.find(thumbprint)
    if found is None:
        raise NotFound
    return JsonResponse(found.jwk(), headers=KEPT, content_type="application/jwk+json")


@require_safe
def did(request: HttpRequest) -> HttpResponse:
    """This site as did:web names it."""
    return JsonResponse(
        keys.did_document(keys.public_keys()), headers=KEPT, content_type="application/did+json"
    )


@require_safe
def issuer(request: HttpRequest) -> HttpResponse:
    """Who issues, and where the keys are."""
    profile = {**certificate_badge.profile(), "jwks": f"{keys.base_url()}{reverse('jwks')}"}
    return JsonResponse({"@context": certificate_badge.CONTEXT, **profile}, headers=KEPT)


@require_safe
@public_page
def status(request: HttpRequest, number: int) -> HttpResponse:
    """A signed status list."""
    text = certificates.status_list(number)
    return HttpResponse(
        text, content_type="application/vc+jwt", headers={**OPEN, "Cache-Control": "no-cache"}
    )
