"""What people read about new terms and about automated rules that changed."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from marketplace.base import formats
from marketplace.base.texts import Text, Things, of

from .automated import show
from .models import RuleVersion, TermsVersion


@of("terms_published")
def terms_published(data: dict[str, Any], things: Things) -> Text:
    row = TermsVersion.objects.filter(pk=data["number"]).first()
    if row is None:
        return Text(_("The terms change"), ())
    return Text(
        _("The terms change on %(day)s") % {"day": formats.day(row.in_force_at)},
        (
            _(
                "The new version is published today. What is new and what is gone stands beside each other on its page."
            ),
            _(
                "You are asked whether you agree. If you don't, you take and post no new work from that day; what you"
                " hold you finish under the old terms, you are paid out, and you keep your data and your complaints."
            ),
        ),
        reverse("terms-changes", args=[row.number]),
        _("See what changes"),
    )


@of("rule_changed")
def rule_changed(data: dict[str, Any], things: Things) -> Text:
    row = RuleVersion.objects.filter(pk=data["number"]).first()
    if row is None:
        return Text(_("An automated rule has changed"), ())
    rule = show.by_name(row.rule)
    return Text(
        _("An automated rule has changed: %(name)s") % {"name": rule.name if rule else row.rule},
        (
            *show.sentences(row),
            _(
                "It may be less good for you than before, so we tell you. A person answers questions about it."
            ),
        ),
        reverse("rule", args=[row.rule]),
        _("See the rule and its history"),
    )
