"""News for many people at once: new terms for everybody, and changes of automated rules for those who work here.

One outbox row tells some hundreds of people and leaves the next row: a crash goes on where it stopped, and nobody is
told twice.
"""

from django.db import transaction

from marketplace.base import notices, outbox
from marketplace.base.models import OutboxEvent, User
from marketplace.web.models import RuleVersion, TermsVersion

AT_ONCE = 200


@outbox.handler("announce")
def announce(event: OutboxEvent) -> None:
    """Tell the next people in the order of their accounts; its data: about, number, after."""
    data = event.data
    about, number, after = str(data["about"]), int(data["number"]), int(data["after"])
    people = User.objects.filter(is_active=True, pk__gt=after).order_by("pk")
    if about == "terms":
        version = TermsVersion.objects.filter(pk=number).first()
        people = people.filter(date_joined__lt=version.published_at) if version else people.none()
    else:
        rule = RuleVersion.objects.filter(pk=number).first()
        people = people.filter(works=True, date_joined__lt=rule.recorded_at) if rule else people.none()
    kind = "terms_published" if about == "terms" else "rule_changed"
    with transaction.atomic():
        told = list(people.values_list("pk", flat=True)[:AT_ONCE])
        for user_id in told:
            notices.tell(user_id, kind, str(number), number=number)
        if len(told) == AT_ONCE:
            outbox.emit(
                "announce", f"{about}:{number}:{told[-1]}", about=about, number=number, after=told[-1]
            )
