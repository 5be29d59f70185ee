"""Photos and recordings that workers send with an answer: made harmless, kept, named by the answer, tidied away."""

import datetime as dt
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.base import clock, ids
from marketplace.base.errors import NotFound, Refusal
from marketplace.base.models import User
from tasks.errors import LeaseOver, NotEditable
from tasks.forms import BadAnswer, Form, compile_form
from tasks.media import making, shelf
from tasks.media.errors import MediaRefused
from tasks.models import AnswerFile, Assignment
from tasks.widgets.upload import MOST_BYTES

MOST_FILES = 10  # of one assignment
MOST_SECONDS = 1800  # of a recording
PATIENCE = 50.0  # seconds that making it harmless may take: the person waits for the answer
KEPT_DAYS = 7  # of a file that no answer names
MADE = {AnswerFile.Kind.PHOTO: "picture", AnswerFile.Kind.SOUND: "sound"}
OPEN = (Assignment.State.CLAIMED, Assignment.State.SUBMITTED, Assignment.State.CONTESTED)
IN_WORK = (Assignment.State.CLAIMED, Assignment.State.CONTESTED)


class FileNotTaken(Refusal):
    """What was sent is no photo or recording that we can keep; the sentence says why."""

    code = "file_not_taken"
    status = 400


class FileNotAsked(Refusal):
    """The form has no question for such a file."""

    code = "file_not_asked"
    detail = gettext_lazy("This task does not ask for such a file. Load the page again.")
    status = 400


class FileTooLarge(Refusal):
    """More bytes than one file may have."""

    code = "too_large"
    detail = gettext_lazy("This file is larger than %(megabytes)s MB. Choose a smaller one.")
    status = 413


class TooManyFiles(Refusal):
    """The assignment has as many files as it may."""

    code = "too_many_files"
    detail = gettext_lazy("You have sent %(most)s files for this task: no more are taken.")


def check_size(length: int) -> None:
    """Refuse by the announced or counted number of bytes. Raises FileTooLarge."""
    if length > MOST_BYTES:
        raise FileTooLarge(megabytes=MOST_BYTES // 1_000_000)


def send(*, assignment: Assignment, worker: User, kind: str, body: bytes) -> AnswerFile:
    """Keep a photo or a recording for an answer of the assignment.

    Only its worker may send, and only while the answer can still be given or changed. Place, time and device of a
    photo are gone from what is kept; a recording is kept as AAC.

    Raises NotFound, LeaseOver, NotEditable, FileNotAsked, TooManyFiles, FileTooLarge, FileNotTaken.
    """
    if assignment.worker_id != worker.pk:
        raise NotFound
    _check_open(assignment)
    if kind not in _asked(compile_form(assignment.batch.form)):
        raise FileNotAsked
    check_size(len(body))
    _check_room(assignment)
    name, size = _cleaned(kind, body)
    try:
        with transaction.atomic():
            held = Assignment.objects.select_for_update(no_key=True).get(pk=assignment.pk)
            _check_open(held)
            _check_room(held)
            return AnswerFile.objects.create(assignment=held, kind=kind, path=name, size=size)
    except BaseException:
        shelf.remove([name])
        raise


def _check_open(assignment: Assignment) -> None:
    if assignment.state == Assignment.State.EXPIRED:
        raise LeaseOver
    if assignment.state not in OPEN:
        raise NotEditable


def _check_room(assignment: Assignment) -> None:
    if AnswerFile.objects.filter(assignment=assignment).count() >= MOST_FILES:
        raise TooManyFiles(most=MOST_FILES)


def _asked(form: Form) -> set[str]:
    return {widget.options["accept"] for widget in form.fields if widget.key == "upload"}


def _cleaned(kind: str, body: bytes) -> tuple[str, int]:
    """Store the harmless version of what was sent: its name in the store and its bytes. Raises FileNotTaken."""
    with tempfile.TemporaryDirectory(prefix="tessera-answer-") as folder:
        sent, made = Path(folder) / "sent", Path(folder) / "made"
        sent.write_bytes(body)
        made.mkdir()
        try:
            found = making.make(sent, made, seconds=PATIENCE)
        except MediaRefused as refused:
            raise FileNotTaken(refused.message) from None
        if found.kind != MADE[AnswerFile.Kind(kind)]:
            raise FileNotTaken(_not_the_kind(kind))
        if found.seconds > MOST_SECONDS:
            raise FileNotTaken(
                gettext_lazy("This recording is longer than %(minutes)s minutes. Send a shorter one."),
                minutes=MOST_SECONDS // 60,
            )
        whole = made / found.files["full"]
        size = whole.stat().st_size
        return shelf.put(f"answers/{secrets.token_hex(16)}{whole.suffix}", whole), size


def _not_the_kind(kind: str) -> str:
    if kind == AnswerFile.Kind.PHOTO:
        return _("This is not a photo. Send a picture such as JPEG, PNG or WebP.")
    return _("This is not a sound recording. Send one such as M4A, MP3, OGG or WAV.")


def name_in_answer(*, assignment: Assignment, form: Form, answer: Mapping[str, Any]) -> None:
    """Make sure that the files which a cleaned answer names came with this assignment, and keep them from now on.

    Asks the database only when the answer names any. Raises BadAnswer with the fields.
    """
    wanted = {widget.name: widget.files(answer.get(widget.name)) for widget in form.fields}
    numbers = {name: ids.decode("fil", name) for named in wanted.values() for name in named}
    if not numbers:
        return
    mine = AnswerFile.objects.filter(assignment_id=assignment.pk, pk__in=numbers.values())
    known = {file.public_id: file.kind for file in mine}
    wrong = {
        field: [_("This file did not come with this task. Send it again.")]
        for field, named in wanted.items()
        if any(known.get(name) != kind for name, kind in named.items())
    }
    if wrong:
        raise BadAnswer(fields=wrong)
    mine.filter(named_at__isnull=True).update(named_at=clock.now())


def forget_unnamed() -> int:
    """Remove files that no answer named within a week, unless the task is still in hand. Returns how many."""
    before = clock.now() - dt.timedelta(days=KEPT_DAYS)
    left = AnswerFile.objects.filter(named_at__isnull=True, created_at__lt=before).exclude(
        assignment__state__in=IN_WORK
    )
    count = 0
    for file in left[:1000]:
        # The row first: a file without a row is only lost room, a row without its file would be a lost answer.
        if AnswerFile.objects.filter(pk=file.pk, named_at__isnull=True).delete()[0]:
            shelf.remove([file.path])
            count += 1
    return count
