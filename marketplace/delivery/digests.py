"""Mails that may wait: when each leaves, and what leaves together (docs/adr/0069).

A notice that is not mailed at once keeps the moment at which it is due. The clock gathers what is due, person by
person, into one promise of the outbox; its handler sends one mail and then marks the notices. A relay that dies between
sending and marking sends that mail once more after its lease, with the same Message-ID; none is lost.
"""

from django.db import transaction
from django.db.models import Min

from marketplace.base import clock, clockwork, mail, outbox
from marketplace.base.models import Notice, User

MOST = 100  # notices of one mail; the rest goes into the next


def put_off(notice: Notice) -> bool:
    """Whether the mail of a notice is not to leave now; if it is to leave later, the moment is kept with the notice."""
    due = mail.due(user=notice.user, kind=notice.kind, at=notice.created_at)
    if due is not None and due <= clock.now():
        return False
    Notice.objects.filter(pk=notice.pk, mailed_at__isnull=True).update(mail_due_at=due)
    return True


def gather_all() -> int:
    """Promise one mail to each person for whom something is due. Returns how many mails."""
    people = (
        Notice.objects.filter(mail_due_at__lte=clock.now())
        .values("user_id")
        .annotate(first=Min("mail_due_at"))
        .order_by("first", "user_id")
        .values_list("user_id", flat=True)
    )
    return clockwork.each(list(people), gather)


@transaction.atomic
def gather(user_id: int) -> int:
    """Promise a mail with what is due to a person; 1, or 0 when nothing is left that they still want by mail.

    What they have read in the product meanwhile, and what they no longer want by mail, is left out and waits no more.
    """
    user = User.objects.get(pk=user_id)
    due = Notice.objects.filter(user_id=user_id, mail_due_at__lte=clock.now(), mailed_at__isnull=True)
    rows = list(due.order_by("pk").select_for_update(no_key=True, skip_locked=True)[:MOST])
    now = clock.now()
    wanted = [
        row.pk
        for row in rows
        if row.read_at is None and mail.due(user=user, kind=row.kind, at=now) is not None
    ]
    Notice.objects.filter(pk__in=[row.pk for row in rows]).update(mail_due_at=None)
    if not wanted:
        return 0
    # A notice is gathered once: the first one names the mail.
    outbox.emit("notices.mail", str(wanted[0]), user_id=user_id, notices=wanted)
    return 1
