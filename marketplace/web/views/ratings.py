"""Ratings of requesters: whom a worker may rate, what is shown of a requester, and the requester's side of it."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from marketplace.base.errors import NotFound, Refusal
from marketplace.base.models import Organisation, User
from marketplace.base.views import (
    current_organisation,
    render,
    requester_page,
    signed_in,
    user_of,
    worker_page,
)
from marketplace.web import rate
from marketplace.web.voice_forms import AnswerForm, ObjectionForm, RatingForm
from tasks import access_voice as access
from tasks.models import Side
from tasks.page_forms.fields import put_back, tried
from tasks.selectors import messages as message_selectors
from tasks.selectors import ratings as selectors
from tasks.services import objections, ratings
from tasks.views.board import hours_in_words


@require_safe
@worker_page
def mine(request: HttpRequest) -> HttpResponse:
    """The requesters that paid this person lately, and what the person wrote about them."""
    context = {"rows": selectors.mine(user_of(request)), "least": settings.RATING_LEAST}
    return render(request, "web/worker/ratings.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@worker_page
def write(request: HttpRequest, public_id: str) -> HttpResponse:
    """Rate a requester, or change what was written and is not shown yet."""
    user = user_of(request)
    organisation = access.requester(user, public_id)
    written = ratings.own(user, organisation)
    if ratings.entitles(user, organisation) is None or (written is not None and written.shown_in is not None):
        return redirect("my-ratings")
    start = (
        {name: getattr(written, name) for name in ("pay", "clarity", "fairness", "words")} if written else {}
    )
    form = RatingForm(request.POST if request.method == "POST" else None, initial=start)
    status = 200
    if request.method == "POST":

        def rated(said: dict[str, Any]) -> None:
            rate.limit(request, "voice", settings.MESSAGES_A_MINUTE)
            ratings.rate(worker=user, organisation=organisation, **said)

        status = tried(form, rated, text="words")
        if status == 200:
            messages.success(
                request, _("Kept. It is shown with others on the first of a month, without who wrote it.")
            )
            return redirect("my-ratings")
    context = {
        "form": form,
        "organisation": organisation,
        "written": written,
        "least": settings.RATING_LEAST,
        "days": settings.RATING_EDIT_DAYS,
    }
    return render(request, "web/worker/rating.html", context, status)


@require_POST
@worker_page
def take_back(request: HttpRequest, public_id: str) -> HttpResponse:
    """Think better of a rating that is not shown yet."""
    user = user_of(request)
    try:
        ratings.take_back(rating=access.own_rating(user, public_id), worker=user)
        messages.success(request, _("Taken back. Nothing of it is kept."))
    except NotFound:
        raise
    except Refusal as refusal:
        messages.error(request, refusal.message)
    return redirect("my-ratings")


@require_safe
@signed_in
def requester(request: HttpRequest, public_id: str) -> HttpResponse:
    """What is shown of a requester: figures, words, answers."""
    user: User = request.user  # type: ignore[assignment]
    found = access.requester(user, public_id)
    return render(
        request, "web/requester_ratings.html", {**_page(found, user), "may_rate": _may_rate(user, found)}
    )


def _page(found: Organisation, reader: User) -> dict[str, object]:
    time = message_selectors.answer_time(found)
    return {
        "organisation": found,
        "page": selectors.page(found, reader),
        "least": settings.RATING_LEAST,
        "answer_time": time,
        "answer_hours": hours_in_words(time.median_hours) if time else "",
    }


def _may_rate(user: User, found: Organisation) -> bool:
    if ratings.entitles(user, found) is None:
        return False
    written = ratings.own(user, found)
    return written is None or written.shown_in is None


# --- the requester's side -----------------------------------------------------------------------------------------


@require_safe
@requester_page
def own(request: HttpRequest) -> HttpResponse:
    """What people who worked for the organisation say of it, with room for an answer and an objection."""
    return _own(request)


def _own(request: HttpRequest, status: int = 200, **bound: object) -> HttpResponse:
    found = current_organisation(request)
    user: User = request.user  # type: ignore[assignment]
    context = {
        **_page(found, user),
        "may_act": access.member(user, found, "edit") is not None,
        "answer_form": AnswerForm(auto_id=False),
        "objection_form": ObjectionForm(thread=False, auto_id=False),
        **bound,
    }
    return render(request, "web/requester/ratings.html", context, status)


@require_http_methods(["GET", "HEAD", "POST"])
@requester_page
def answer(request: HttpRequest, public_id: str) -> HttpResponse:
    """Answer a rating, once, for everybody to read."""
    user: User = request.user  # type: ignore[assignment]
    rating = access.shown_rating(user, public_id)
    access.must(user, rating.organisation, "edit")
    form = AnswerForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":

        def answered(said: dict[str, Any]) -> None:
            rate.limit(request, "voice", settings.MESSAGES_A_MINUTE)
            ratings.answer(rating=rating, actor=user, text=said["text"])

        status = tried(form, answered)
        if status == 200:
            messages.success(request, _("Your answer stands under the rating."))
            return redirect("ratings")
    context = {"form": form, "rating": rating, "organisation": rating.organisation}
    return render(request, "web/requester/rating_answer.html", context, status)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def object_to(request: HttpRequest, public_id: str) -> HttpResponse:
    """Bring the words of a rating before a moderator: the requester, or anybody who reads them."""
    user: User = request.user  # type: ignore[assignment]
    rating = access.shown_rating(user, public_id)
    side = Side.REQUESTER if access.member(user, rating.organisation, "edit") else Side.WORKER
    form = ObjectionForm(request.POST if request.method == "POST" else None, thread=False)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                rate.limit(request, "voice", settings.MESSAGES_A_MINUTE)
                made = objections.object_to(actor=user, side=side, rating=rating, **form.cleaned_data)
                messages.success(request, _("Handed to a moderator. You read here what is decided, and why."))
                return redirect("objection", made.public_id)
            except Refusal as refusal:
                put_back(form, refusal)
                status = refusal.status
    context = {
        "form": form,
        "rating": rating,
        "side": side,
        "days": settings.DECISION_DAYS,
    }
    return render(request, "web/rating_objection.html", context, status)
