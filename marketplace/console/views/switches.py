"""The kill switches, for administrators."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from marketplace.base import switches
from marketplace.base.models import Switch
from marketplace.base.views import admin_page, render
from marketplace.console.forms import SwitchForm


@admin_page
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """Every switch with its state (GET); turn one (POST)."""
    if request.method != "POST":
        return _show(request)
    form = SwitchForm(request.POST)
    if not form.is_valid() or form.cleaned_data["name"] not in Switch.Name.values:
        return _show(request, form, 400)
    on = form.cleaned_data["on"] == "1"
    switches.turn(form.cleaned_data["name"], on=on, actor=request.user, reason=form.cleaned_data["reason"])  # type: ignore[arg-type]
    messages.success(request, _("Switched on.") if on else _("Switched off. People are told when they try."))
    return redirect("console-switches")


def _show(request: HttpRequest, bound: SwitchForm | None = None, status: int = 200) -> HttpResponse:
    known = {row.name: row for row in Switch.objects.select_related("changed_by")}
    rows = []
    for name, label in Switch.Name.choices:
        row = known.get(name)
        on = row.is_on if row else True
        mine = bound if bound is not None and bound.data.get("name") == name else None
        fresh = SwitchForm(initial={"name": name, "on": "0" if on else "1"}, auto_id=f"id_{name}_%s")
        if mine is not None:
            mine.auto_id = f"id_{name}_%s"
        rows.append({"name": name, "label": label, "on": on, "row": row, "form": mine or fresh})
    return render(request, "console/switches.html", {"rows": rows}, status)
