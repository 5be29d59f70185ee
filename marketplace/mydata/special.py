"""The parts of erasing that no line of a register can say: the account itself, sessions, files, bank lines."""

import datetime as dt
from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Q

from marketplace.base import clock
from marketplace.base.leavers import address_of
from marketplace.base.models import ApiKey, Membership, Notice, Organisation, OutboxEvent, User
from marketplace.sessions import SessionStore
from payments.models import BankLine, Invoice, Payee, Payout, PayoutRun
from payments.services import persons
from tasks.models import AnswerFile
from workers.models import CentreCoordinator, CentreMembership, Certificate
from workers.services import centre_members, restrictions

from .columns import ERASED
from .models import DataExport, ErasureRequest


def is_erased(user: User) -> bool:
    """Whether this account is what is left of somebody."""
    return user.email == address_of(user.pk)


def emails(user: User) -> list[str]:
    """Every address of the account."""
    return sorted({user.email, *EmailAddress.objects.filter(user=user).values_list("email", flat=True)})


def before_rows_go(user: User) -> list[str]:
    """What must happen while the rows still say whose they are; the names of files to remove after the commit."""
    _end_certificates(user)
    _forget_mails(user)
    _forget_bank(user)
    _leave_organisations(user)
    _leave_centres(user)
    forget_sessions(user)
    files = list(AnswerFile.objects.filter(assignment__worker=user).values_list("path", flat=True))
    AnswerFile.objects.filter(assignment__worker=user).delete()
    files += DataExport.objects.filter(user=user).exclude(path="").values_list("path", flat=True)
    DataExport.objects.filter(user=user).delete()
    return files


def strip_account(user: User) -> None:
    """Leave a number: nobody logs in with it, and nothing is told to it."""
    Payee.objects.filter(user=user).delete()
    persons.leave(user, was_restricted=restrictions.in_force(user.pk) is not None)
    user.email, user.name = (
        address_of(user.pk),
        ERASED,
    )  # what a decision of theirs is signed with from now on
    user.locale, user.time_zone = settings.LANGUAGE_CODE, "UTC"
    user.is_active = user.is_moderator = user.is_admin = user.is_superuser = False
    user.works = user.posts = False
    user.last_login = None
    user.set_unusable_password()
    user.save()


def write_down() -> int:
    """Write who was erased beside the database, so that a restored backup loses them again: their number, and the
    moment they came, since a backup from before that moment gives the number to somebody else.

    Returns how many were missing there. Called after the commit, and by the clock for what that missed.
    """
    done = ErasureRequest.objects.filter(state=ErasureRequest.State.DONE).select_related("user")
    missing = sorted({(row.user_id, _came(row.user)) for row in done} - _written())
    if missing:
        path = Path(settings.ERASED_FILE)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.writelines(f"{number} {came}\n" for number, came in missing)
    return len(missing)


def remembered() -> list[int]:
    """The numbers of everybody who was erased, as written beside the database."""
    return sorted({number for number, _moment in _written()})


def brought_back() -> list[User]:
    """Whom a restored backup brought back: the very people, not who got the number of one of them since."""
    written = _written()
    people = User.objects.filter(pk__in={number for number, _moment in written}).order_by("pk")
    return [user for user in people if (user.pk, _came(user)) in written and not is_erased(user)]


def _came(user: User) -> str:
    """The moment a person signed up, to the microsecond."""
    return user.date_joined.astimezone(dt.UTC).isoformat()


def _written() -> set[tuple[int, str]]:
    path = Path(settings.ERASED_FILE)
    if not path.exists():
        return set()
    lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
    return {(int(words[0]), words[1]) for words in lines if len(words) == 2}


def forget_sessions(user: User) -> None:
    """End every session. What a session holds is packed, so each one is read."""
    for row in Session.objects.iterator(chunk_size=1000):
        found: dict[str, Any] = SessionStore().decode(row.session_data)
        if str(found.get("_auth_user_id", "")) == str(user.pk):
            row.delete()


def _end_certificates(user: User) -> None:
    """Revoked in every list; the name and the signed text are replaced by the register."""
    rows = Certificate.objects.filter(award__user=user, withdrawn_at__isnull=True)
    rows.update(withdrawn_at=clock.now())


def _forget_mails(user: User) -> None:
    """Mails that were promised go with the notices they would tell."""
    keys = list(Notice.objects.filter(user=user).values_list("key", flat=True))
    OutboxEvent.objects.filter(kind="notice.mail", data__notice_key__in=keys).delete()
    OutboxEvent.objects.filter(data__user_id=user.pk).delete()


def _forget_bank(user: User) -> None:
    """Names and accounts on bank lines of the person's payouts, and in the files that carried them."""
    payouts = Payout.objects.filter(user=user)
    refs = [payout.public_id for payout in payouts.only("pk")]
    mine = Q(object_ref__in=refs) | Q(end_to_end_id__in=refs)
    payee = Payee.objects.filter(user=user).first()
    if payee:
        if payee.iban:
            mine |= Q(counterparty_iban=payee.iban) | Q(remittance__icontains=payee.iban)
        for name in {payee.legal_name, payee.account_holder}:
            mine |= Q(counterparty__iexact=name)
    BankLine.objects.filter(mine).update(remittance="", counterparty="", counterparty_iban="")
    runs = payouts.filter(run__isnull=False).values("run")
    PayoutRun.objects.filter(pk__in=runs, ended_at__isnull=False).update(content=None)


def _leave_centres(user: User) -> None:
    """Memberships end as if the person had left; what they booked becomes free."""
    for membership in CentreMembership.objects.filter(user=user, ended_at__isnull=True):
        centre_members.leave(membership=membership, user=user)
    running = CentreCoordinator.objects.filter(user=user, until__isnull=True)
    running.update(until=clock.now(), ended_by=user)


def _leave_organisations(user: User) -> None:
    """Keys end with their person. An organisation of one person alone loses what describes it, and its name unless an
    invoice carries it."""
    ApiKey.objects.filter(user=user).delete()
    mine = Organisation.objects.filter(memberships__user=user)
    for organisation in mine:
        if Membership.objects.filter(organisation=organisation).exclude(user=user).exists():
            continue
        organisation.description = organisation.website = ""
        if not Invoice.objects.filter(organisation=organisation).exists():
            organisation.name = organisation.public_id
        organisation.save(update_fields=["description", "website", "name"])
