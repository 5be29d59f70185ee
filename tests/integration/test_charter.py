"""The charter page lists only what is kept: each rule has what enforces it, and a test by its id."""

import datetime as dt
import json
import re
from decimal import Decimal
from importlib import import_module

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.urls import get_resolver

from marketplace.base import clock
from marketplace.base.models import Notice
from marketplace.base.texts import read
from marketplace.celery import BEAT
from marketplace.web import charter, charter_proofs
from payments.models import Entry, Transaction
from payments.services import earnings, pricing
from tasks.models import Assignment, Batch, Dispute
from tasks.services import batches, disputes, reviews
from tests import market
from tests.sources import ROOT
from workers.models import Restriction

EUR = market.EUR
pytestmark = pytest.mark.django_db


def find(path):
    """The object behind a dotted path: a function, or a method of a class."""
    parts = path.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        try:
            found = import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for name in parts[cut:]:
            found = getattr(found, name)
        return found
    raise LookupError(path)


# What this house has promised, chapter by chapter. A promise may be added; none goes without a word.
PROMISED = (
    *(f"P{number}" for number in range(1, 15)),
    *(f"C{number}" for number in range(1, 8)),
    *(f"M{number}" for number in (*range(1, 9), 11, 12)),
    *(f"W{number}" for number in range(1, 8)),
    *(f"D{number}" for number in range(1, 6)),
)


def test_every_promise_is_in_the_register_with_a_test():
    assert set(PROMISED) <= {rule.id for rule in charter.RULES}
    assert set(PROMISED) <= set(charter_proofs.by_rule())


def test_every_rule_says_what_enforces_it_and_that_exists():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint UNION SELECT tgname FROM pg_trigger"
            " UNION SELECT indexname FROM pg_indexes"
        )
        known = {name for (name,) in cursor.fetchall()}
    for rule in charter.RULES:
        assert rule.database or rule.code, rule.id
        assert set(rule.database) <= known, rule.id
        assert all(find(path) for path in rule.code), rule.id


def test_every_job_page_and_setting_that_a_rule_names_exists(settings):
    pages = {key for key in get_resolver().reverse_dict if isinstance(key, str)}
    for rule in charter.RULES:
        assert set(rule.jobs) <= set(BEAT), rule.id
        assert set(rule.pages) <= pages, rule.id
        assert all(hasattr(settings, name) for name in rule.settings), rule.id


def test_every_rule_is_proved_by_a_test_of_its_name_and_no_test_names_a_rule_that_is_not_there():
    proved = set(charter_proofs.by_rule())
    assert {rule.id for rule in charter.RULES} - proved == set()
    assert proved - {rule.id for rule in charter.RULES} == set()


def test_the_command_lists_each_rule_with_its_settings_what_enforces_it_and_its_tests(capsys, settings):
    settings.REDO_DAYS = 9
    call_command("charter", json=True)
    rows = {row["id"]: row for row in json.loads(capsys.readouterr().out)}
    assert list(rows) == [rule.id for rule in charter.RULES]
    assert rows["P7"]["settings"] == {"REDO_DAYS": 9}
    assert rows["P7"]["enforced"]["job"] == ["escalate-contests"]
    assert "9 days" in rows["P7"]["text"]
    assert all(row["tests"] for row in rows.values())
    for path, _, name in (test.rpartition("::") for row in rows.values() for test in row["tests"]):
        assert f"def {name}(" in (ROOT / path.partition("::")[0]).read_text()
    call_command("charter")
    assert "escalate-contests" in capsys.readouterr().out


def test_no_rule_stands_there_twice_and_each_reads_as_a_sentence():
    assert len({rule.id for rule in charter.RULES}) == len(charter.RULES)
    for rule in charter.RULES:
        assert str(rule).endswith("."), rule.id
        assert "%(" not in str(rule), rule.id


def test_the_page_shows_every_rule_with_the_present_settings(client, settings):
    settings.REDO_DAYS = 9
    page = client.get("/charter/").content.decode()
    assert all(f'id="{rule.id}"' in page for rule in charter.RULES)
    assert "9 days" in page
    assert "€0.65" in page


def by_id(number):
    return next(rule for rule in charter.RULES if rule.id == number)


def test_W2_and_C4_say_of_this_installation_what_is_switched_on_and_what_is_off(client, settings, capsys):
    settings.PILOT = settings.ROTATION = settings.ADMISSION = True
    assert "paid pilot" in str(by_id("W2")) and by_id("W2").off == []
    assert "share" not in str(by_id("C4")) or "%" in str(by_id("C4"))
    assert "does at most" in str(by_id("C4")) and "people who join wait" in str(by_id("C4"))
    assert "Off here" not in client.get("/charter/").content.decode()
    settings.PILOT = settings.ADMISSION = False
    page = client.get("/charter/").content.decode()
    assert "pilot: its first" not in page and "people who join wait" not in page and "does at most" in page
    assert page.count("Off here:") == 2 and "<code>ADMISSION</code>" in page
    call_command("charter", json=True)
    rows = {row["id"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["W2"]["off"] == [{"setting": "PILOT", "what": "the paid pilot of a batch"}]
    assert [part["setting"] for part in rows["C4"]["off"]] == ["ADMISSION"] and rows["P7"]["off"] == []
    settings.ROTATION = False
    assert str(by_id("C4")) == "Nothing of this rule holds here now."
    call_command("charter")
    assert "off here  the line for people who join (ADMISSION)" in capsys.readouterr().out


def test_the_register_of_automated_rules_says_what_is_off_here(client, settings):
    settings.PILOT, settings.ADMISSION, settings.ROTATION = False, True, True
    assert client.get("/charter/rules/").content.decode().count("(off here)") == 1
    assert "Off here" in client.get("/charter/rules/pilot/").content.decode()
    assert "Off here" not in client.get("/charter/rules/admission/").content.decode()
    off = {row["name"] for row in client.get("/charter/rules.json").json()["rules"] if row["off"]}
    assert off == {"pilot"}


def test_the_public_figures_say_that_nobody_has_to_wait_where_there_is_no_line(settings):
    from marketplace.web.transparency.people import WORKERS

    settings.ADMISSION = True
    assert "off here" not in WORKERS.called("waiting")
    settings.ADMISSION = False
    assert "off here" in WORKERS.called("waiting")


# --- Rules that no other file proves -----------------------------------------------------------------------


@pytest.fixture
def batch(atelier, alice):
    return market.open_batch(atelier, alice, rows=2, reward_micros=EUR)


@pytest.fixture
def refused(batch, alice, bob, dana):
    """A submission of Bob that Dana refused."""
    row = market.submitted(bob, batch)
    reviews.contest(assignment=row, actor=alice, reason="incomplete", evidence="Half is missing.")
    disputes.reply(assignment=row, worker=bob, text="Nothing is.")
    disputes.decide(
        dispute=Dispute.objects.get(), moderator=dana, outcome="reject", reason="Half is missing."
    )
    row.refresh_from_db()
    return row


def test_P13_workers_pay_no_fee_and_the_requesters_is_a_line_of_its_own(batch, alice, bob):
    quote = pricing.quote(2, EUR, pricing.Rates.from_settings())
    assert (quote.rewards, quote.fee) == (2 * EUR, 400_000)
    row = market.submitted(bob, batch)
    reviews.approve(batch=batch, assignments=[row.pk], actor=alice)
    assert earnings.summary(bob).payable == EUR


def test_C7_no_query_of_the_product_counts_what_was_given_back():
    """Only the state machine, the words about it and a person's own data may name the state."""
    named = {
        str(path.relative_to(ROOT))
        for app in ("marketplace", "tasks", "workers", "payments")
        for path in (ROOT / app).rglob("*.py")
        if "migrations" not in path.parts and re.search(r"(?<!Run)State\.RELEASED", path.read_text())
    }
    assert named <= {
        "tasks/models/assignment.py",
        "tasks/services/claims.py",
        "tasks/services/rotation.py",  # leaves what was given back out of the last task of a run
        "tasks/services/submissions.py",
        "tasks/selectors/story.py",
        "tasks/views/history.py",
        "tasks/views/workbench.py",
    }


def soon():
    """So near that one moderator restricts alone."""
    return clock.now() + dt.timedelta(days=20)


def test_M2_no_restriction_without_a_named_other_person(bob):
    # The trigger on conflicts may be the first to say so.
    with (
        pytest.raises(IntegrityError, match="restriction_by_somebody_else|a part in it"),
        transaction.atomic(),
    ):
        Restriction.objects.create(user=bob, decided_by=bob, reason="x", ends_at=soon())
    with pytest.raises(IntegrityError), transaction.atomic():
        Restriction.objects.create(user=bob, decided_by=None, reason="x", ends_at=soon())


def test_M3_a_decision_states_its_reasons_and_is_promised_within_fourteen_days(refused, bob, dana):
    case = Dispute.objects.get()
    assert (case.decide_by - case.opened_at).days == 14
    ((_notice, text),) = read(Notice.objects.filter(user=bob, kind="decided"))
    assert "Half is missing." in " ".join(text.lines)
    with pytest.raises(IntegrityError, match="restriction_says_why"), transaction.atomic():
        Restriction.objects.create(user=bob, decided_by=dana, reason="", ends_at=soon())


def test_M5_an_appeal_that_is_won_restores_pay_and_record(refused, bob, dora):
    appeal = disputes.appeal(assignment=refused, worker=bob, text="Look at page two.")
    disputes.decide(dispute=appeal, moderator=dora, outcome="approve", reason="It is on page two.")
    refused.refresh_from_db()
    assert refused.state == Assignment.State.APPROVED
    assert earnings.summary(bob).payable == EUR
    market.assert_sound()


def test_W1_an_empty_purpose_is_refused(batch):
    with pytest.raises(IntegrityError, match="batch_says_what_it_is_for"), transaction.atomic():
        Batch.objects.filter(pk=batch.pk).update(purpose="")


def test_W5_a_person_looks_at_the_first_batch_and_at_a_large_one(atelier, alice, settings):
    market.fund(atelier, 20_000)
    first = batches.publish(batch=market.draft(atelier, alice), actor=alice)
    assert (first.state, first.screening_reasons) == ("screening", ["no_history"])
    settings.SCREENING_LARGE_EUR = Decimal("1")
    atelier.trusted_at = atelier.created_at
    atelier.save()
    large = batches.publish(batch=market.draft(atelier, alice), actor=alice)
    assert (large.state, large.screening_reasons) == ("screening", ["large_amount"])


@pytest.mark.parametrize(
    "kind", ["payout_paid", "payout_failed", "payout_returned", "payout_held", "payout_released"]
)
def test_D2_every_message_about_a_payout_links_to_tax_and_social_information(bob, client, kind):
    notice = Notice(user=bob, kind=kind, data={"payout": "pay_0000000000000", "amount": EUR})
    ((_notice, text),) = read([notice])
    link = next(word for line in text.lines for word in line.split() if word.endswith("#taxes"))
    assert 'id="taxes"' in client.get("/" + link.split("/", 3)[3]).content.decode()


def test_D5_five_percent_of_the_fees_go_to_the_help_fund(batch, alice, bob):
    row = market.submitted(bob, batch)
    reviews.approve(batch=batch, assignments=[row.pk], actor=alice)
    shares = dict(
        Entry.objects.filter(account__kind__in=["help_fund", "platform_fees"]).values_list(
            "account__kind", "amount"
        )
    )
    assert shares == {"help_fund": 10_000, "platform_fees": 190_000}


def test_L2_the_books_only_grow(batch):
    with pytest.raises(Exception, match="append|change"), transaction.atomic():
        Transaction.objects.update(kind="other")
    with pytest.raises(Exception, match="append|change|delete"), transaction.atomic():
        Entry.objects.all().delete()
