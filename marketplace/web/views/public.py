"""Pages for everybody: charter, figures, terms, privacy; in the demonstration also the mail that was "sent"."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from marketplace.base import paging
from marketplace.base.models import SentMail
from marketplace.base.views import render
from marketplace.web import charter as rules

MAILS = 20


@require_safe
def charter(request: HttpRequest) -> HttpResponse:
    """The rules kept today, with what enforces each."""
    return render(request, "web/charter.html", {"chapters": rules.CHAPTERS})


def _operator() -> str:
    return settings.OPERATOR or _("the people behind this site")


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What is kept about people, why, and for how long."""
    context = {"operator": _operator(), "contact": settings.CONTACT_EMAIL}
    return render(request, "web/privacy.html", context)


@require_safe
def demo_mail(request: HttpRequest) -> HttpResponse:
    """Mails as they would have been sent, newest first; `?to=` narrows to one address. Nowhere but in the demo."""
    if settings.PRODUCTION or settings.EMAIL_URL:
        raise Http404
    mails = SentMail.objects.all()
    to = request.GET.get("to", "").replace("\x00", "").strip()
    if to:
        mails = mails.filter(recipient__iexact=to)
    page = paging.page(mails, cursor=request.GET.get("cursor", ""), size=MAILS)
    return render(
        request, "web/demo_mail.html", {"mails": page.rows, "to": to, **paging.links(request, page)}
    )
