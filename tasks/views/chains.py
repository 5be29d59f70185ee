"""Passing results on, for those who post: what goes where, a new chain in two steps, stopping one, paying for rows."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from marketplace.base import formats
from marketplace.base.errors import Refusal
from marketplace.base.views import render, signed_in
from payments.services import holdings
from tasks import access, kinds
from tasks.models import Batch, Chain
from tasks.page_forms.chains import KIND, ChainForm, TargetForm
from tasks.page_forms.fields import put_back
from tasks.selectors import chains as selector
from tasks.selectors import requester
from tasks.services import batches, chains, chains_rows


@signed_in
@require_safe
def index(request: HttpRequest, public_id: str) -> HttpResponse:
    """Where the rows of a batch come from, where its results go, and the way to pass them on."""
    return _index(request, access.batch(request.user, public_id))


def _index(
    request: HttpRequest, batch: Batch, form: TargetForm | None = None, status: int = 200
) -> HttpResponse:
    rows = list(selector.of(batch).order_by("-pk"))
    found = selector.lines(rows)
    context = {
        "batch": batch,
        "may": requester.rights(request.user, batch.organisation_id),
        "sources": [line for line in found if line.chain.target_id == batch.pk],
        "targets": [line for line in found if line.chain.source_id == batch.pk],
        "can_pass_on": selector.may_pass_on(batch),
        "form": form or TargetForm(source=batch),
        "available": holdings.available(batch.organisation),
    }
    return render(request, "tasks/requester/chains.html", context, status)


@signed_in
def new(request: HttpRequest, public_id: str) -> HttpResponse:
    """Step two of a chain: the columns and the rule, for the target that `to` names."""
    source = access.batch(request.user, public_id, "edit")
    sent = request.POST if request.method == "POST" else request.GET
    chosen = TargetForm(sent, source=source)
    if not chosen.is_valid():
        return _index(request, source, chosen, 400)
    to = chosen.cleaned_data["to"]
    target = _target(request, source, to)
    if request.method != "POST":
        return _new(request, source, target, to, ChainForm(source=source, target=target))
    form = ChainForm(request.POST, source=source, target=target)
    if not form.is_valid():
        return _new(request, source, target, to, form, 400)
    try:
        with transaction.atomic():
            if to.startswith(KIND):
                target = _drafted(request, source, to)
            chain = chains.make(source=source, target=target, actor=request.user, **form.values())
    except Refusal as refusal:
        put_back(form, refusal, **form.names)
        return _new(request, source, target, to, form, refusal.status)
    messages.success(request, _("Results go on by themselves from now on, as they are settled."))
    return redirect("batch-chains", chain.source.public_id)


def _target(request: HttpRequest, source: Batch, to: str) -> Batch:
    """The draft that was chosen, or one of a kind that is not saved yet."""
    if not to.startswith(KIND):
        return access.batch(request.user, to, "edit")
    kind = kinds.get(to.removeprefix(KIND))
    return Batch(
        organisation=source.organisation, title=str(kind.title), form=kind.form(), instructions=kind.words()
    )


def _drafted(request: HttpRequest, source: Batch, to: str) -> Batch:
    kind = kinds.get(to.removeprefix(KIND))
    return batches.create_draft(
        organisation=source.organisation,
        actor=request.user,
        kind=kind.key,
        title=str(kind.title)[:120],
        form=kind.form(),
        instructions=kind.words(),
        estimated_seconds=kind.seconds,
        overlap=kind.overlap,
    )


def _new(
    request: HttpRequest, source: Batch, target: Batch, to: str, form: ChainForm, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {"batch": source, "target": target, "to": to, "form": form}
    return render(request, "tasks/requester/chain_new.html", context, status)


@signed_in
@require_POST
def stop(request: HttpRequest, public_id: str, chain: str) -> HttpResponse:
    """Pass nothing more on."""
    found = access.chain(request.user, public_id, chain, "edit")
    chains.stop(chain=found, actor=request.user)
    messages.success(request, _("Stopped. What went on before stays where it is."))
    return redirect("batch-chains", public_id)


@signed_in
@require_POST
def fund(request: HttpRequest, public_id: str, chain: str) -> HttpResponse:
    """Set the price of the waiting rows aside now: as many as the funds allow."""
    found = access.chain(request.user, public_id, chain, "edit")
    rows = _opened(request, found)
    if rows:
        words = ngettext("%(n)s row is open now.", "%(n)s rows are open now.", rows)
        messages.success(request, words % {"n": formats.number(rows)})
    return redirect("batch-chains", public_id)


def _opened(request: HttpRequest, chain: Chain) -> int:
    """Open set after set until the funds end; says so where not one more could be opened."""
    rows = 0
    try:
        while more := chains_rows.fund(chain.pk, request.user):
            rows += more
    except Refusal as refusal:
        messages.error(request, refusal.message)
    return rows
