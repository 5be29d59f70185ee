"""One person, one account, one yearly cap (charter C1, W6; docs/adr/0073): who leaves and comes back, who has two."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from django.db import DatabaseError, IntegrityError, transaction
from django.urls import reverse

from marketplace.base import clock as house_clock
from marketplace.base import conflicts
from marketplace.base.errors import Forbidden, Invalid, Lost, NotFound
from marketplace.base.models import AuditEvent, Notice, User
from marketplace.console import persons as desk
from marketplace.mydata import checks as leaving
from marketplace.mydata import erasure, requests, residue, retention, vault
from marketplace.mydata.models import ErasureRequest
from payments import jobs
from payments.errors import WaitsForNewYear
from payments.models import Payee, Payout, PersonAccount, PersonMark, PersonPair
from payments.services import cap, checks, iban, payees, payout_rules, payouts, person_marks, persons
from tasks.errors import CapReached
from tasks.services import claims
from tests import market, mydata
from tests.payments_helpers import DETAILS, EUR, earn, forget_behaviours
from tests.personas import make_worker
from workers.services import complaints, restrictions

pytestmark = pytest.mark.django_db
TIN = "3023217600053"
ANN = replace(
    DETAILS, legal_name="Zoé Le Goff", account_holder="Zoé Le Goff", tin=TIN,
    iban=iban.make("FR", "20041010050500013000001"),
)  # fmt: skip
OTHER = replace(
    DETAILS,
    legal_name="Paul Martin",
    account_holder="Paul Martin",
    iban=iban.make("FR", "20041010050500013000777"),
)


@pytest.fixture(autouse=True)
def world(db, settings, tmp_path):
    """A cap of 100 €, an archive, and a gateway that has forgotten everything."""
    settings.CAP_EUR = Decimal(100)
    settings.ARCHIVE_KEY = vault.public_text(X25519PrivateKey.generate())
    settings.ERASED_FILE = str(tmp_path / "erased.txt")
    settings.MEDIA_ROOT = str(tmp_path / "media")
    forget_behaviours()
    yield
    forget_behaviours()


def sound():
    assert [(check.name, check.ids) for check in checks.broken()] == []


def told(user, kind):
    return Notice.objects.filter(user=user, kind=kind).count()


def give(user, details=ANN):
    return payees.save(user=user, details=details, actor=user)


def left(name, organisation, eur, *, details=ANN, reference="asg_before"):
    """Somebody who earned, was paid, and had their account erased."""
    user = make_worker(name)
    give(user, details)
    if eur:
        earn(user, eur * EUR, organisation, reference=reference)
        payouts.request(user=user, actor=user)
    erasure.erase(user)
    user.refresh_from_db()
    return user


# --- who left and came back ---------------------------------------------------------------------------------------


def test_C1_who_leaves_and_comes_back_goes_on_with_the_cap_of_the_year_at_each_claim(atelier, alice):
    left("first", atelier, 90)
    again = make_worker("again")
    assert cap.standing(again).left == 100 * EUR
    give(again)
    standing = cap.standing(again)
    assert (standing.elsewhere, standing.used, standing.left) == (90 * EUR, 90 * EUR, 10 * EUR)
    batch = market.open_batch(atelier, alice, reward_micros=6 * EUR)
    assert claims.claim(worker=again, batch=batch).assignment_id
    with pytest.raises(CapReached):
        claims.claim(worker=again, batch=batch)
    assert told(again, "same_person_found") == 1
    sound()


def test_C1_details_that_come_after_the_work_leave_the_person_one_cap_and_the_rest_waits_with_its_date(
    atelier, clock
):
    left("first", atelier, 90)
    again = make_worker("again")
    earn(again, 70 * EUR, atelier, reference="asg_1")
    give(again)
    made = payouts.request(user=again, actor=again)
    assert made.amount_micros == 10 * EUR
    with pytest.raises(WaitsForNewYear, match="2027-01-01"):
        payouts.request(user=again, actor=again)
    sound()
    clock.set(dt.datetime(2027, 1, 1, 0, 1, tzinfo=house_clock.BOOKS))
    assert cap.standing(again).elsewhere == 0 and cap.standing(again).left == 100 * EUR
    assert payouts.request(user=again, actor=again).amount_micros == 60 * EUR
    sound()


def test_C1_the_run_of_the_clock_keeps_to_the_cap_of_the_person_too(atelier):
    left("first", atelier, 90)
    again = make_worker("again")
    earn(again, 70 * EUR, atelier, reference="asg_1")
    give(again)
    payouts.run_due()
    payouts.run_due()
    assert list(Payout.objects.filter(user=again).values_list("amount_micros", flat=True)) == [10 * EUR]


def test_C1_a_chain_of_accounts_adds_up_once(atelier):
    first = left("first", atelier, 30)
    second = left("second", atelier, 25, reference="asg_b", details=replace(ANN, iban=OTHER.iban))
    third = make_worker("third")
    give(third, replace(ANN, tin="", iban=OTHER.iban))  # known by the account of the second alone
    assert cap.standing(third).elsewhere == 55 * EUR
    assert set(PersonAccount.objects.values_list("user", "holder")) == {
        (user.pk, first.pk) for user in (first, second, third)
    }
    give(third, ANN)  # and now by both, in two ways
    assert cap.standing(third).elsewhere == 55 * EUR
    sound()


def test_C1_a_new_year_begins_with_nothing_carried_and_the_marks_are_gone(atelier, clock):
    first = left("first", atelier, 90)
    clock.set(dt.datetime(2026, 12, 31, 23, 30, tzinfo=house_clock.BOOKS))
    assert retention.run().get("marks") is None
    clock.set(dt.datetime(2027, 1, 1, 0, 5, tzinfo=house_clock.BOOKS))
    assert retention.run()["marks"] == 3
    assert not PersonMark.objects.filter(user=first).exists()
    again = make_worker("again")
    give(again)
    assert not PersonPair.objects.exists() and cap.standing(again).left == 100 * EUR


def test_D3_what_is_said_of_who_left_goes_with_their_marks_and_what_is_between_the_living_stays(
    atelier, clock
):
    left("first", atelier, 90)
    again, double = make_worker("again"), make_worker("double")
    give(again)
    give(double)
    assert PersonAccount.objects.count() == 3
    clock.set(dt.datetime(2027, 1, 1, 0, 5, tzinfo=house_clock.BOOKS))
    assert retention.run()["marks"] == 5  # three marks and two pairs
    assert set(PersonAccount.objects.values_list("user", "holder")) == {
        (again.pk, again.pk), (double.pk, again.pk)
    }  # fmt: skip
    sound()


@pytest.mark.django_db(transaction=True)
def test_D3_a_backup_that_brings_somebody_back_changes_nothing_of_what_counts(atelier):
    first = left("first", atelier, 90)
    again = make_worker("again")
    give(again)
    ErasureRequest.objects.all().delete()  # as an old backup has it
    User.objects.filter(pk=first.pk).update(email="first@example.test", name="First", is_active=True)
    PersonMark.objects.filter(user=first).update(keep_until=None)
    PersonPair.objects.update(keep_until=None)
    assert not all(check.ok for check in leaving.run())
    assert requests.follow_all()["again"] == 1
    assert all(check.ok for check in leaving.run())
    assert not PersonMark.objects.filter(user=first, keep_until__isnull=True).exists()
    assert PersonPair.objects.get().keep_until is not None
    assert cap.standing(again).elsewhere == 90 * EUR
    sound()


def test_D3_the_trace_of_looks_leads_from_no_erased_number_to_a_living_person(atelier, dana, client_of):
    first = left("first", atelier, 90)
    give(make_worker("again"))
    address = reverse("console-person-pair", args=[PersonPair.objects.get().public_id])
    assert client_of(dana).get(address).status_code == 200
    seen = AuditEvent.objects.filter(tag__startswith="console:")
    assert seen.exists() and not seen.filter(subject=first.public_id).exists()


def test_D3_after_a_restriction_marks_stay_for_as_long_as_it_can_be_contested(atelier, dana, clock):
    clock.set(dt.datetime(2026, 11, 10, 12, tzinfo=house_clock.BOOKS))
    user = make_worker("first")
    give(user)
    restrictions.restrict(user=user, moderator=dana, reason="Two accounts at once.", ends_at=market.soon())
    erasure.erase(user)
    until = set(PersonMark.objects.filter(user=user).values_list("keep_until", flat=True)).pop()
    assert abs(until - (clock.now() + dt.timedelta(days=183))) < dt.timedelta(minutes=1)


def test_D3_marks_say_nothing_of_the_person_and_former_ones_have_an_end(clock, bob):
    clock.set(dt.datetime(2026, 11, 10, 12, tzinfo=house_clock.BOOKS))
    give(bob)
    assert residue.in_database([TIN]) == {"payments_payee.tin": 1}
    give(bob, replace(ANN, iban=OTHER.iban))
    former = PersonMark.objects.filter(user=bob, keep_until__isnull=False)
    assert sorted(former.values_list("kind", flat=True)) == ["account", "account_and_name"]
    end = dt.datetime(2027, 1, 1, tzinfo=house_clock.BOOKS)
    assert {row.keep_until for row in former} == {end}
    give(bob)  # back again: in use, and without an end
    assert PersonMark.objects.filter(user=bob, kind="account", keep_until__isnull=True).count() == 1
    assert len(mydata.of(bob)["one_person"]) == 5
    sound()


def test_details_that_were_changed_this_year_still_know_the_person(atelier):
    user = make_worker("first")
    give(user)
    earn(user, 90 * EUR, atelier, reference="asg_1")
    give(user, OTHER)
    erasure.erase(user)
    again = make_worker("again")
    give(again)
    assert cap.standing(again).elsewhere == 90 * EUR


@pytest.mark.parametrize(
    "details",
    [
        replace(ANN, iban=OTHER.iban, legal_name="Somebody Else"),  # the tax number alone
        replace(ANN, tin="30 23 217 600 053", iban=OTHER.iban),
        replace(ANN, tin="", legal_name="LE GOFF  Zoe"),  # order, case, accents
    ],
)
def test_W6_a_person_is_known_however_the_details_are_written(atelier, details):
    left("first", atelier, 90)
    again = make_worker("again")
    give(again, details)
    assert cap.standing(again).elsewhere == 90 * EUR


@pytest.mark.parametrize(
    "details",
    [
        replace(ANN, tin="", iban=OTHER.iban),  # a namesake with another account
        replace(ANN, tin="1812345678901", iban=OTHER.iban),  # and a number of their own
    ],
)
def test_W6_a_namesake_is_somebody_else(atelier, details):
    left("first", atelier, 90)
    again = make_worker("again")
    give(again, details)
    assert not PersonPair.objects.exists() and cap.standing(again).left == 100 * EUR


@pytest.mark.parametrize(
    "tin", ["0000000000000", "1111111111111", "1234567890123", "0123456789012", "3210987654321"]
)
def test_W6_what_many_people_type_instead_of_a_number_makes_nobody_one_person(bob, bea, tin):
    give(bob, replace(OTHER, tin=tin))
    give(bea, replace(DETAILS, tin=tin, legal_name="Bea Roux"))
    assert not PersonPair.objects.exists()


def test_where_no_form_of_tax_numbers_is_known_the_name_counts_too():
    of = person_marks.of
    known = {"tax_residence": "TN", "tin": "1234567A", "iban": "", "mobile_number": ""}
    assert of(legal_name="Amal Ben", **known) == of(legal_name="BEN amal", **known)
    assert not of(legal_name="Amal Ben", **known) & of(legal_name="Sami Ben", **known)


# --- two accounts that live ----------------------------------------------------------------------------------------


def test_C1_two_living_accounts_of_one_person_are_paid_one_cap_together(atelier, bob, bea):
    for user in (bob, bea):
        earn(user, 80 * EUR, atelier, reference=f"asg_{user.pk}")
    give(bob)
    give(bea)
    older, newer = sorted((bob, bea), key=lambda user: user.pk)
    assert cap.withheld([older.pk, newer.pk]) == {older.pk: 0, newer.pk: 60 * EUR}
    assert payouts.request(user=newer, actor=newer).amount_micros == 20 * EUR
    assert payouts.request(user=older, actor=older).amount_micros == 80 * EUR
    assert sum(Payout.objects.values_list("amount_micros", flat=True)) == 100 * EUR
    assert told(bob, "same_person_found") == told(bea, "same_person_found") == 1
    sound()


def test_C1_what_was_paid_under_the_later_account_is_kept_back_under_the_earlier(atelier, bob, bea):
    older, newer = sorted((bob, bea), key=lambda user: user.pk)
    for user in (bob, bea):
        earn(user, 80 * EUR, atelier, reference=f"asg_{user.pk}")
    give(newer)
    assert payouts.request(user=newer, actor=newer).amount_micros == 80 * EUR
    give(older)
    assert payouts.request(user=older, actor=older).amount_micros == 20 * EUR
    sound()


def test_C1_neither_account_can_claim_what_the_other_has_used(atelier, bob, bea):
    give(bob)
    give(bea)
    assert cap.reserve(worker_id=bob.pk, cap_year=2026, amount_micros=60 * EUR)
    assert not cap.reserve(worker_id=bea.pk, cap_year=2026, amount_micros=50 * EUR)
    assert cap.reserve(worker_id=bea.pk, cap_year=2026, amount_micros=40 * EUR)
    assert not cap.reserve(worker_id=bob.pk, cap_year=2026, amount_micros=1)
    assert cap.reserve(worker_id=bob.pk, cap_year=2027, amount_micros=100 * EUR)
    cap.release(worker_id=bob.pk, cap_year=2026, amount_micros=10 * EUR)
    assert cap.reserve(worker_id=bea.pk, cap_year=2026, amount_micros=10 * EUR)


def test_the_marks_of_the_cap_are_told_for_the_sum(atelier, bob, bea):
    give(bob)
    give(bea)
    earn(bob, 70 * EUR, atelier, reference="asg_1")
    assert told(bob, "cap_80") == 0
    earn(bea, 15 * EUR, atelier, reference="asg_2")
    assert told(bea, "cap_80") == 1


def test_W6_nobody_is_restricted_or_held_for_two_accounts(atelier, bob, bea):
    give(bob)
    give(bea)
    earn(bea, 30 * EUR, atelier, reference="asg_1")
    assert payouts.request(user=bea, actor=bea).state == "pending"
    assert restrictions.in_force(bea.pk) is None and not bea.is_suspended
    assert not desk.waiting().exists()


# --- the same account under another name -------------------------------------------------------------------------


@pytest.fixture
def couple(bob, bea, atelier):
    """(earlier, later): one bank account, two names, 30 € due to the later one."""
    earlier, later = sorted((bob, bea), key=lambda user: user.pk)
    give(earlier)
    earn(later, 30 * EUR, atelier, reference="asg_1")
    give(later, replace(ANN, tin="", legal_name="Zoé Legof", account_holder="Zoé Le Goff"))
    return earlier, later


def test_W6_one_account_under_two_names_holds_the_later_payouts_until_a_shown_date(couple, atelier, clock):
    earlier, later = couple
    made = payouts.request(user=later, actor=later)
    pair = PersonPair.objects.get()
    assert (made.state, made.held_rule, made.held_until) == ("held", payout_rules.SAME, pair.held_until)
    assert not pair.is_one and cap.standing(later).elsewhere == 0
    earn(earlier, 10 * EUR, atelier, reference="asg_2")
    assert payouts.request(user=earlier, actor=earlier).state == "pending"
    clock.forward(days=7, minutes=1)
    jobs.send_payouts.by_hand()
    made.refresh_from_db()
    assert made.state in ("sent", "paid") and made.released_by is None


def test_W6_two_people_by_decision_are_let_go_and_never_held_again(couple, dana, atelier):
    earlier, later = couple
    made = payouts.request(user=later, actor=later)
    (row,) = desk.waiting()
    persons.decide(pair=row, moderator=dana, outcome="two", reason="A couple with one account.")
    made.refresh_from_db()
    assert made.state == "pending" and not desk.waiting().exists()
    assert told(earlier, "same_person_decided") == told(later, "same_person_decided") == 1
    give(later, replace(ANN, tin="", legal_name="Zoé Legof", account_holder="Z. Le Goff", iban=OTHER.iban))
    give(later, replace(ANN, tin="", legal_name="Zoé Legof"))
    assert payout_rules.same_account([later.pk]) == {}
    with pytest.raises(Lost):
        persons.decide(pair=row, moderator=dana, outcome="one", reason="Or are they?")


def test_W6_one_person_by_decision_shares_one_cap_and_a_complaint_that_is_right_parts_them(
    couple, dana, dora, atelier
):
    earlier, later = couple
    earn(earlier, 90 * EUR, atelier, reference="asg_2")
    made = payouts.request(user=later, actor=later)
    row = PersonPair.objects.get()
    persons.decide(pair=row, moderator=dana, outcome="one", reason="The same name, written in haste.")
    made.refresh_from_db()
    assert made.state == "pending" and cap.standing(later).elsewhere == 90 * EUR
    (decision,) = complaints.against(later)
    assert decision.about == "person" and decision.decided_by == dana
    made = complaints.complain(about="person", subject=row.public_id, user=later, text="We are sisters.")
    complaints.decide(complaint=made, moderator=dora, outcome="upheld", statement="Both names are right.")
    assert cap.standing(later).elsewhere == 0 and not PersonAccount.objects.exists()
    row.refresh_from_db()
    assert (row.outcome, row.decided_by) == ("two", dora)
    sound()


def test_W6_more_that_is_equal_after_a_decision_comes_before_a_person_again(couple, dana, clock):
    _earlier, later = couple
    persons.decide(pair=PersonPair.objects.get(), moderator=dana, outcome="two", reason="A couple, they say.")
    clock.forward(minutes=5)
    give(later, replace(ANN, legal_name="Zoé Legof"))  # the tax number of the earlier one
    (row,) = desk.waiting()
    assert row.by_tin and not row.is_one, "what a person decided stands until a person decides again"
    clock.forward(minutes=5)
    persons.decide(pair=row, moderator=dana, outcome="one", reason="The tax number is one person's.")
    assert cap.standing(later).elsewhere == 0 and PersonAccount.objects.count() == 2
    sound()


def test_M2_who_decides_is_a_moderator_with_a_reason_and_no_part_in_it(
    couple, bob, bea, ben, dana, charlie, atelier
):
    row = PersonPair.objects.get()
    for nobody in (bob, ben):
        with pytest.raises(Forbidden):
            persons.decide(pair=row, moderator=nobody, outcome="two", reason="We are two.")
    for words in ({"outcome": "two", "reason": " "}, {"outcome": "three", "reason": "So many."}):
        with pytest.raises(Invalid):
            persons.decide(pair=row, moderator=dana, **words)
    conflicts.declare(kind="prs", number=row.pk, moderator=dana)
    with pytest.raises(conflicts.ConflictOfInterest):
        persons.decide(pair=row, moderator=dana, outcome="two", reason="My neighbours.")
    with pytest.raises(IntegrityError, match="who has a part in it"), transaction.atomic():
        PersonPair.objects.filter(pk=row.pk).update(
            outcome="two", reason="Around it.", decided_by=dana, decided_at=house_clock.now()
        )


# --- objections ----------------------------------------------------------------------------------------------------


def test_W6_who_is_counted_so_by_the_rule_objects_and_a_person_undoes_it(bob, bea, dana, atelier, client_of):
    earn(bob, 90 * EUR, atelier, reference="asg_1")
    give(bob)
    give(bea)
    assert cap.standing(bea).left == 10 * EUR
    row = PersonPair.objects.get()
    client = client_of(bea)
    page = client.get(reverse("earnings")).content.decode()
    address = reverse("one-person", args=[row.public_id])
    assert address in page and "€90.00" in page
    page = client.get(address).content.decode()
    assert bob.name not in page and bob.email not in page
    assert client.post(address, {"text": ""}).status_code == 400
    assert client.post(address, {"text": "We are twins; the clerk mixed us up."}).status_code == 302
    assert client.post(address, {"text": "Once more."}).status_code == 409
    (waits,) = desk.waiting()
    console = client_of(dana)
    case = reverse("console-person-pair", args=[row.public_id])
    assert "the clerk mixed us up" in console.get(case).content.decode()
    assert case in console.get(reverse("console-persons")).content.decode()
    assert (
        console.post(case, {"outcome": "two", "reason": "Two names, two days of birth."}).status_code == 302
    )
    assert cap.standing(bea).left == 100 * EUR and cap.withheld([bea.pk]) == {}
    assert not desk.waiting().exists() and waits.pk == row.pk
    sound()


def test_an_objection_is_by_one_of_the_two_with_words_and_once(bob, bea, ben):
    give(bob)
    give(bea)
    row = PersonPair.objects.get()
    with pytest.raises(NotFound):
        persons.object_to(pair=row, user=ben, text="No.")
    with pytest.raises(Invalid):
        persons.object_to(pair=row, user=bob, text="\x00")
    persons.object_to(pair=row, user=bob, text="Not me.")
    with pytest.raises(persons.ObjectedAlready):
        persons.object_to(pair=row, user=bea, text="Nor me.")
    assert persons.find_for(bea, row.public_id) == row
    with pytest.raises(NotFound):
        persons.find_for(ben, row.public_id)


# --- a restriction that was in force --------------------------------------------------------------------------------


def test_M2_who_was_restricted_and_comes_back_is_put_before_a_person_and_nothing_happens_by_itself(
    atelier, alice, dana, client_of
):
    user = make_worker("first")
    give(user)
    restrictions.restrict(user=user, moderator=dana, reason="Answers by a program.", ends_at=market.soon())
    erasure.erase(user)
    again = make_worker("again")
    give(again)
    (row,) = desk.waiting()
    assert desk.was_restricted(row)
    page = client_of(dana).get(reverse("console-person-pair", args=[row.public_id])).content.decode()
    assert "Answers by a program." in page and "erased: its person has left" in page
    assert restrictions.in_force(again.pk) is None
    assert claims.claim(worker=again, batch=market.open_batch(atelier, alice)).assignment_id


def test_a_restriction_that_was_over_or_taken_back_is_nobodys_business(atelier, dana):
    user = make_worker("first")
    give(user)
    row = restrictions.restrict(user=user, moderator=dana, reason="A mix-up.", ends_at=market.soon())
    restrictions.lift(restriction=row, moderator=dana)
    erasure.erase(user)
    give(make_worker("again"))
    assert PersonPair.objects.exists() and not desk.waiting().exists()


# --- what the database keeps, and what the clock finds ---------------------------------------------------------------


def test_details_from_before_are_found_by_the_clock_once(bob, bea):
    give(bob)
    give(bea, OTHER)
    PersonMark.objects.all().delete()
    for user in (bob, bea):
        Payee.objects.filter(user=user).update(iban=ANN.iban, legal_name="Zoé Le Goff")
    from importlib import import_module

    from django.apps import apps

    import_module("payments.migrations.0014_marks_of_payees").mark(apps, None)
    assert jobs.find_persons.by_hand() == 1 and PersonAccount.objects.count() == 2
    assert jobs.find_persons.by_hand() == 0
    sound()


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"by_account": False}, "person_pair_has_something_equal"),
        ({"outcome": "one"}, "person_pair_decided_by_a_named_person_with_a_reason"),
        ({"objection": "No."}, "person_pair_objection_is_somebodys"),
        ({"swap": True}, "person_pair_in_order"),
        ({"decide": True}, "person_pair_decided_by_somebody_else"),
    ],
)
def test_each_rule_of_a_pair_is_kept_by_the_database(bob, bea, values, name):
    first, second = sorted((bob, bea), key=lambda user: user.pk)
    if values.pop("swap", False):
        first, second = second, first
    if values.pop("decide", False):
        values = {"outcome": "two", "reason": "Me.", "decided_by": first, "decided_at": house_clock.now()}
    row = PersonPair(**({"first": first, "second": second, "by_account": True} | values))
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        row.save()


def test_marks_and_groups_are_kept_by_the_database(bob, bea):
    first, second = sorted((bob, bea), key=lambda user: user.pk)
    give(bob)
    mark = PersonMark.objects.filter(user=bob).first()
    now = house_clock.now()
    for row, name in (
        (PersonMark(user=bob, kind=mark.kind, digest=mark.digest), "person_mark_once"),
        (PersonMark(user=bob, kind="face", digest=b"1"), "person_mark_kind_known"),
        (
            PersonMark(user=bob, kind="tin", digest=b"1", last_seen_at=now - dt.timedelta(1)),
            "person_mark_seen_in_order",
        ),
        (PersonPair(first=first, second=second, by_account=True), "person_pair_once"),
        (PersonAccount(user=first, holder=second), "person_is_named_by_the_first_account"),
    ):
        PersonPair.objects.get_or_create(first=first, second=second, defaults={"by_account": True})
        with pytest.raises(DatabaseError, match=name), transaction.atomic():
            row.save(force_insert=True)


def test_selfcheck_names_who_counts_together_without_a_reason(bob, bea):
    give(bob)
    give(bea)
    PersonAccount.objects.all().delete()
    (check,) = checks.broken()
    assert check.name == "accounts_count_together_as_the_pairs_say"
    assert check.ids == sorted(
        (bob.public_id, bea.public_id), key=lambda each: [bob.public_id, bea.public_id].index(each)
    )


def test_nobody_finds_the_person_in_the_marks_after_an_erasure(atelier, mailbox):
    user = left("first", atelier, 20)
    assert PersonMark.objects.filter(user=user).count() == 3
    assert residue.in_database([TIN, ANN.iban, "le goff"]) == {}
    assert all(check.ok for check in leaving.run())
    PersonMark.objects.filter(user=user).update(keep_until=None)
    assert [check.name for check in leaving.run() if not check.ok] == [
        "marks_of_details_that_are_gone_have_an_end"
    ]
