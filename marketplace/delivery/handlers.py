"""What carries out each kind of promise in the outbox. A handler runs outside any transaction, may run twice, and
raises when it could not do its part."""

from django.db import transaction
from django.utils import translation

from marketplace.base import clock
from marketplace.base.leavers import address_of
from marketplace.base.models import Invitation, Notice, Organisation, OutboxEvent, User
from marketplace.base.outbox import handler
from payments.models import Invoice
from payments.services import billing
from tasks.models import Batch, BatchGuest, Import, Task
from tasks.services import (
    aggregation,
    audiences,
    loading,
    media,
    media_zip,
    payment_pauses,
    qualification_questions,
    reviews,
)
from workers.models import CentreInvitation
from workers.services import centre_members

from . import digests, letters


@handler("notice.mail")
def notice_mail(event: OutboxEvent) -> None:
    """Send a notice by mail, or keep the moment for it when it may wait (docs/adr/0069).

    It is marked after it was sent: a relay that dies in between sends it once more, with the same Message-ID.
    """
    notices = Notice.objects.filter(key=event.data["notice_key"], mailed_at__isnull=True)
    notice = notices.select_related("user").first()
    if notice is not None and notice.user.email == address_of(notice.user_id):
        notices.delete()  # news of something that somebody did here who has left since: nobody is there to be told
        return
    if notice is None or digests.put_off(notice):
        return
    letters.notice(notice).send()
    notices.update(mailed_at=clock.now(), mail_due_at=None)


@handler("notices.mail")
def notices_mail(event: OutboxEvent) -> None:
    """Send what waited for a person in one mail; marked after it was sent, as above."""
    notices = Notice.objects.filter(pk__in=event.data["notices"], mailed_at__isnull=True)
    rows = list(notices.select_related("user").order_by("pk"))
    if not rows:
        return
    letters.several(rows).send()
    notices.update(mailed_at=clock.now(), mail_due_at=None)


@handler("invitation.mail")
def invitation_mail(event: OutboxEvent) -> None:
    """Send an invitation while it stands."""
    invitation = (
        Invitation.objects.select_related("organisation", "invited_by")
        .filter(
            pk=event.data["invitation_id"],
            accepted_at__isnull=True,
            revoked_at__isnull=True,
            expires_at__gt=clock.now(),
        )
        .first()
    )
    if invitation:
        with translation.override(invitation.invited_by.locale):
            letters.invitation(invitation).send()


@handler("invoice.mail")
def invoice_mail(event: OutboxEvent) -> None:
    """Send the link of an invoice to the address that the organisation gave for invoices."""
    document = Invoice.objects.filter(pk=event.data["invoice_id"]).first()
    profile = document and billing.profile(document.organisation)
    if document and profile and profile.email:
        with translation.override(document.locale):
            letters.invoice(document, profile.email).send()


@handler("review.approve")
def review_approve(event: OutboxEvent) -> None:
    """Approve the answers of a large batch that its requester approved in one go."""
    batch = Batch.objects.select_related("organisation").get(pk=event.data["batch_id"])
    actor = User.objects.get(pk=event.data["actor_id"])
    reviews.approve(batch=batch, assignments=event.data["assignments"], actor=actor)
    aggregation.refresh(batch)


@handler("test.judge_anew")
def test_judge_anew(event: OutboxEvent) -> None:
    """Count attempts at a test again, after one of its questions was changed or set aside."""
    task = Task.objects.filter(pk=event.data["task_id"]).first()
    if task is not None:
        qualification_questions.judge_anew(task)


@handler("import.run")
def import_run(event: OutboxEvent) -> None:
    """Load a file into its batch."""
    loading.run(event.data["import_id"])


@handler("import.loaded")
def import_loaded(event: OutboxEvent) -> None:
    """Count the figures of the batch with its new rows."""
    source = Import.objects.select_related("batch").filter(pk=event.data["import_id"]).first()
    if source:
        aggregation.refresh(source.batch)


@handler("media.collect")
def media_collect(event: OutboxEvent) -> None:
    """Note which files the rows of a batch name; the clockwork makes them ready."""
    media.collect(event.data["batch_id"])


@handler("media.unpack")
def media_unpack(event: OutboxEvent) -> None:
    """Unpack a ZIP of files."""
    media_zip.unpack(event.data["sent_file_id"])


@handler("media.copy")
def media_copy(event: OutboxEvent) -> None:
    """Give the files of a batch to its copy."""
    media.copy(event.data["source_id"], event.data["target_id"])


@handler("media.remove")
def media_remove(event: OutboxEvent) -> None:
    """Remove the files of a draft that is gone."""
    media.remove(event.data["batch"])


@handler("batch.queued")
@handler("batch.published")
def batch_opened(event: OutboxEvent) -> None:
    """Count the batch's figures, so that they are there before anybody looks; call those who are invited to it."""
    batch = Batch.objects.filter(pk=event.data["batch_id"]).first()
    if batch:
        aggregation.refresh(batch)
        if batch.state in Batch.LIVE:
            with transaction.atomic():
                audiences.call(batch)


@handler("organisation.standing")
def organisation_standing(event: OutboxEvent) -> None:
    """A payment of an organisation is disputed, or was: its batches rest, or open again."""
    organisation = Organisation.objects.filter(pk=event.data["organisation_id"]).first()
    if organisation:
        payment_pauses.follow(organisation)


@handler("centre.invite")
def centre_invite(event: OutboxEvent) -> None:
    """Tell somebody that a centre invites them. Told first, and taken back only when sending failed."""
    row = centre_members.reach(event.data["invitation_id"])
    if row is None:
        return
    try:
        with translation.override(row.invited_by.locale):
            letters.centre_invitation(row).send()
    except Exception:
        CentreInvitation.objects.filter(pk=row.pk).update(told_at=None)
        raise


@handler("guest.invite")
def guest_invite(event: OutboxEvent) -> None:
    """Tell somebody that they are invited to a private batch. Told first, and taken back only when sending failed."""
    guest = audiences.reach(event.data["guest_id"])
    if guest is None:
        return
    try:
        with translation.override(guest.invited_by.locale if guest.invited_by else None):
            letters.batch_invitation(guest).send()
    except Exception:
        BatchGuest.objects.filter(pk=guest.pk).update(told_at=None)
        raise
