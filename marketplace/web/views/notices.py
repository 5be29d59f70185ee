"""What a person must know, newest first, in words made when they are read."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from marketplace.base import ids, notices, paging
from marketplace.base.errors import NotFound
from marketplace.base.models import Notice
from marketplace.base.texts import read
from marketplace.base.views import render, signed_in

PER_PAGE = 25
PREFIX = "ntc"


@require_safe
@signed_in
def index(request: HttpRequest) -> HttpResponse:
    """The notices; opening the page changes nothing, opening one marks it as read."""
    mine = Notice.objects.filter(user_id=request.user.pk)
    page = paging.page(mine, cursor=request.GET.get("cursor", ""), size=PER_PAGE)
    rows = [(ids.encode(PREFIX, notice.pk), notice, text) for notice, text in read(page.rows)]
    context = {"rows": rows, **paging.links(request, page)}
    return render(request, "web/notices.html", context)


@require_POST
@signed_in
def open_(request: HttpRequest, public_id: str) -> HttpResponse:
    """Mark one as read and go to what it is about."""
    notice = Notice.objects.filter(user_id=request.user.pk, pk=ids.decode(PREFIX, public_id)).first()
    if notice is None:
        raise NotFound
    notices.mark_read(user_id=request.user.pk, numbers=[notice.pk])  # type: ignore[arg-type]
    ((_row, text),) = read([notice])
    return redirect(text.url or "notices")


@require_POST
@signed_in
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark all as read."""
    notices.mark_read(user_id=request.user.pk)  # type: ignore[arg-type]
    return redirect("notices")
