"""Which mails a person gets, and when; and the link in a mail that stops more of them (docs/adr/0069)."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from marketplace.base import mail
from marketplace.base.errors import Refusal
from marketplace.base.mail_kinds import AT_ONCE, WAITING
from marketplace.base.models import MailChoice, User
from marketplace.base.views import render, signed_in
from tasks.page_forms.fields import put_back


class MailForm(forms.Form):
    """A way for each topic that the person meets, and the hours."""

    quiet = forms.BooleanField(label=gettext_lazy("Keep quiet at night"), required=False)
    quiet_from = forms.TimeField(
        label=gettext_lazy("from"), required=False, widget=forms.TimeInput({"type": "time"}, format="%H:%M")
    )
    quiet_until = forms.TimeField(
        label=gettext_lazy("until"), required=False, widget=forms.TimeInput({"type": "time"}, format="%H:%M")
    )
    digest_at = forms.TimeField(
        label=gettext_lazy("The one mail a day comes at"),
        widget=forms.TimeInput({"type": "time"}, format="%H:%M"),
        error_messages={"required": gettext_lazy("Write a time such as 08:00.")},
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, topic in WAITING.items():
            if not topic.side or getattr(user, topic.side):
                self.fields[name] = forms.ChoiceField(
                    label=topic.title, help_text=topic.says, choices=MailChoice.Way.choices
                )
        self.topics = [name for name in self.fields if name in WAITING]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("quiet"):
            for name in ("quiet_from", "quiet_until"):
                if said.get(name) is None and name not in self.errors:
                    self.add_error(name, _("Write a time such as 21:00."))
        return said


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def chosen(request: HttpRequest) -> HttpResponse:
    """What the person chose (GET); choose (POST)."""
    user = request.user
    assert isinstance(user, User)
    form, status = MailForm(request.POST or None, user=user, initial=_known(user)), 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                _keep(user, form)
            except Refusal as refusal:
                put_back(form, refusal)
            else:
                messages.success(request, _("Saved."))
                return redirect("mail-settings")
    context = {
        "form": form,
        "topics": [form[name] for name in form.topics],
        "at_once": AT_ONCE.values(),
        "zone": user.time_zone,
    }
    return render(request, "web/mail_settings.html", context, status)


@csrf_exempt  # a mail program posts here on its own (RFC 8058): the signed token is the only thing that counts
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Ask (GET), or stop the mails that the link names (POST), without a log-in; 404 for a link we did not make."""
    if request.method == "POST":
        topics, stopped = mail.stop(token), True
    else:
        (_user, topics), stopped = mail.read_stop_token(token), False
    context = {"topics": [WAITING[name].title for name in topics], "stopped": stopped}
    return render(request, "web/mail_stop.html", context)


def _known(user: User) -> dict[str, Any]:
    mine = mail.hours(user)
    return {
        **mail.ways(user),
        "quiet": mine.quiet_from is not None,
        "quiet_from": mine.quiet_from or dt.time(21),
        "quiet_until": mine.quiet_until or dt.time(8),
        "digest_at": mine.digest_at,
    }


def _keep(user: User, form: MailForm) -> None:
    said = form.cleaned_data
    mail.choose(
        user=user,
        chosen={name: said[name] for name in form.topics},
        quiet=(said["quiet_from"], said["quiet_until"]) if said["quiet"] else None,
        digest_at=said["digest_at"],
    )
