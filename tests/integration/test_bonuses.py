"""Bonuses: to one or many who worked for the requester, with a reason, without a fee, within funds and cap."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from marketplace.base import clock, ids
from marketplace.base.errors import Forbidden
from marketplace.base.models import Notice
from payments.errors import InsufficientFunds
from payments.models import Bonus, Cap
from payments.services import bonuses as money_given
from payments.services import cap, earnings, holdings, statements
from tasks.services import bonuses, disputes, reviews
from tests import market
from tests.api_client import Program

EUR = market.EUR


@pytest.fixture
def batch(atelier, alice, bob, bea):
    """Bob and Bea have answered in it."""
    found = market.open_batch(atelier, alice, rows=6, overlap=2)
    found.bob, found.bea = market.submitted(bob, found), market.submitted(bea, found)
    return found


def wrk(worker, batch):
    return ids.worker_seen_by(worker.pk, batch.organisation_id)


def give(batch, actor, text):
    return bonuses.give(batch=batch, actor=actor, listed=bonuses.read(batch=batch, text=text))


class TestGiving:
    def test_p13_it_reaches_the_worker_whole_with_its_reason_and_the_books_hold(
        self, batch, alice, bob, client_of
    ):
        before = holdings.available(batch.organisation)
        given = give(batch, alice, f"{batch.bob.public_id},1.50,Very careful notes")
        assert given.total == 1_500_000 and holdings.available(batch.organisation) == before - 1_500_000
        assert earnings.summary(bob).payable == 1_500_000
        assert statements.of_year(bob, clock.today().year).sum_of(statements.BONUS) == 1_500_000
        assert "Very careful notes" in client_of(bob).get("/work/earnings/").content.decode()
        assert Notice.objects.get(user=bob, kind="bonus").data["amount"] == 1_500_000
        assert "Very careful notes" in client_of(bob).get("/me/notices/").content.decode()
        market.assert_sound()

    def test_the_same_list_again_gives_nothing_twice_in_whatever_file(self, batch, alice, bob, bea):
        text = f"worker,amount,reason\n{wrk(bob, batch)},1,So\n{wrk(bea, batch)},2,So\n"
        assert len(give(batch, alice, text).bonuses) == 2
        again = give(batch, alice, f"reason;worker;amount\nSo;{wrk(bob, batch)};1\nSo;{wrk(bea, batch)};2\n")
        assert (again.bonuses, again.known) == ([], [1, 2])
        assert Bonus.objects.count() == 2

    def test_a_mended_list_gives_what_was_left_and_nothing_twice(self, batch, alice, bob, bea):
        assert len(give(batch, alice, f"{wrk(bob, batch)},1,So\n{wrk(bea, batch)},1e9,So").bonuses) == 1
        mended = give(
            batch, alice, f"{wrk(bea, batch)},2,So\n{wrk(bob, batch)},1,So\n{wrk(bob, batch)},1.00,So"
        )
        assert mended.known == [2] and [row.amount_micros for row in mended.bonuses] == [2 * EUR, EUR]

    def test_more_than_the_funds_hold_gives_nothing(self, batch, alice, bob):
        with pytest.raises(InsufficientFunds):
            give(batch, alice, f"{wrk(bob, batch)},1500,So\n{wrk(batch.bea.worker, batch)},1,So")
        assert not Bonus.objects.exists()
        assert Cap.objects.get(user=bob).earned_micros == 0

    def test_c1_what_passes_the_cap_is_refused_and_the_others_are_given(
        self, batch, alice, bob, bea, settings
    ):
        year = clock.year_of(clock.now())
        row = Cap.objects.get(user=bob, year=year)
        settings.CAP_EUR = Decimal(3000)
        room = 3000 * EUR - row.reserved_micros - row.earned_micros - row.extra_micros
        market.fund(batch.organisation, 9000)
        cents = f"{room // 10_000 / 100 + 0.01:.2f}"
        given = give(batch, alice, f"{wrk(bob, batch)},{cents},So\n{wrk(bea, batch)},1,So")
        assert [bonus.worker_id for bonus in given.bonuses] == [bea.pk]
        assert set(given.refused) == {1} and given.refused[1].code == "cap_reached"
        exact = f"{room // 10_000 / 100:.2f}"
        assert len(give(batch, alice, f"{wrk(bob, batch)},{exact},So").bonuses) == 1
        assert cap.standing(bob).left < 10_000
        market.assert_sound()

    def test_only_who_may_spend_gives(self, batch, vera, charlie, bob):
        for person in (vera, charlie):
            with pytest.raises(Forbidden):
                give(batch, person, f"{wrk(bob, batch)},1,So")


class TestReading:
    @pytest.mark.parametrize(
        ("typed", "micros"),
        [("1.50", 1_500_000), ("1,50", 1_500_000), ("１", EUR), ("0.01", 10_000), ("1 500", 1500 * EUR)],
    )
    def test_amounts_that_mean_one_thing_are_read(self, batch, bob, typed, micros):
        (row,) = bonuses.read(batch=batch, text=f'{wrk(bob, batch)},"{typed}",So').rows
        assert (row.problems, row.amount_micros) == ({}, micros)

    @pytest.mark.parametrize("typed", ["0", "-1", "0.001", "1e9", "NaN", "1,500", "", "ten"])
    def test_others_are_refused_with_what_to_write_and_kept(self, batch, bob, typed):
        (row,) = bonuses.read(batch=batch, text=f'{wrk(bob, batch)},"{typed}",So').rows
        assert set(row.problems) == {"amount"} and row.amount == typed

    def test_each_line_says_what_is_wrong_with_it(self, batch, bob, ben, atelier, alice):
        lost = batch.bea
        reviews.contest(assignment=lost, actor=alice, reason="incomplete", evidence="Half of it is missing.")
        disputes.reply(assignment=lost, worker=lost.worker, text="All of it is there.")
        from tests.personas import _moderator

        disputes.decide(
            dispute=lost.disputes.get(),
            moderator=_moderator("doug"),
            outcome="reject",
            reason="The second half is missing: look at it.",
        )
        lines = [
            f"{wrk(bob, batch)},1,", f"{wrk(ben, batch)},1,So", f"{lost.public_id},1,So",
            f"{wrk(lost.worker, batch)},1,So", "usr_1,1,So", f"{wrk(bob, batch)},1,{'x' * 401}",
            f"{wrk(bob, batch)},1,Good",
        ]  # fmt: skip
        listed = bonuses.read(batch=batch, text="\n".join(lines))
        assert [sorted(row.problems) for row in listed.rows] == [
            ["reason"], ["worker"], ["worker"], ["worker"], ["worker"], ["reason"], [],
        ]  # fmt: skip
        assert listed.total == EUR

    @pytest.mark.parametrize("text", ["", "  \n", "worker,reason\nwrk_1,So"])
    def test_what_is_no_list_is_refused(self, batch, text):
        with pytest.raises(bonuses.Unreadable):
            bonuses.read(batch=batch, text=text)


class TestPages:
    def test_a_list_is_looked_at_before_it_is_given_and_bad_lines_stay(self, batch, alice, bob, client_of):
        client, place = client_of(alice), f"/batches/{batch.public_id}/bonuses/"
        text = f"{wrk(bob, batch)},1.50,Careful\nwrk_nobody,1,So\n"
        seen = client.post(place, {"step": "look", "rows": text}).content.decode()
        assert "Give €1.50" in seen and "Line 2" in seen and not Bonus.objects.exists()
        done = client.post(place, {"step": "give", "rows": text}).content.decode()
        assert "1 bonus given: €1.50" in done and "wrk_nobody,1,So" in done
        assert bob.email not in done and "Bob" not in done
        client.post(place, {"step": "give", "rows": text})
        assert Bonus.objects.count() == 1

    def test_one_bonus_pressed_twice_is_given_once(self, batch, alice, client_of):
        client, place = client_of(alice), f"/batches/{batch.public_id}/bonuses/"
        said = {
            "step": "one",
            "worker": batch.bob.public_id,
            "amount": "2",
            "reason": "Thanks",
            "once": "abc",
        }
        assert client.post(place, said).status_code == client.post(place, said).status_code == 302
        assert Bonus.objects.get().reference == batch.bob.public_id
        kept = client.post(place, {**said, "amount": "1,500", "once": "abd"})
        assert kept.status_code == 400 and "1,500" in kept.content.decode()

    def test_who_reads_only_sees_what_was_given_and_strangers_see_nothing(
        self, batch, vera, charlie, client_of
    ):
        place = f"/batches/{batch.public_id}/bonuses/"
        text = client_of(vera).get(place).content.decode()
        assert "None yet" in text and 'name="amount"' not in text
        assert client_of(vera).post(place, {"step": "one"}).status_code == 403
        assert client_of(charlie).get(place).status_code == 404


class TestPrograms:
    def test_a_program_gives_and_the_same_key_gives_once(self, batch, alice, atelier, bob):
        call = Program(alice, "read", "write", organisation=atelier)
        place = f"/batches/{batch.public_id}/bonuses/"
        body = {"bonuses": [{"worker": wrk(bob, batch), "amount": "1.50", "reason": "Careful"}]}
        first = call.post(place, body, once="k1")
        assert first["total"] == "1.50" and first["given"][0]["worker"] == wrk(bob, batch)
        assert call.post(place, body, once="k1") == first and Bonus.objects.count() == 1
        wrong = {"bonuses": [*body["bonuses"], {"worker": "wrk_x", "amount": "0", "reason": ""}]}
        answer = call.post(place, wrong, 400, once="k2")
        assert set(answer["fields"]) == {"bonuses[1].worker", "bonuses[1].amount", "bonuses[1].reason"}
        assert Bonus.objects.count() == 1
        assert call.post(place, {"bonuses": []}, 400)["code"]


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("bonus_is_whole_cents", {"amount_micros": 1}),
        ("bonus_has_a_reason", {"reason": ""}),
    ],
)
def test_the_database_keeps_the_rules_of_bonuses(batch, alice, bob, constraint, change):
    values = {
        "organisation": batch.organisation, "worker": bob, "reference": "bat_1", "amount_micros": 10_000,
        "reason": "So", "cap_year": 2026, "given_by": alice, "list_key": "x", "position": 1,
    }  # fmt: skip
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Bonus.objects.create(**{**values, **change})
    Bonus.objects.create(**values)
    with pytest.raises(IntegrityError, match="bonus_once_per_line"), transaction.atomic():
        Bonus.objects.create(**values)


def test_a_bonus_stays_as_it_was_given_and_a_missing_fact_is_found(batch, alice, bob):
    give(batch, alice, f"{wrk(bob, batch)},1,So")
    with pytest.raises(IntegrityError, match="append_only|never|change"), transaction.atomic():
        Bonus.objects.update(reason="Another")
    from payments.services import checks_given

    assert not any(checks_given.found().values())
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE payments_bonus DISABLE TRIGGER bonus_append_only")
        cursor.execute("UPDATE payments_bonus SET amount_micros = amount_micros + 10000")
        cursor.execute("ALTER TABLE payments_bonus ENABLE TRIGGER bonus_append_only")
    assert checks_given.found()["bonuses_are_in_the_ledger"] == [Bonus.objects.get().public_id]


def test_what_was_given_is_listed_for_both_sides(batch, alice, bob, atelier):
    give(batch, alice, f"{wrk(bob, batch)},1,So")
    assert money_given.of_worker(bob).get() == money_given.of_organisation(atelier).get()
