"""Qualifications of an organisation: what they say, their tests, who holds them, and the conditions of a batch."""

import re
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from marketplace.base import formats, ids
from marketplace.base.errors import Forbidden, NotFound, Refusal
from marketplace.base.views import current_membership, render, requester_page, signed_in
from tasks import access_qualifications, kinds
from tasks.models import Batch, QualificationTest
from tasks.page_forms.fields import put_back, tried
from tasks.page_forms.qualification import (
    ConditionsEditor,
    GrantForm,
    NewTestForm,
    QualificationForm,
    RevokeForm,
    TestForm,
)
from tasks.selectors import qualifications as selector
from tasks.selectors import requester
from tasks.services import batches, conditions, prices, qualifications
from tasks.services.conditions_form import lines
from workers.models import Award, Qualification

from .drafting import draft, steps

HOLDERS = 50  # on a page
PLACE = re.compile(r"^(all|any)[\w.\[\]]*: ")  # where in a condition something is wrong, as programs read it
RENAMED = {"pass_mark": "pass_percent", "time_limit_seconds": "minutes"}  # as the form calls them
FIRST = {"questions": 10, "pass_percent": 80, "attempts": 2, "retry_after_hours": 24}


@requester_page
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The organisation's qualifications, and the platform's."""
    membership = current_membership(request)
    context = {
        "rows": selector.of(membership.organisation),
        "platform": [row for row in selector.of(None) if row.retired_at is None],
        "may_edit": membership.may("edit"),
    }
    return render(request, "tasks/requester/qualifications.html", context)


@requester_page
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    membership = current_membership(request)
    if not membership.may("edit"):
        raise Forbidden
    form, status = QualificationForm(request.POST or None), 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                made = qualifications.create(
                    organisation=membership.organisation, actor=membership.user, **form.cleaned_data
                )
            except Refusal as refusal:
                put_back(form, refusal)
                status = refusal.status
            else:
                return redirect("qualification", made.public_id)
    return render(request, "tasks/requester/qualification_new.html", {"form": form}, status)


@signed_in
@require_safe
def one(request: HttpRequest, public_id: str) -> HttpResponse:
    """A qualification: its words, its tests, who holds it."""
    return _page(request, access_qualifications.qualification(request.user, public_id))


def _page(request: HttpRequest, found: Qualification, status: int = 200, **forms: Any) -> HttpResponse:
    page = Paginator(selector.holders(found), HOLDERS).get_page(request.GET.get("page"))
    organisation_id = found.organisation_id or 0
    context = {
        "qualification": found,
        "may": requester.rights(request.user, organisation_id),
        "tests": selector.tests_of(found),
        "page": page,
        "holders": [(award, ids.worker_seen_by(award.user_id, organisation_id)) for award in page],
        "asking": selector.asking({found.public_id}).get(found.public_id, []),
        "form": QualificationForm.of(found),
        "grant_form": GrantForm(),
        **forms,
    }
    return render(request, "tasks/requester/qualification.html", context, status)


@signed_in
@require_POST
def change(request: HttpRequest, public_id: str) -> HttpResponse:
    found = access_qualifications.qualification(request.user, public_id, "edit")
    form = QualificationForm(request.POST)
    status = tried(form, lambda said: qualifications.update(qualification=found, actor=request.user, **said))
    if status != 200:
        return _page(request, found, status, form=form)
    messages.success(request, _("Kept. What was given before stays as it was given."))
    return redirect("qualification", public_id)


@signed_in
@require_POST
def retire(request: HttpRequest, public_id: str) -> HttpResponse:
    found = access_qualifications.qualification(request.user, public_id, "edit")
    qualifications.retire(qualification=found, actor=request.user)
    messages.success(request, _("It is not given any more. Who holds it keeps it until it ends."))
    return redirect("qualification", public_id)


@signed_in
@require_POST
def grant(request: HttpRequest, public_id: str) -> HttpResponse:
    found = access_qualifications.qualification(request.user, public_id, "edit")
    form = GrantForm(request.POST)
    if not form.is_valid():
        return _page(request, found, 400, grant_form=form)
    try:
        count = qualifications.grant(qualification=found, actor=request.user, **form.cleaned_data)
    except Refusal as refusal:
        put_back(form, refusal)
        return _page(request, found, refusal.status, grant_form=form)
    words = ngettext(
        "%(n)s person has it now, and was told why.", "%(n)s people have it now, and were told why.", count
    )
    messages.success(request, words % {"n": formats.number(count)})
    return redirect("qualification", public_id)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: HttpRequest, public_id: str, award: str) -> HttpResponse:
    """Take a qualification back from one person, with a reason that they read."""
    found = access_qualifications.qualification(request.user, public_id, "edit")
    row = Award.objects.select_related("qualification").filter(
        pk=ids.decode("awd", award), qualification=found
    )
    given = row.first()
    if given is None:
        raise NotFound
    form, status = RevokeForm(request.POST or None), 200
    if request.method == "POST":
        status = tried(form, lambda said: qualifications.revoke(award=given, actor=request.user, **said))
        if status == 200:
            messages.success(request, _("Taken back. The person has been told why."))
            return redirect("qualification", public_id)
    context = {
        "qualification": found,
        "award": given,
        "worker": ids.worker_seen_by(given.user_id, found.organisation_id or 0),
        "form": form,
    }
    return render(request, "tasks/requester/qualification_revoke.html", context, status)


# --- tests --------------------------------------------------------------------------------------------------------


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def new_test(request: HttpRequest, public_id: str) -> HttpResponse:
    """Begin a test or training: its draft is made at once, and is finished in the steps of every batch."""
    found = access_qualifications.qualification(request.user, public_id, "edit")
    data = request.POST if request.method == "POST" else None
    form = NewTestForm(data)
    rules = TestForm(data, initial=FIRST, role=request.POST.get("role", Batch.Role.TEST))
    status = 200
    if data is not None:
        status = 400
        if all([form.is_valid(), rules.is_valid()]):
            try:
                return redirect("batch-what", _made(request, found, form, rules).batch.public_id)
            except Refusal as refusal:
                put_back(rules, refusal, **RENAMED)
                status = refusal.status
    context = {"qualification": found, "form": form, "rules": rules}
    return render(request, "tasks/requester/qualification_test.html", context, status)


def _made(
    request: HttpRequest, found: Qualification, form: NewTestForm, rules: TestForm
) -> QualificationTest:
    assert found.organisation is not None
    kind = kinds.get(form.cleaned_data["kind"])
    batch = batches.create_draft(
        organisation=found.organisation,
        actor=request.user,  # type: ignore[arg-type]
        title=found.name,
        purpose=found.description[:400],
        kind=kind.key,
        form=kind.form(),
        instructions=kind.words(),
        estimated_seconds=kind.seconds,
        overlap=10,
    )
    return qualifications.make_test(
        qualification=found,
        batch=batch,
        actor=request.user,  # type: ignore[arg-type]
        role=form.cleaned_data["role"],
        **rules.values(),
    )


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def rules(request: HttpRequest, public_id: str) -> HttpResponse:
    """How a test that is a draft goes."""
    batch = draft(request, public_id)
    test = selector.test_of(batch)
    if test is None:
        raise NotFound
    form, status = TestForm.of(test), 200
    if request.method == "POST":
        form, status = TestForm(request.POST, role=batch.role), 400
        if form.is_valid():
            try:
                qualifications.update_test(test=test, actor=request.user, **form.values())
            except Refusal as refusal:
                put_back(form, refusal, **RENAMED)
                status = refusal.status
            else:
                messages.success(request, _("Kept."))
                return redirect("batch-price", public_id)
    context = {
        "batch": batch,
        "steps": steps(batch, "price"),
        "may": requester.rights(request.user, batch.organisation_id),
        "test": test,
        "rules": form,
    }
    return render(request, "tasks/requester/qualification_rules.html", context, status)


# --- conditions ---------------------------------------------------------------------------------------------------


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def asks(request: HttpRequest, public_id: str) -> HttpResponse:
    """What a draft asks of the people who may claim it."""
    batch = draft(request, public_id)
    known = selector.choices(batch.organisation)
    if request.method != "POST":
        return _asks_page(request, batch, ConditionsEditor.of(batch.conditions, known))
    editor = ConditionsEditor.read(request.POST, known)
    if not editor.is_valid():
        return _asks_page(request, batch, editor, [_("Look at the marked places.")], 400)
    try:
        batch = batches.update_draft(batch=batch, actor=request.user, conditions=editor.spec())
    except Refusal as refusal:
        problems = [PLACE.sub("", line) for line in refusal.fields.get("conditions", [refusal.message])]
        return _asks_page(request, batch, editor, problems, refusal.status)
    if request.POST.get("do") == "more":
        return redirect("batch-conditions", public_id)
    return redirect("batch-price", public_id)


def _asks_page(
    request: HttpRequest, batch: Batch, editor: ConditionsEditor, problems: Any = (), status: int = 200
) -> HttpResponse:
    context = {
        "batch": batch,
        "steps": steps(batch, "price"),
        "may": requester.rights(request.user, batch.organisation_id),
        "editor": editor,
        "problems": problems,
        "said": lines(batch.conditions),
        **reach(batch),
    }
    return render(request, "tasks/requester/conditions.html", context, status)


def reach(batch: Batch) -> dict[str, Any]:
    """How many of the people whom the price reaches meet the conditions; nothing to say while there is no price."""
    if not (batch.reward_micros and batch.estimated_seconds):
        return {"reached": None}
    found = prices.reach(batch.reward_micros, batch.seconds, batch.countries)
    return {"reached": found.workers, "qualified": conditions.reached(batch, found.countries)}
