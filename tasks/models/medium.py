from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from marketplace.base import clock, ids

from .batch import Batch


class SentFile(models.Model):
    """A file that a requester sends beside the rows: arriving piece by piece, then kept as it came.

    A ZIP is kept until a job has unpacked it; each file in it becomes a row of its own.
    """

    class State(models.TextChoices):
        ARRIVING = "arriving", _("arriving")
        UNPACKING = "unpacking", _("being unpacked")
        KEPT = "kept", _("here")
        REFUSED = "refused", _("not usable")

    MOVES: dict[str, frozenset[str]] = {
        State.ARRIVING: frozenset({State.UNPACKING, State.KEPT}),
        State.UNPACKING: frozenset({State.REFUSED}),  # one that was unpacked goes: its files are there
        State.KEPT: frozenset(),
        State.REFUSED: frozenset(),
    }

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="sent_files")
    name = models.CharField(max_length=500)  # as the person calls it, NFC, with its folders: photos/a.jpg
    base = models.CharField(max_length=500)  # its last part, casefolded: how the file of a cell is found
    state = models.CharField(max_length=9, choices=State.choices, default=State.ARRIVING)
    failure = models.TextField(blank=True)  # the sentence why it can't be used
    size = models.BigIntegerField()  # bytes, as announced
    received = models.BigIntegerField(default=0)  # bytes that are here
    stamp = models.CharField(max_length=40, blank=True)  # tells two files of one name apart: last change
    path = models.CharField(max_length=200, blank=True)  # below MEDIA_ROOT/uploads; the name is ours
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["arriving", "unpacking", "kept", "refused"]),
                name="sent_file_state_known",
            ),
            models.CheckConstraint(
                condition=Q(received__gte=0, received__lte=F("size")), name="sent_file_received_within_size"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["arriving", "refused"]) | Q(received=F("size")),
                name="sent_file_whole_when_kept",
            ),
            models.CheckConstraint(
                condition=Q(state="refused") & ~Q(failure="") | ~Q(state="refused") & Q(failure=""),
                name="sent_file_says_why_refused",
            ),
            models.UniqueConstraint(fields=["batch", "name"], name="sent_file_once_per_name"),
        ]
        indexes = [models.Index(fields=["batch", "base"], name="sent_file_by_name")]


class Medium(models.Model):
    """A picture, sound, film or page that cells of a batch name; what a browser gets of it lies in our storage."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting its turn")
        WORKING = "working", _("being made ready")
        READY = "ready", _("ready")
        FAILED = "failed", _("not usable")

    MOVES: dict[str, frozenset[str]] = {
        State.WAITING: frozenset({State.WORKING}),
        State.WORKING: frozenset({State.WAITING, State.READY, State.FAILED}),
        State.READY: frozenset({State.WAITING}),  # a better file was sent for a draft
        State.FAILED: frozenset({State.WAITING}),
    }
    MOVING = (State.WAITING, State.WORKING)

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="media")
    key = models.CharField(max_length=32)  # tasks.media.links.key_of(source)
    source = models.TextField()  # the text of the cells: an https address or the name of a file
    base = models.CharField(max_length=500, blank=True)  # last part of a file's name, casefolded
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    failure = models.TextField(blank=True)  # the sentence why it can't be shown
    kind = models.CharField(max_length=8, blank=True)  # picture, sound, video, page
    meta = models.JSONField(default=dict)  # width, height in pixels, seconds, pages, where they are known
    files = models.JSONField(default=dict)  # {size: name in the storage}
    bytes = models.BigIntegerField(default=0)  # of all its files
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=clock.now)
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "working", "ready", "failed"]), name="medium_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state="working", lease_until__isnull=False)
                | ~Q(state="working") & Q(lease_until__isnull=True),
                name="medium_leased_while_working",
            ),
            models.CheckConstraint(
                condition=Q(state="failed") & ~Q(failure="") | ~Q(state="failed") & Q(failure=""),
                name="medium_says_why_it_failed",
            ),
            models.CheckConstraint(condition=~Q(state="ready") | ~Q(kind=""), name="medium_ready_has_a_kind"),
            models.UniqueConstraint(fields=["batch", "key"], name="medium_once_per_cell"),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="waiting"), name="medium_due"),
            models.Index(fields=["lease_until"], condition=Q(state="working"), name="medium_leased"),
            models.Index(fields=["batch", "state"], name="medium_of_batch"),
            models.Index(fields=["batch", "base"], name="medium_by_name"),
        ]

    @property
    def public_id(self) -> str:
        return ids.encode("med", self.pk)
