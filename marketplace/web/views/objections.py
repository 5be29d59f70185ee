"""What became of an objection to a rating or to messages, for both its sides; and the complaint about it."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from marketplace.base.errors import Forbidden
from marketplace.base.models import User
from marketplace.base.views import render, signed_in
from marketplace.web import rate
from marketplace.web.report_forms import ComplaintForm
from tasks import access_voice
from tasks.models import Side
from tasks.page_forms.fields import tried
from tasks.services import objections


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def objection(request: HttpRequest, public_id: str) -> HttpResponse:
    """What was decided and why (GET); say that it should be decided otherwise (POST)."""
    user: User = request.user  # type: ignore[assignment]
    found, side = access_voice.part_in(user, public_id)
    open_ = objections.may_complain(found, user) and (
        side != Side.REQUESTER
        or access_voice.member(user, objections.organisation(found), "edit") is not None
    )
    if request.method == "POST" and not open_:
        raise Forbidden
    form = ComplaintForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":

        def complained(said: dict[str, Any]) -> None:
            rate.limit(request, "voice", settings.MESSAGES_A_MINUTE)
            objections.complain(objection=found, actor=user, text=said["text"])

        status = tried(form, complained)
        if status == 200:
            messages.success(request, _("Handed over. Another person decides, and you read it here."))
            return redirect("objection", public_id)
    context = {
        "found": found,
        "side": side,
        "mine": objections.brought(found, user),
        "organisation": objections.organisation(found),
        "form": form if open_ else None,
        "until": objections.complain_until(found),
    }
    return render(request, "web/objection.html", context, status)
