"""The terms, by versions: published from files of the repository, thirty days before a change counts, told to
everybody, agreed to by each person, and readable for good (charter M12, docs/adr/0065).

A file `2027-01.en.md` of settings.TERMS_FOLDER is one version in one language. Numbers in braces, such as {fee}, are
filled in when it is published and never change afterwards; {operator} and {contact} when it is read.
"""

import datetime as dt
import difflib
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from marketplace.base import audit, clock, duties, formats, money, outbox
from marketplace.base.errors import Invalid, NotFound, Refusal
from marketplace.base.models import User
from marketplace.web.models import TermsAnswer, TermsVersion
from tasks import markdown

_NAME = re.compile(r"([0-9]{4}-[0-9]{2}[a-z]?)\.([a-z]{2})\.md")
_HEADING = re.compile(r"## (.+?)(?: \{#([a-z-]+)\})?")
FALLBACK = "en"


@dataclass(frozen=True)
class Section:
    """A chapter of the terms: its heading, the name of its anchor, and its text."""

    title: str
    anchor: str
    html: SafeString


@dataclass(frozen=True)
class Change:
    """A line of the difference between two versions. kind: "same", "new" or "gone"."""

    kind: str
    text: str


# --- files ----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=8)
def _files(folder: Path) -> dict[str, dict[str, Path]]:
    """{name of the version: {language: its file}}, oldest first."""
    found: dict[str, dict[str, Path]] = {}
    for path in sorted(folder.glob("*.md")):
        named = _NAME.fullmatch(path.name)
        if named:
            found.setdefault(named[1], {})[named[2]] = path
    return dict(sorted(found.items()))


def newest() -> int:
    """How many versions there are in the folder: nobody who agreed to so many owes an answer. Reads the folder once."""
    return len(_files(settings.TERMS_FOLDER))


def _values() -> dict[str, str]:
    """What the numbers of a version are, in the active language."""
    return {
        "years": str(settings.WORKER_MINIMUM_AGE),
        "fee": formats.percent(settings.FEE_RATE),
        "vat": formats.percent(settings.VAT_RATE),
        "reserve": formats.percent(settings.RESERVE_RATE),
        "review_days": str(settings.AUTO_APPROVE_DAYS),
        "redo_days": str(settings.REDO_DAYS),
        "decision_days": str(settings.DECISION_DAYS),
        "complaint_days": str(settings.COMPLAINT_DAYS),
        "notice_days": str(settings.TERMS_NOTICE_DAYS),
        "appeal_months": str(round(settings.APPEAL_DAYS / 30.5)),
        "hold_days": str(settings.REJECTED_HOLD_DAYS),
        "payout_least": formats.eur(money.from_decimal(settings.PAYOUT_MINIMUM_EUR)),
        "cap": formats.eur(money.from_decimal(settings.CAP_EUR)),
    }


def _filled(text: str, values: dict[str, str]) -> str:
    """`text` with the known names in braces replaced; others stay as they are."""
    return re.sub(r"\{([a-z_]+)\}", lambda found: values.get(found[1], found[0]), text)


def publish_new() -> list[int]:
    """Publish the versions of the folder that have not been, the oldest first. Returns their numbers.

    The first one counts at once; every later one `settings.TERMS_NOTICE_DAYS` after today, and everybody is told.
    Raises Invalid for a version without an English text, or one that comes before the last published.
    """
    done = []
    for number, (slug, paths) in enumerate(_files(settings.TERMS_FOLDER).items(), start=1):
        with transaction.atomic():
            known = TermsVersion.objects.select_for_update().order_by("-number").first()
            if known and known.number >= number:
                continue
            if FALLBACK not in paths or (known and slug <= known.slug):
                raise Invalid(fields={"terms": [f"{slug}: no English text, or older than what is published"]})
            done.append(_publish(number, slug, paths))
    return done


def _publish(number: int, slug: str, paths: dict[str, Path]) -> int:
    bodies, digest = {}, hashlib.sha256()
    for language, path in sorted(paths.items()):
        raw = path.read_text(encoding="utf-8")
        digest.update(f"{language}\n{raw}".encode())
        with override(language):
            bodies[language] = _filled(raw, _values())
    now = clock.now()
    notice = dt.timedelta(days=settings.TERMS_NOTICE_DAYS if number > 1 else 0)
    TermsVersion.objects.create(
        number=number, slug=slug, bodies=bodies, digest=digest.hexdigest(),
        published_at=now, in_force_at=now + notice,
    )  # fmt: skip
    audit.record("web:terms:publish", slug, actor=None, number=number)
    if number > 1:
        outbox.emit("announce", f"terms:{number}:0", about="terms", number=number, after=0)
    return number


# --- versions -------------------------------------------------------------------------------------------------------


def in_force() -> TermsVersion | None:
    """The version that counts now."""
    return TermsVersion.objects.filter(in_force_at__lte=clock.now()).order_by("-number").first()


def find(number: int) -> TermsVersion:
    """A published version. Raises NotFound."""
    row = TermsVersion.objects.filter(pk=number).first()
    if row is None:
        raise NotFound
    return row


def versions() -> list[TermsVersion]:
    """All published ones, newest first."""
    return list(TermsVersion.objects.order_by("-number"))


def body(version: TermsVersion) -> str:
    """Its text in the active language, with who runs the market as of today."""
    language = (get_language() or FALLBACK).partition("-")[0]
    text = version.bodies.get(language, version.bodies[FALLBACK])
    live = {
        "operator": settings.OPERATOR or _("the people behind this site"),
        "contact": settings.CONTACT_EMAIL,
    }
    return _filled(text, live)


def sections(version: TermsVersion) -> list[Section]:
    """Its chapters, as a page shows them."""
    found: list[Section] = []
    for part in re.split(r"(?m)^(?=## )", body(version)):
        heading, _end, text = part.partition("\n")
        named = _HEADING.fullmatch(heading.strip())
        if named:
            anchor = named[2] or f"s{len(found) + 1}"
            found.append(Section(named[1], anchor, markdown.render(text.strip())))
    return found


def difference(old: TermsVersion, new: TermsVersion) -> list[Change]:
    """What is gone and what is new, line by line, under the headings they stand under; lines between that stay are
    left out."""
    before, after = ([_plain(line) for line in body(each).splitlines() if line] for each in (old, new))
    found: list[Change] = []
    heading = ""
    for tag, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            heading = next((line for line in reversed(after[c:d]) if line.startswith("## ")), heading)
            continue
        if heading:
            found.append(Change("same", heading.removeprefix("## ")))
            heading = ""
        found += [Change("gone", line.lstrip("#- ")) for line in before[a:b]]
        found += [Change("new", line.lstrip("#- ")) for line in after[c:d]]
    return found


def _plain(line: str) -> str:
    return re.sub(r" \{#[a-z-]+\}$", "", line.strip())


# --- people ---------------------------------------------------------------------------------------------------------


def owed(user: User) -> TermsVersion | None:
    """The version in force that this person has not agreed to."""
    row = in_force()
    return row if row is not None and row.number > user.terms_number else None


def unanswered(user: User) -> Refusal | None:
    """What keeps somebody from new work who has not agreed to the version in force; for `duties`. No query for those
    who agreed to the newest one."""
    if user.terms_number >= newest() or owed(user) is None:
        return None
    return duties.TermsUnanswered(address=f"{settings.BASE_URL}{reverse('terms-agree')}")


duties.register(unanswered)


def last_answer(user: User, version: TermsVersion) -> TermsAnswer | None:
    """What a person said to a version last."""
    return TermsAnswer.objects.filter(user=user, version=version).order_by("-pk").first()


@transaction.atomic
def answer(*, user: User, version: TermsVersion, agrees: bool) -> None:
    """Agree to a version, from its publication on, or say no to it. The same again changes nothing."""
    last = last_answer(user, version)
    if last is not None and last.agrees == agrees:
        return
    TermsAnswer.objects.create(user=user, version=version, agrees=agrees, at=clock.now())
    number = user.terms_number
    if agrees:
        number = max(number, version.number)
    elif version.number <= number:
        number = version.number - 1
    User.objects.filter(pk=user.pk).update(terms_number=number)
    user.terms_number = number
    audit.record(
        f"web:terms:{'agree' if agrees else 'decline'}", user.public_id, actor=user, number=version.number
    )


def agree_at_sign_up(user: User) -> None:
    """Whoever makes an account agrees to what is published that day, also where it counts only later."""
    now_in_force = in_force()
    least = now_in_force.number if now_in_force else 1
    for version in TermsVersion.objects.filter(number__gte=least).order_by("number"):
        answer(user=user, version=version, agrees=True)


def changed_files() -> list[str]:
    """Published versions whose files say something else by now: nobody agreed to that. For selfcheck."""
    found = []
    for version in TermsVersion.objects.order_by("number"):
        paths = _files(settings.TERMS_FOLDER).get(version.slug)
        if not paths:
            continue
        digest = hashlib.sha256()
        for language, path in sorted(paths.items()):
            digest.update(f"{language}\n{path.read_text(encoding='utf-8')}".encode())
        if digest.hexdigest() != version.digest:
            found.append(version.slug)
    return found


def answers(user: User) -> list[dict[str, Any]]:
    """Which versions a person agreed to or said no to, and when; for the export."""
    rows = TermsAnswer.objects.filter(user=user).select_related("version").order_by("pk")
    return [{"version": row.version.slug, "agrees": row.agrees, "at": row.at} for row in rows]
