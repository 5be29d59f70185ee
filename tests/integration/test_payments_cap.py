"""The yearly cap (charter C1, C2, C3): reserved at the claim, earned at approval, extra beside it."""

import datetime as dt

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from marketplace.base import clock as house_clock
from marketplace.base.models import Notice
from payments.models import Cap
from payments.services import cap
from tests.payments_helpers import EUR

LIMIT = 3000 * EUR


def reserve(worker, micros, year=2026, limit=LIMIT):
    return cap.reserve(worker_id=worker.pk, cap_year=year, amount_micros=micros, cap_limit=limit)


def row(worker, year=2026):
    return Cap.objects.values_list("reserved_micros", "earned_micros", "extra_micros").get(
        user=worker, year=year
    )


class TestC1TheClaimReserves:
    def test_c1_of_3000_with_2999_50_taken_60_cents_are_refused_and_50_cents_fit(self, bob):
        assert reserve(bob, 1000 * EUR)
        cap.earn_set([(bob.pk, 2026, 1000 * EUR)])
        cap.add_extra(worker_id=bob.pk, cap_year=2026, amount_micros=1000 * EUR)
        assert reserve(bob, 999_500_000)
        assert reserve(bob, 600_000) is False
        assert reserve(bob, 500_000) is True
        assert reserve(bob, 1) is False
        assert row(bob) == (1000 * EUR, 1000 * EUR, 1000 * EUR)

    def test_what_is_given_back_can_be_reserved_again(self, bob):
        assert reserve(bob, LIMIT)
        assert not reserve(bob, 1)
        cap.release(worker_id=bob.pk, cap_year=2026, amount_micros=EUR)
        assert reserve(bob, EUR)

    def test_more_than_was_reserved_is_never_given_back_nor_earned(self, bob):
        reserve(bob, EUR)
        with pytest.raises(IntegrityError, match="cap_amounts_never_below_zero"), transaction.atomic():
            cap.release(worker_id=bob.pk, cap_year=2026, amount_micros=EUR + 1)
        with pytest.raises(IntegrityError, match="cap_amounts_never_below_zero"), transaction.atomic():
            cap.earn_set([(bob.pk, 2026, EUR + 1)])
        assert row(bob) == (EUR, 0, 0)

    def test_giving_back_to_a_worker_without_a_row_raises(self, bob):
        with pytest.raises(LookupError):
            cap.release(worker_id=bob.pk, cap_year=2026, amount_micros=1)
        with (
            pytest.raises(DatabaseError, match="no cap row"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("SELECT payments_cap_release(%s, 2026, 1)", [bob.pk])

    def test_the_functions_of_the_claim_agree_with_the_service(self, bob):
        with connection.cursor() as cursor:
            cursor.execute("SELECT payments_cap_reserve(%s, 2026, %s, %s)", [bob.pk, EUR, LIMIT])
            assert cursor.fetchone() == (True,)
            cursor.execute("SELECT payments_cap_release(%s, 2026, %s)", [bob.pk, EUR])
        assert row(bob) == (0, 0, 0)

    @pytest.mark.parametrize("amount", [-1, None])
    def test_amounts_below_zero_and_none_are_faults(self, bob, amount):
        with pytest.raises(DatabaseError, match="from zero up"), transaction.atomic():
            reserve(bob, amount)

    def test_a_first_claim_over_the_limit_is_refused(self, bob):
        assert reserve(bob, EUR, limit=EUR - 1) is False
        assert reserve(bob, EUR - 1, limit=EUR - 1) is True

    def test_a_lowered_setting_touches_new_rows_only_and_a_raised_one_counts_at_once(self, bob, bea):
        assert reserve(bob, 20 * EUR, limit=100 * EUR)
        assert reserve(bob, 70 * EUR, limit=50 * EUR), "the row keeps the 100 € it was made with"
        assert not reserve(bea, 70 * EUR, limit=50 * EUR)
        assert not reserve(bob, 20 * EUR, limit=50 * EUR)
        assert reserve(bob, 20 * EUR, limit=200 * EUR)


class TestTheRules:
    def test_a_worker_has_one_row_a_year(self, bob):
        Cap.objects.create(user=bob, year=2026, cap_micros=1)
        with pytest.raises(IntegrityError, match="cap_once_per_worker_and_year"), transaction.atomic():
            Cap.objects.create(user=bob, year=2026, cap_micros=1)

    @pytest.mark.parametrize("column", ["cap_micros", "reserved_micros", "earned_micros", "extra_micros"])
    def test_no_amount_is_below_zero(self, bob, column):
        values = {"cap_micros": 10, column: -1}
        with (
            pytest.raises(IntegrityError, match=r"cap_amounts_never_below_zero|cap_holds"),
            transaction.atomic(),
        ):
            Cap.objects.create(user=bob, year=2026, **values)

    def test_reserved_and_earned_never_pass_the_cap_whatever_the_code_does(self, bob):
        with pytest.raises(IntegrityError, match="cap_holds_reserved_and_earned"), transaction.atomic():
            Cap.objects.create(user=bob, year=2026, cap_micros=10, reserved_micros=6, earned_micros=5)

    @pytest.mark.parametrize("column", ["earned_micros", "extra_micros", "cap_micros"])
    def test_what_was_earned_never_shrinks(self, bob, column):
        Cap.objects.create(user=bob, year=2026, cap_micros=10, earned_micros=5, extra_micros=5)
        with pytest.raises(IntegrityError, match="what was earned stays"), transaction.atomic():
            Cap.objects.filter(user=bob).update(**{column: 4})

    def test_a_row_is_never_deleted(self, bob):
        Cap.objects.create(user=bob, year=2026, cap_micros=10)
        with pytest.raises(IntegrityError, match="what was earned stays"), transaction.atomic():
            Cap.objects.all().delete()

    @pytest.mark.django_db(transaction=True)
    def test_the_table_is_never_emptied(self):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("TRUNCATE payments_cap")


class TestSets:
    def test_a_set_moves_every_row_and_adds_up_those_of_one_worker(self, bob, bea):
        for worker in (bob, bea):
            reserve(worker, 10 * EUR)
            reserve(worker, 10 * EUR, year=2027)
        cap.earn_set([(bea.pk, 2026, EUR), (bob.pk, 2026, EUR), (bob.pk, 2026, 2 * EUR), (bob.pk, 2027, EUR)])
        cap.release_set([(bob.pk, 2026, 5 * EUR), (bea.pk, 2027, EUR)])
        assert row(bob) == (2 * EUR, 3 * EUR, 0)
        assert row(bob, 2027) == (9 * EUR, EUR, 0)
        assert row(bea) == (9 * EUR, EUR, 0)
        assert row(bea, 2027) == (9 * EUR, 0, 0)

    def test_extra_makes_the_row_of_a_worker_without_one_and_may_pass_the_cap(self, bob):
        cap.add_extra_set([(bob.pk, 2026, LIMIT), (bob.pk, 2026, EUR)])
        assert row(bob) == (0, 0, LIMIT + EUR)
        assert not reserve(bob, 1)

    def test_an_empty_set_is_nothing(self, db):
        cap.earn_set([])
        cap.release_set([])
        cap.add_extra_set([])


class TestStanding:
    def test_a_new_year_is_empty(self, bob):
        assert cap.standing(bob, 2026) == cap.CapStanding(2026, LIMIT, 0, 0, 0, LIMIT)

    def test_it_says_what_is_left(self, bob):
        reserve(bob, 100 * EUR)
        cap.earn_set([(bob.pk, 2026, 40 * EUR)])
        cap.add_extra(worker_id=bob.pk, cap_year=2026, amount_micros=5 * EUR)
        standing = cap.standing(bob, 2026)
        assert standing == cap.CapStanding(2026, LIMIT, 60 * EUR, 40 * EUR, 5 * EUR, 2895 * EUR)
        assert standing.used == 105 * EUR

    def test_c3_the_year_is_that_of_paris_whatever_the_hour_in_utc(self, bob, clock):
        last = dt.datetime(2026, 12, 31, 23, 59, tzinfo=house_clock.BOOKS)
        first = dt.datetime(2027, 1, 1, 0, 1, tzinfo=house_clock.BOOKS)
        clock.set(last)
        assert cap.standing(bob).year == 2026
        reserve(bob, LIMIT, year=house_clock.year_of(house_clock.now()))
        assert cap.standing(bob).left == 0
        clock.set(first)  # 23:01 of the old year in UTC
        assert cap.standing(bob).year == 2027
        assert reserve(bob, LIMIT, year=house_clock.year_of(house_clock.now()))


class TestNotices:
    def kinds(self, worker):
        return sorted(Notice.objects.filter(user=worker).values_list("kind", flat=True))

    def test_a_worker_is_told_at_80_and_at_100_percent_once_a_year(self, bob):
        reserve(bob, LIMIT)
        assert self.kinds(bob) == [], "reserved work is not earned yet"
        cap.earn_set([(bob.pk, 2026, 2399 * EUR)])
        assert self.kinds(bob) == []
        cap.earn_set([(bob.pk, 2026, EUR)])
        assert self.kinds(bob) == ["cap_80"]
        cap.earn_set([(bob.pk, 2026, 500 * EUR)])
        assert self.kinds(bob) == ["cap_80"]
        cap.earn_set([(bob.pk, 2026, 100 * EUR)])
        cap.add_extra(worker_id=bob.pk, cap_year=2026, amount_micros=EUR)
        assert self.kinds(bob) == ["cap_100", "cap_80"]
        notice = Notice.objects.get(user=bob, kind="cap_80")
        assert notice.data == {"year": 2026, "limit": LIMIT, "earned": 2400 * EUR}

    def test_one_large_amount_passes_both_marks(self, bob):
        cap.add_extra(worker_id=bob.pk, cap_year=2026, amount_micros=LIMIT)
        assert self.kinds(bob) == ["cap_100", "cap_80"]
