"""What carries out each kind of promise in the outbox. A handler runs outside any transaction, may run twice, and
raises when it could not do its part."""

from django.utils import translation

from marketplace.base import clock
from marketplace.base.models import Invitation, Notice, OutboxEvent, User
from marketplace.base.outbox import handler
from tasks.models import Batch, Import
from tasks.services import aggregation, loading, reviews

from . import letters


@handler("notice.mail")
def notice_mail(event: OutboxEvent) -> None:
    """Send a notice by mail, never twice: the row says "mailed" first, and takes it back only when sending failed."""
    notices = Notice.objects.filter(key=event.data["notice_key"])
    if not notices.filter(mailed_at__isnull=True).update(mailed_at=clock.now()):
        return
    notice = notices.select_related("user").get()
    try:
        letters.notice(notice).send()
    except Exception:
        notices.update(mailed_at=None)
        raise


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


@handler("review.approve")
def review_approve(event: OutboxEvent) -> None:
    """Approve the answers of a large batch that its requester approved in one go."""
    batch = Batch.objects.select_related("organisation").get(pk=event.data["batch_id"])
    actor = User.objects.get(pk=event.data["actor_id"])
    reviews.approve(batch=batch, assignments=event.data["assignments"], actor=actor)
    aggregation.refresh(batch)


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


@handler("batch.queued")
@handler("batch.published")
def batch_opened(event: OutboxEvent) -> None:
    """Count the batch's figures, so that they are there before anybody looks."""
    batch = Batch.objects.filter(pk=event.data["batch_id"]).first()
    if batch:
        aggregation.refresh(batch)
