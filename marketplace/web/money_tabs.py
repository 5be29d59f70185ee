"""The views of an organisation's money that stand beside each other: funds, invoices, billing details, limits."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from marketplace.base.models import Membership


def tabs(current: str, membership: Membership) -> list[dict[str, Any]]:
    """Links for `_components/tabs.html`; invoices and billing details only for those who handle money."""
    known = [(_("Funds"), "funds"), (_("Limits"), "limits")]
    if membership.may("funds"):
        known[1:1] = [(_("Invoices"), "invoices"), (_("Billing details"), "billing")]
        known += [(_("Automatic top-ups"), "top-ups"), (_("Refunds"), "refunds")]
    return [{"label": label, "url": reverse(name), "current": name == current} for label, name in known]
