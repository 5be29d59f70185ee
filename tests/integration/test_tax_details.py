"""What the tax office is told of workers: figures by quarter, details that are asked for, the yearly file (D1)."""

import dataclasses
import datetime as dt
import json
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from marketplace.base import clock as house_clock
from marketplace.base.models import AuditEvent, Notice
from marketplace.web.jobs import follow_tax_details
from payments.models import Payee, Payout, TaxDiligence
from payments.services import dac7, dac7_file, diligence, earnings, payees, payout_rules, payouts, tins
from tests.payments_helpers import DETAILS, EUR, earn, forget_behaviours
from tests.personas import make_worker

TIN = "1234567890123"
COMPLETE = dataclasses.replace(DETAILS, tin=TIN, birth_date=dt.date(1990, 5, 31))


@pytest.fixture(autouse=True)
def gateway(db):
    forget_behaviours()
    yield
    forget_behaviours()


@pytest.fixture
def year(clock):
    """The summer of 2027, and back there by name."""
    clock.set(dt.datetime(2027, 8, 15, 12, tzinfo=dt.UTC))
    return 2027


def days(clock, number):
    clock.forward(days=number, minutes=1)
    follow_tax_details.by_hand()


def told(worker):
    kinds = ("tax_details_asked", "tax_details_reminder", "tax_details_last_reminder", "tax_year")
    return list(
        Notice.objects.filter(user=worker, kind__in=kinds).order_by("pk").values_list("kind", flat=True)
    )


class TestFigures:
    def test_d1_each_quarter_by_the_clock_of_paris(self, bob, atelier, clock):
        for moment, micros in (
            (dt.datetime(2027, 3, 31, 23, 59, 50, tzinfo=house_clock.BOOKS), 3 * EUR),
            (dt.datetime(2027, 4, 1, 0, 0, 1, tzinfo=house_clock.BOOKS), 4 * EUR),
            (dt.datetime(2027, 12, 31, 23, 59, 50, tzinfo=house_clock.BOOKS), 5 * EUR),
            (dt.datetime(2028, 1, 1, 0, 0, 1, tzinfo=house_clock.BOOKS), 6 * EUR),
        ):
            clock.set(moment)
            earn(bob, micros, atelier, reference=f"asg_{micros}", year=moment.year)
        (found,) = dac7.figures(2027)
        assert found.consideration == (3 * EUR, 4 * EUR, 0, 5 * EUR)
        assert found.activities == (1, 1, 0, 1)
        assert dac7.of_worker(bob.pk, 2028).consideration == (6 * EUR, 0, 0, 0)

    def test_top_ups_add_money_and_no_piece_of_work_and_payouts_count_for_nothing(self, bob, atelier, year):
        payees.save(user=bob, details=COMPLETE, actor=bob)
        earn(bob, 30 * EUR, atelier, reference="asg_1", year=2027)
        source = [(earnings.platform_costs(), EUR)]
        earnings.top_up(reference="asg_1:topup:1", worker_id=bob.pk, cap_year=2027, parts=source)
        payouts.request(user=bob, actor=bob)
        (found,) = dac7.figures(2027)
        assert (found.consideration, found.activities) == ((0, 0, 31 * EUR, 0), (0, 0, 1, 0))


class TestAsking:
    def test_d1_asked_at_the_first_earnings_reminded_twice_then_held_and_never_before_sixty_days(
        self, bob, atelier, clock, year
    ):
        payees.save(user=bob, details=DETAILS, actor=bob)
        follow_tax_details.by_hand()
        assert told(bob) == [], "nobody is asked before they earn"
        earn(bob, 30 * EUR, atelier, reference="asg_1", year=2027)
        follow_tax_details.by_hand()
        follow_tax_details.by_hand()
        assert told(bob) == ["tax_details_asked"]
        days(clock, 19)
        assert told(bob) == ["tax_details_asked"]
        days(clock, 1)
        days(clock, 20)
        assert told(bob)[1:] == ["tax_details_reminder", "tax_details_last_reminder"]
        assert payouts.request(user=bob, actor=bob).state == "pending", "forty days are not sixty"
        days(clock, 19)
        payout = Payout.objects.get()
        assert payout.state == "pending"
        days(clock, 1)
        payout.refresh_from_db()
        assert (payout.state, payout.held_rule) == ("held", payout_rules.TAX)
        assert payout.held_until - clock.now() > dt.timedelta(days=29)

    @pytest.fixture
    def held(self, bob, atelier, clock, year):
        """Bob was asked three times; his payout is held."""
        payees.save(user=bob, details=DETAILS, actor=bob)
        earn(bob, 30 * EUR, atelier, reference="asg_1", year=2027)
        follow_tax_details.by_hand()
        for _turn in range(3):
            days(clock, 20)
        payout = payouts.request(user=bob, actor=bob)
        assert (payout.state, payout.held_rule) == ("held", payout_rules.TAX)
        return payout

    def test_d1_it_is_let_go_at_once_when_the_details_come(self, bob, held):
        payees.save(user=bob, details=COMPLETE, actor=bob)
        held.refresh_from_db()
        assert held.state == "pending"
        assert TaxDiligence.objects.get().complete_at

    def test_d1_it_ends_by_itself_at_the_shown_date_and_the_money_is_paid(self, bob, held, clock):
        clock.forward(days=30, minutes=1)
        assert payouts.release_expired() == 1
        with transaction.atomic():
            payouts.follow_rules(bob.pk)
        follow_tax_details.by_hand()
        held.refresh_from_db()
        assert held.state == "pending"

    def test_a_new_account_with_the_details_keeps_it_held_by_the_other_rule(self, bob, held):
        from payments.services import iban

        other = dataclasses.replace(COMPLETE, iban=iban.make("FR", "30004000031234567890143"))
        payees.save(user=bob, details=other, actor=bob)
        held.refresh_from_db()
        assert (held.state, held.held_rule) == ("held", payout_rules.CHANGED)

    def test_who_has_told_everything_is_not_asked(self, bob, atelier, year):
        payees.save(user=bob, details=COMPLETE, actor=bob)
        earn(bob, 30 * EUR, atelier, reference="asg_1", year=2027)
        follow_tax_details.by_hand()
        assert told(bob) == [] and TaxDiligence.objects.get().complete_at

    def test_the_date_of_birth_of_the_profile_is_not_asked_again(self, bob, atelier, year):
        payees.save(user=bob, details=dataclasses.replace(DETAILS, tin=TIN), actor=bob)
        earn(bob, 30 * EUR, atelier, reference="asg_1", year=2027)
        follow_tax_details.by_hand()
        assert told(bob) == [] and Payee.objects.get().birth_date == dt.date(1990, 5, 31)

    def test_the_place_of_birth_stands_for_a_missing_number(self):
        payee = Payee(**dataclasses.asdict(COMPLETE))
        assert diligence.missing(payee) == []
        payee.tin = ""
        assert diligence.missing(payee) == ["tin"]
        payee.birth_place = "Tunis"
        assert diligence.missing(payee) == ["tin"]
        payee.birth_country = "TN"
        assert diligence.missing(payee) == []
        assert len(diligence.missing(None)) == 6

    def test_d1_in_january_everybody_gets_the_figures_once(self, bob, bea, atelier, clock, year, client_of):
        earn(bob, 30 * EUR, atelier, reference="asg_1", year=2027)
        clock.set(dt.datetime(2028, 1, 3, 12, tzinfo=dt.UTC))
        assert follow_tax_details.by_hand()["told"] == 1
        assert follow_tax_details.by_hand()["told"] == 0
        assert "tax_year" in told(bob) and told(bea) == []
        assert "€30.00" in client_of(bob).get("/work/earnings/2027/").content.decode()
        clock.set(dt.datetime(2028, 2, 3, 12, tzinfo=dt.UTC))
        assert diligence.tell_year() == 0


@pytest.mark.parametrize(
    ("country", "number", "right"),
    [
        ("FR", "12 34 567 890 123", True), ("FR", "4234567890123", False), ("FR", "123456789012", False),
        ("ES", "12345678-Z", True), ("ES", "X1234567L", True), ("ES", "12345678", False),
        ("DE", "12 345 678 901", True), ("IT", "RSSMRA85T10A562S", True), ("IT", "RSSMRA85T10A562", False),
        ("FI", "131052-308T", True), ("TN", "anything", True), ("PL", "44051401359", True),
    ],
)  # fmt: skip
def test_numbers_are_held_against_the_form_of_their_country(country, number, right):
    assert tins.looks_right(country, number) is right


class TestFile:
    @pytest.fixture
    def crowd(self, atelier, year):
        """Workers of 2027: one whom the file can carry, and one for each reason why it can't."""
        kinds = {
            "whole": COMPLETE,
            "born": dataclasses.replace(COMPLETE, tin="", birth_place="Tunis", birth_country="TN"),
            "under_a_euro": COMPLETE,
            "outside_union": dataclasses.replace(COMPLETE, tax_residence="CH", country="CH"),
            "no_tin": dataclasses.replace(COMPLETE, tin=""),
            "no_birth_date": dataclasses.replace(COMPLETE, birth_date=None),
            "tin_form": dataclasses.replace(COMPLETE, tin="12"),
            "no_postcode": dataclasses.replace(COMPLETE, postcode=""),
            "no_details": None,
        }
        people = {}
        for name, details in kinds.items():
            people[name] = make_worker(name)
            if details:
                payees.save(user=people[name], details=details, actor=people[name])
            micros = 400_000 if name == "under_a_euro" else 12_500_000
            earn(people[name], micros, atelier, reference=f"asg_{name}", year=2027)
        return people

    def test_d1_it_is_valid_and_says_by_id_whom_it_cant_carry(self, crowd, erin):
        made = dac7_file.make(year=2027, actor=erin)
        assert made.sellers == 2 and {row.reason for row in made.left_out} == set(crowd) - {"whole", "born"}
        assert {row.public_id for row in made.left_out} == {
            person.public_id for name, person in crowd.items() if name not in ("whole", "born")
        }
        import xmlschema
        from dac7.core import DAC7_SCHEMA

        schema = xmlschema.XMLSchema10(DAC7_SCHEMA)
        schema.validate(made.xml)
        assert TIN in made.xml and "NOTIN" in made.xml and "Tunis" in made.xml
        assert made.xml.count("<dpi:ConsQ3") == 2 and ">13<" in made.xml, (
            "12.50 rounds half up, as the package does"
        )

    def test_who_made_it_and_its_hash_are_written_down_and_nothing_of_it_is_kept(self, crowd, erin):
        made = dac7_file.make(year=2027, actor=erin)
        event = AuditEvent.objects.get(tag="payments:dac7:make")
        assert (event.actor_id, event.data["sha256"]) == (erin.pk, made.sha256)
        assert "Martin" not in str(event.data)

    def test_without_the_operators_number_it_says_what_to_set(self, crowd, erin, settings):
        settings.DAC7_TIN = ""
        with pytest.raises(dac7_file.CannotDeclare, match="DAC7_TIN"):
            dac7_file.make(year=2027, actor=erin)
        settings.DAC7_TIN, settings.SELLER_COUNTRY = "123456789", "DE"
        with pytest.raises(dac7_file.CannotDeclare, match="SELLER_COUNTRY"):
            dac7_file.make(year=2027, actor=erin)

    def test_the_command_writes_it_for_its_owner_alone_and_prints_figures(self, crowd, tmp_path):
        out = StringIO()
        call_command("dac7", "2027", "--json", stdout=out)
        found = json.loads(out.getvalue())
        assert len(found["workers"]) == 9 and len(found["left_out"]) == 7
        assert sum(Decimal(q) for row in found["workers"] for q in row["consideration"]) == Decimal("100.40")
        place = tmp_path / "dac7.xml"
        call_command("dac7", "2027", "--out", str(place), stdout=out, stderr=StringIO())
        assert place.read_text().startswith("<?xml") and place.stat().st_mode & 0o077 == 0
        with pytest.raises(CommandError, match="nobody to report"):
            call_command("dac7", "2020", "--out", str(place), stdout=out)

    def test_the_console_shows_the_list_and_hands_out_both_files(self, crowd, erin, dana, client_of):
        client = client_of(erin)
        text = client.get("/console/tax/?year=2027").content.decode()
        assert crowd["no_tin"].public_id in text and "neither tax number nor place of birth" in text
        table = client.get("/console/tax/2027/figures.csv").content.decode()
        assert table.count("usr_") == 9 and "Martin" not in table
        answer = client.post("/console/tax/2027/declaration.xml")
        assert answer.content.startswith(b"<?xml") and "no-store" in answer.headers["Cache-Control"]
        assert client_of(dana).get("/console/tax/").status_code == 404
        assert client.get("/console/tax/?year=x").status_code == 404


def test_the_database_keeps_the_order_of_reminders_and_countries(bob):
    with pytest.raises(IntegrityError, match="tax_diligence_first_before_second"), transaction.atomic():
        TaxDiligence.objects.create(user=bob, second_reminder_at=house_clock.now())
    payees.save(user=bob, details=DETAILS, actor=bob)
    with pytest.raises(IntegrityError, match="payee_birth_country_is_iso"), transaction.atomic():
        Payee.objects.update(birth_country="fr")
