"""The ledger: every rule of the database refuses what it must, and the service writes each fact once."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import Sum

from payments.models import Account, AccountKind, Entry, Transaction
from payments.services import ledger
from tests.payments_helpers import EUR, fund, without


@pytest.fixture
def pair(atelier, bob):
    """Two accounts with stored balances: the funds of `atelier` with 10 €, and what is due to Bob."""
    fund(atelier, 10 * EUR)
    with transaction.atomic():
        funds = ledger.account(AccountKind.ORGANISATION_AVAILABLE, organisation=atelier)
        return funds, ledger.account(AccountKind.WORKER_PAYABLE, user=bob)


def execute(sql, values=()):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


def open_transaction(kind="test", reference="one"):
    return execute(
        "INSERT INTO payments_transaction (kind, reference, created_at) VALUES (%s, %s, now()) RETURNING id",
        [kind, reference],
    )[0][0]


def add_entry(number, account, amount):
    execute(
        "INSERT INTO payments_entry (transaction_id, account_id, amount) VALUES (%s, %s, %s)",
        [number, account.pk, amount],
    )


@transaction.atomic
def write(*entries, later=()):
    """One transaction with these (account, amount), by hand; `later` are added once the constraints were looked at."""
    number = open_transaction()
    for account, amount in entries:
        add_entry(number, account, amount)
    check_deferred()
    for account, amount in later:
        add_entry(number, account, amount)
    check_deferred()


@transaction.atomic
def add_to(number, *entries):
    for account, amount in entries:
        add_entry(number, account, amount)


def check_deferred():
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    execute("SET CONSTRAINTS ALL DEFERRED")


class TestThePostings:
    def test_a_posting_moves_the_stored_balances(self, pair):
        funds, payable = pair
        with transaction.atomic():
            assert ledger.post("test", "one", [(funds, -3 * EUR), (payable, 3 * EUR)]) is True
        assert (ledger.balance(funds), ledger.balance(payable)) == (7 * EUR, 3 * EUR)

    def test_the_same_fact_again_is_recognised_and_moves_nothing(self, pair):
        funds, payable = pair
        with transaction.atomic():
            ledger.post("test", "one", [(funds, -EUR), (payable, EUR)])
            assert ledger.post("test", "one", [(payable, EUR), (funds, -EUR)]) is False
        assert ledger.balance(payable) == EUR
        assert Transaction.objects.filter(kind="test").count() == 1

    def test_the_same_fact_with_other_entries_raises(self, pair):
        funds, payable = pair
        with transaction.atomic():
            ledger.post("test", "one", [(funds, -EUR), (payable, EUR)])
        with pytest.raises(ledger.Conflict), transaction.atomic():
            ledger.post("test", "one", [(funds, -2 * EUR), (payable, 2 * EUR)])
        assert ledger.balance(payable) == EUR

    def test_a_set_is_written_at_once_and_says_what_was_new(self, pair):
        funds, payable = pair
        items = [(f"r{n}", [(funds, -n), (payable, n)]) for n in range(1, 101)]
        with transaction.atomic():
            assert ledger.post_set("test", items[:40]) == {f"r{n}" for n in range(1, 41)}
            assert ledger.post_set("test", items) == {f"r{n}" for n in range(41, 101)}
            assert ledger.post_set("test", items) == set()
        assert ledger.balance(payable) == 5050

    def test_one_changed_item_of_a_known_set_raises(self, pair):
        funds, payable = pair
        with transaction.atomic():
            ledger.post_set("test", [("a", [(funds, -1), (payable, 1)]), ("b", [(funds, -2), (payable, 2)])])
        with pytest.raises(ledger.Conflict), transaction.atomic():
            ledger.post_set("test", [("a", [(funds, -1), (payable, 1)]), ("b", [(funds, -3), (payable, 3)])])

    @pytest.mark.parametrize("amounts", [(1, 1), (1, -2), (0, 0), (5,), ()])
    def test_entries_that_do_not_sum_to_zero_or_are_nothing_are_refused_before_the_database(
        self, pair, amounts
    ):
        with pytest.raises(ValueError), transaction.atomic():
            ledger.post("test", "one", list(zip(pair, amounts, strict=False)))

    def test_a_reference_twice_in_one_set_is_refused(self, pair):
        funds, payable = pair
        with pytest.raises(ValueError), transaction.atomic():
            ledger.post_set("test", [("a", [(funds, -1), (payable, 1)])] * 2)

    def test_an_empty_set_is_nothing(self, pair):
        with transaction.atomic():
            assert ledger.post_set("test", []) == set()

    def test_kinds_that_store_no_balance_are_summed_from_entries(self, pair):
        funds, _payable = pair
        fees = ledger.account(AccountKind.PLATFORM_FEES)
        with transaction.atomic():
            ledger.post("test", "one", [(funds, -EUR), (fees, EUR)])
        fees.refresh_from_db()
        assert fees.balance == 0
        assert ledger.balance(fees) == EUR == ledger.total(AccountKind.PLATFORM_FEES)

    def test_a_reversal_mirrors_the_original_and_happens_once(self, pair):
        funds, payable = pair
        with transaction.atomic():
            ledger.post("test", "one", [(funds, -EUR), (payable, EUR)])
            original = Transaction.objects.get(kind="test", reference="one")
            assert ledger.reverse(original, "test_reversed") is True
            assert ledger.reverse(original, "test_reversed") is False
        assert (ledger.balance(funds), ledger.balance(payable)) == (10 * EUR, 0)
        with pytest.raises(IntegrityError), transaction.atomic():
            ledger.reverse(original, "test_reversed_again")

    @pytest.mark.django_db(transaction=True)
    def test_nothing_is_posted_outside_a_transaction(self, pair):
        funds, payable = pair
        with pytest.raises(ledger.NotInTransaction):
            ledger.post("test", "one", [(funds, -1), (payable, 1)])
        with pytest.raises(ledger.NotInTransaction):
            ledger.lock([funds])

    def test_an_account_is_made_once(self, bob):
        first = ledger.account(AccountKind.WORKER_PAYABLE, user=bob)
        assert ledger.account(AccountKind.WORKER_PAYABLE, user=bob) == first
        assert ledger.accounts_of_users(AccountKind.WORKER_PAYABLE, [bob.pk]) == {bob.pk: first.pk}
        assert ledger.account(AccountKind.PLATFORM_FEES) == ledger.account(AccountKind.PLATFORM_FEES)


class TestTheTriggers:
    def test_a_transaction_that_does_not_sum_to_zero_is_refused_at_commit(self, pair):
        funds, payable = pair
        with pytest.raises(IntegrityError, match="sums to 1"):
            write((funds, -1), (payable, 2))

    def test_entries_may_come_one_by_one_as_long_as_the_commit_finds_zero(self, pair):
        funds, payable = pair
        write((funds, -1), (payable, 1))
        assert ledger.balance(payable) == 1

    def test_a_transaction_without_entries_is_refused_at_commit(self, db):
        with pytest.raises(IntegrityError, match="has 0 entries"):
            write()

    def test_an_entry_added_after_the_constraints_were_looked_at_is_looked_at_too(self, pair):
        funds, payable = pair
        with pytest.raises(IntegrityError, match="sums to 1"):
            write((funds, -1), (payable, 1), later=[(payable, 1)])

    @pytest.mark.django_db(transaction=True)
    def test_entries_are_refused_once_their_transaction_has_committed(self, pair):
        funds, payable = pair
        with transaction.atomic():
            ledger.post("test", "one", [(funds, -1), (payable, 1)])
        number = Transaction.objects.get(kind="test").pk
        with pytest.raises(IntegrityError, match="committed transaction"):
            add_to(number, (payable, 1), (funds, -1))

    def test_nobody_can_claim_another_transactions_number(self, db):
        with pytest.raises(IntegrityError, match="xact_id"), transaction.atomic():
            execute(
                "INSERT INTO payments_transaction (kind, reference, created_at, xact_id)"
                " VALUES ('test', 'one', now(), '99999999')"
            )

    @pytest.mark.parametrize("table", ["payments_transaction", "payments_entry"])
    @pytest.mark.parametrize(
        "change",
        ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"],
        ids=["update", "delete", "truncate"],
    )
    @pytest.mark.django_db(transaction=True)
    def test_what_is_written_is_never_changed_or_removed(self, pair, table, change):
        with pytest.raises(IntegrityError, match=f"{table} is append-only"), transaction.atomic():
            execute(change.format(table))
        assert Entry.objects.count() == 2

    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE payments_account SET balance = balance + 1",
            "UPDATE payments_account SET reference = 'x'",
            "DELETE FROM payments_account",
        ],
    )
    def test_accounts_change_through_entries_only(self, pair, change):
        with pytest.raises(IntegrityError, match="entries only"), transaction.atomic():
            execute(change)

    @pytest.mark.django_db(transaction=True)
    def test_accounts_can_not_be_truncated(self, pair):
        with pytest.raises(IntegrityError, match="entries only"), transaction.atomic():
            execute("TRUNCATE payments_account CASCADE")

    def test_an_account_starts_empty(self, bob):
        with pytest.raises(IntegrityError, match="starts empty"), transaction.atomic():
            Account.objects.create(kind=AccountKind.WORKER_PAYABLE, user=bob, balance=1)

    def test_the_stored_balance_is_the_sum_of_the_entries_whatever_the_statement(self, pair):
        funds, payable = pair
        with transaction.atomic():
            number = open_transaction()
            execute(
                "INSERT INTO payments_entry (transaction_id, account_id, amount)"
                " VALUES (%s, %s, -5), (%s, %s, 2), (%s, %s, 3)",
                [number, funds.pk, number, payable.pk, number, payable.pk],
            )
            check_deferred()
        for account in pair:
            assert (
                ledger.balance(account)
                == Entry.objects.filter(account=account).aggregate(s=Sum("amount"))["s"]
            )


class TestTheConstraints:
    def refused(self, name, sql, values=()):
        with pytest.raises(DatabaseError, match=name), transaction.atomic():
            execute(sql, values)

    def test_a_stored_balance_never_goes_below_zero(self, pair):
        funds, payable = pair
        with pytest.raises(IntegrityError, match="account_balance_never_below_zero"), transaction.atomic():
            ledger.post("test", "one", [(funds, -11 * EUR), (payable, 11 * EUR)])
        assert ledger.balance(funds) == 10 * EUR

    @pytest.mark.django_db(transaction=True)
    def test_a_balance_is_stored_only_where_it_is_kept(self):
        ledger.account(AccountKind.PLATFORM_FEES)
        trigger = "ALTER TABLE payments_account {} TRIGGER account_changes_through_entries"
        with without(trigger.format("DISABLE"), trigger.format("ENABLE")):
            self.refused("account_balance_stored_where_it_is_kept", "UPDATE payments_account SET balance = 1")

    def test_an_entry_of_nothing_is_refused(self, pair):
        with transaction.atomic():
            number = open_transaction()
            self.refused(
                "entry_amount_is_not_zero",
                "INSERT INTO payments_entry (transaction_id, account_id, amount) VALUES (%s, %s, 0)",
                [number, pair[0].pk],
            )
            execute("SET CONSTRAINTS ALL DEFERRED")
            add_entry(number, pair[0], -1)
            add_entry(number, pair[1], 1)

    def test_only_euros(self, pair):
        with transaction.atomic():
            number = open_transaction()
            self.refused(
                "entry_is_in_euros",
                "INSERT INTO payments_entry (transaction_id, account_id, amount, currency) VALUES (%s, %s, 1, 'USD')",
                [number, pair[0].pk],
            )
            add_entry(number, pair[0], -1)
            add_entry(number, pair[1], 1)

    INSERT = (
        "INSERT INTO payments_transaction (kind, reference, created_at, cap_year) VALUES (%s, %s, now(), %s)"
    )

    @pytest.mark.parametrize(
        ("name", "values"),
        [
            ("transaction_kind_is_a_word", ["Set aside", "x", None]),
            ("transaction_has_a_reference", ["test", "", None]),
            ("transaction_of_earnings_names_its_year", ["approval", "x", None]),
            ("transaction_of_earnings_names_its_year", ["test", "x", 2026]),
        ],
    )
    def test_a_transaction_is_well_formed(self, db, name, values):
        self.refused(name, self.INSERT, values)

    def test_a_fact_is_written_once(self, pair):
        funds, payable = pair
        with transaction.atomic():
            ledger.post("test", "one", [(funds, -1), (payable, 1)])
        self.refused("transaction_once_per_fact", self.INSERT, ["test", "one", None])

    def test_work_is_paid_once_in_time_or_late(self, pair):
        funds, payable = pair
        entries = [(funds, -1), (payable, 1)]
        with transaction.atomic():
            ledger.post("approval", "asg_1", entries, cap_year=2026)
        with pytest.raises(IntegrityError, match="transaction_pays_work_once"), transaction.atomic():
            ledger.post("late_approval", "asg_1", entries, cap_year=2026)

    def test_a_transaction_does_not_reverse_itself(self, db):
        self.refused(
            "transaction_does_not_reverse_itself",
            "INSERT INTO payments_transaction (id, kind, reference, created_at, reverses_id)"
            " VALUES (999999, 'test', 'x', now(), 999999)",
        )

    def test_an_account_has_the_owner_its_kind_asks_for_and_no_other(self, atelier, bob):
        wrong = [
            {"kind": AccountKind.ORGANISATION_AVAILABLE},
            {"kind": AccountKind.ORGANISATION_AVAILABLE, "organisation": atelier, "user": bob},
            {"kind": AccountKind.BATCH_HOLDING, "organisation": atelier},
            {"kind": AccountKind.BATCH_HOLDING, "reference": "bat_1"},
            {"kind": AccountKind.WORKER_PAYABLE},
            {"kind": AccountKind.WORKER_PAYABLE, "user": bob, "reference": "x"},
            {"kind": AccountKind.PLATFORM_FEES, "organisation": atelier},
            {"kind": AccountKind.GATEWAY_CLEARING},
            {"kind": AccountKind.PLATFORM_COSTS, "user": bob},
            {"kind": "piggy_bank"},
        ]
        for owner in wrong:
            with pytest.raises(IntegrityError, match="account_owner_fits_its_kind"), transaction.atomic():
                Account.objects.create(**owner)

    def test_an_account_is_there_once_though_its_owner_is_empty(self, db):
        ledger.account(AccountKind.PLATFORM_FEES)
        with pytest.raises(IntegrityError, match="account_once_per_owner"), transaction.atomic():
            Account.objects.create(kind=AccountKind.PLATFORM_FEES)

    def test_a_batch_has_one_holding_whoever_asks(self, atelier, charlie):
        from tests.personas import make_organisation

        other = make_organisation("Other", owner=charlie)
        ledger.account(AccountKind.BATCH_HOLDING, organisation=atelier, reference="bat_1")
        with pytest.raises(IntegrityError, match="account_one_holding_per_batch"), transaction.atomic():
            Account.objects.create(kind=AccountKind.BATCH_HOLDING, organisation=other, reference="bat_1")


class TestTheApplicationsRole:
    """The role of DATABASE_URL reads the ledger and adds to it, and can do nothing else to it."""

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE payments_entry SET amount = 1",
            "UPDATE payments_transaction SET kind = 'x'",
            "UPDATE payments_account SET balance = 1",
            "DELETE FROM payments_entry",
            "DELETE FROM payments_transaction",
            "DELETE FROM payments_account",
            "TRUNCATE payments_entry",
            "UPDATE base_auditevent SET tag = 'x'",
            "DELETE FROM base_auditevent",
            "SELECT 1 FROM payments_account FOR NO KEY UPDATE",
        ],
    )
    def test_it_can_not_change_what_is_written(self, as_application, pair, statement):
        import psycopg2

        with as_application.cursor() as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute(statement)

    @pytest.mark.parametrize(
        "statement",
        [
            "ALTER TABLE payments_entry DISABLE TRIGGER ALL",
            "DROP TRIGGER entry_append_only ON payments_entry",
            "ALTER TABLE payments_account DROP CONSTRAINT account_balance_never_below_zero",
            "DROP TABLE payments_entry",
            "CREATE OR REPLACE FUNCTION payments_refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RETURN NEW; END $$",
            "SET session_replication_role = replica",
        ],
    )
    def test_it_can_not_take_the_rules_away(self, as_application, pair, statement):
        import psycopg2

        with as_application.cursor() as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute(statement)

    def test_it_posts_and_locks_all_the_same(self, as_application, pair):
        funds, payable = pair
        as_application.autocommit = False
        with as_application.cursor() as cursor:
            cursor.execute("SELECT id, balance FROM payments_lock_accounts(%s)", [[payable.pk, funds.pk]])
            assert [row[0] for row in cursor.fetchall()] == sorted([funds.pk, payable.pk])
            cursor.execute(
                "WITH t AS (INSERT INTO payments_transaction (kind, reference, created_at)"
                " VALUES ('test', 'app', now()) RETURNING id)"
                " INSERT INTO payments_entry (transaction_id, account_id, amount)"
                " SELECT id, %s, -5 FROM t UNION ALL SELECT id, %s, 5 FROM t",
                [funds.pk, payable.pk],
            )
        as_application.commit()
        assert ledger.balance(payable) == 5

    def test_a_temporary_table_in_the_way_deceives_no_rule(self, as_application, pair):
        import psycopg2

        as_application.autocommit = False
        with as_application.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE payments_entry (transaction_id bigint, amount bigint)")
            cursor.execute(
                "INSERT INTO public.payments_transaction (kind, reference, created_at) VALUES ('test', 'x', now())"
            )
        with pytest.raises(psycopg2.errors.CheckViolation):
            as_application.commit()

    def test_rights_given_by_mistake_are_taken_back_by_one_call(self, as_application, pair):
        import psycopg2

        execute("GRANT UPDATE, DELETE ON payments_entry TO tessera_app")
        execute("SELECT payments_protect_ledger()")
        with as_application.cursor() as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("DELETE FROM payments_entry")
