"""Somebody who did everything here, under a name that stands nowhere else: to be taken along, and to be erased."""

import datetime as dt
from pathlib import Path
from typing import Any

from tests import bank_files, market
from tests.bank_files import camt, detail, entry, statement
from tests.payments_helpers import DETAILS, EUR

NAME = "Rozenn Quillivic"
EMAIL = "rozenn.quillivic@example.test"
STREET = "17 venelle des Korrigans"
TIN = "3012345678901"
PHONE = "+33755501234"
WORDS = "Zanzibarrotte"  # in every text that she wrote herself
TRACES = (NAME, "quillivic", EMAIL, STREET, TIN, PHONE, PHONE.lstrip("+"), WORDS)


def iban() -> str:
    from payments.services import iban as ibans

    return ibans.make("FR", "30066106410001057380116")


def traces() -> tuple[str, ...]:
    """Every text by which she could be found."""
    plain = iban()
    return (*TRACES, plain, " ".join(plain[place : place + 4] for place in range(0, len(plain), 4)))


def bank(settings: Any) -> None:
    """Payouts leave as files for our bank."""
    from decimal import Decimal

    for name, value in bank_files.SETTINGS.items():
        setattr(settings, name, value)
    settings.BANK_SECOND_LOOK_EUR = Decimal(100_000)


def rozenn() -> Any:
    """A worker with payout details, a second factor, a key and sessions."""
    from dataclasses import replace

    from marketplace.base import keys
    from payments.models import Payee
    from payments.services import payees
    from tests.personas import give_second_factor, log_in, make_worker

    user = make_worker("rozenn.quillivic")
    user.name = NAME
    user.save(update_fields=["name"])
    give_second_factor(user)
    details = replace(
        DETAILS,
        legal_name=NAME,
        address=STREET,
        account_holder=NAME,
        tin=TIN,
        iban=iban(),
        birth_place="Quimper",
    )
    payees.save(user=user, details=details, actor=user)
    Payee.objects.filter(user=user).update(mobile_number=PHONE, mobile_provider="Orange")
    keys.create(user=user, organisation=None, name=f"{WORDS} script", scopes=["work"], days=30)
    log_in(user).get("/work/")
    return user


def works(user: Any, organisation: Any, alice: Any) -> Any:
    """Two tasks: one answered and approved, with a photo; one given back half done."""
    from tasks.models import Draft, Signal
    from tasks.services import claims, reviews

    batch = market.open_batch(organisation, alice, rows=6, reward_micros=20 * EUR)
    good = market.submitted(user, batch)
    reviews.approve(batch=batch, assignments=[good.pk], actor=alice)
    back = market.claimed(user, batch)
    Draft.objects.create(assignment=back, answer={"same": f"{WORDS}"}, updated_at=now())
    claims.release(assignment=back, worker=user)
    Signal.objects.create(
        batch=batch,
        worker=user,
        kind="too_fast",
        evidence={},
        first_at=now(),
        last_at=now(),
        note=f"Is {NAME} a person?",
    )
    photo(good)
    return batch


def now() -> dt.datetime:
    from marketplace.base import clock

    return clock.now()


def photo(assignment: Any) -> None:
    """A photo that she sent, with her name in its bytes."""
    import tempfile

    from tasks.media import shelf
    from tasks.models import AnswerFile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "photo.jpg"
        path.write_bytes(b"\xff\xd8 " + NAME.encode())
        name = shelf.put(f"answers/rozenn{assignment.pk}.jpg", path)
    AnswerFile.objects.create(assignment=assignment, kind="photo", path=name, size=20, named_at=now())


def argues(user: Any, batch: Any, alice: Any, dana: Any, dora: Any) -> Any:
    """An answer that was contested, replied to, refused, and appealed: others wrote her name into it."""
    from tasks.models import Dispute
    from tasks.services import disputes, reviews

    row = market.submitted(user, batch)
    reviews.contest(
        assignment=row, actor=alice, reason="incomplete", evidence=f"{NAME} left half of it out ({EMAIL})."
    )
    disputes.reply(assignment=row, worker=user, text=f"{WORDS}: nothing is missing, says {NAME}.")
    first = Dispute.objects.get(assignment=row)
    disputes.decide(dispute=first, moderator=dana, outcome="reject", reason=f"Half is missing, {NAME}.")
    row.refresh_from_db()
    disputes.appeal(assignment=row, worker=user, text=f"{WORDS}! It is all there.")
    second = Dispute.objects.get(assignment=row, is_appeal=True)
    disputes.decide(dispute=second, moderator=dora, outcome="approve", reason=f"{NAME} is right, sorry.")
    return row


def asks(user: Any, batch: Any, dana: Any, dora: Any) -> None:
    """A certificate, a report, a request to the help fund, a restriction that ended, a message, an invitation."""
    from marketplace.base.models import Invitation, SentMail
    from payments.services import help_fund
    from tasks.models import BatchGuest
    from tasks.services import messages, reports
    from tests.integration.test_certificates import SHOWN, held
    from workers.services import certificates, restrictions

    certificates.issue(award=held(user), person=user, name=NAME, shown=SHOWN)
    report, _secret = reports.file(reason="other", text=f"{WORDS}: this is odd.", reporter=user, batch=batch)
    reports.decide(
        report=report, moderator=dana, outcome="nothing", statement=f"Thank you, {NAME}: it is fine."
    )
    grant = help_fund.ask(
        worker=user, purpose="equipment", amount_micros=80 * EUR, words=f"{WORDS}, my chair broke."
    )
    help_fund.refuse(request=grant, actor=dana, decision=f"Not this time, {NAME}.")
    row = restrictions.restrict(
        user=user, moderator=dana, reason=f"{NAME} was asked to wait.", ends_at=now() + dt.timedelta(days=2)
    )
    restrictions.lift(restriction=row, moderator=dana)
    messages.send(batch=batch, worker=user, author=user, text=f"{WORDS}: which one do you mean?")
    organisation = batch.organisation
    Invitation.objects.create(
        organisation=organisation, email=EMAIL, role="viewer", token_hash="0" * 64, invited_by=batch.created_by,
        expires_at=now() + dt.timedelta(days=7),
    )  # fmt: skip
    BatchGuest.objects.create(batch=batch, email=EMAIL, invited_by=batch.created_by)
    SentMail.objects.create(recipient=EMAIL, subject="Hello", body=f"Hello {NAME}")
    SentMail.objects.create(
        recipient="vera@example.test", subject=f"{NAME} invites you", body=f"{EMAIL} asks."
    )


def is_paid(user: Any, dana: Any, erin: Any) -> Any:
    """What is due leaves in a file for the bank, whose statement names her."""
    from payments.models import Payout
    from payments.services import payouts, run_files, runs, statements_in

    payout = payouts.request(user=user, actor=user)
    run = runs.draft(gateway="bank", actor=erin)
    runs.release(run=run, actor=dana)
    runs.release(run=run, actor=erin)
    whole = f"-{payout.amount_micros / EUR:.2f}"
    left = entry(whole, ref="A1", batch=run_files.carried(run.public_id))
    # She once paid in by mistake: the line waits for somebody to explain it.
    came = detail(words=f"For {NAME}, {PHONE}", name=NAME, account=iban())
    statements_in.read(camt(statement(left, entry("5.00", came, ref="B2"), opening="1000.00")), actor=erin)
    return Payout.objects.get(pk=payout.pk)
