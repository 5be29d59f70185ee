"""Who of the staff opened what: for administrators."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from marketplace.base import ids, paging
from marketplace.base.errors import NotFound
from marketplace.base.models import AuditEvent, User
from marketplace.base.views import admin_page, render
from marketplace.console import trace


@admin_page
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The latest first; `?who=usr_…` of one moderator, `?about=` of one person or case, by its id."""
    who, about = request.GET.get("who", "").strip(), request.GET.get("about", "").strip()
    rows = AuditEvent.objects.filter(tag__startswith=trace.PREFIX)
    if who:
        rows = rows.filter(actor_id=_number(who))
    if about:
        rows = rows.filter(subject=about)
    page = paging.page(rows, cursor=request.GET.get("cursor", ""))
    people = User.objects.in_bulk({row.actor_id for row in page.rows if row.actor_id})
    context = {
        "rows": [(row, people.get(row.actor_id or 0), *row.tag.split(":")[1:]) for row in page.rows],
        "who": who,
        "about": about,
        "staff": User.objects.filter(is_moderator=True) | User.objects.filter(is_admin=True),
        **paging.links(request, page),
    }
    return render(request, "console/looks.html", context)


def _number(public_id: str) -> int:
    try:
        return ids.decode("usr", public_id)
    except NotFound:
        return 0
