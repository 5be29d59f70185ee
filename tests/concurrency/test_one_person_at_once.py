"""One person with two accounts, and everything at once: one cap is used, by claims and by payouts."""

from decimal import Decimal

import pytest
from django.db import transaction

from payments.models import Cap, Payout, PersonAccount, PersonPair
from payments.services import cap, checks, payees, payouts, persons, persons_found
from tests.market import assert_sound
from tests.payments_helpers import DETAILS, EUR, earn, forget_behaviours, together

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 40  # claims at once, half under each account


@pytest.fixture
def two(bob, bea):
    forget_behaviours()
    for user in (bob, bea):
        payees.save(user=user, details=DETAILS, actor=user)
    assert PersonAccount.objects.count() == 2
    yield bob, bea
    forget_behaviours()


def claimed(two, allowed):
    def claim(index):
        worker = two[index % 2]
        return cap.reserve(worker_id=worker.pk, cap_year=2026, amount_micros=EUR, cap_limit=allowed * EUR)

    return together(MANY, claim)


def test_C1_claims_under_two_accounts_at_once_reserve_exactly_one_cap(two):
    results = claimed(two, 25)
    assert (results.count(True), results.count(False)) == (25, MANY - 25)
    assert sum(Cap.objects.values_list("reserved_micros", flat=True)) == 25 * EUR


def test_control_without_the_group_each_account_has_a_cap(two):
    PersonAccount.objects.all().delete()
    assert claimed(two, 15).count(True) == 30


def test_C1_payouts_under_two_accounts_at_once_leave_one_cap(two, atelier, settings):
    settings.CAP_EUR = Decimal(100)
    PersonAccount.objects.all().delete()
    for user in two:
        earn(user, 80 * EUR, atelier, reference=f"asg_{user.pk}")
    with transaction.atomic():
        persons.lock()
        persons_found.regroup()
    made = together(2, lambda index: payouts.request(user=two[index], actor=two[index]))
    assert sum(payout.amount_micros for payout in made) == 100 * EUR
    assert sum(Payout.objects.values_list("amount_micros", flat=True)) == 100 * EUR
    assert [(check.name, check.ids) for check in checks.broken()] == []


def test_W6_two_who_give_the_same_details_in_one_instant_are_found(bob, bea, ben):
    people = [bob, bea, ben]
    together(3, lambda index: payees.save(user=people[index], details=DETAILS, actor=people[index]))
    assert PersonPair.objects.count() == 3
    first = min(user.pk for user in people)
    assert set(PersonAccount.objects.values_list("user", "holder")) == {(user.pk, first) for user in people}
    assert_sound()
