"""Which VAT our fee carries, by the place of the customer; every line is a case of the Directive."""

from decimal import Decimal

import pytest

from payments.services import vat

FR = vat.Seller("FR", Decimal("0.20"))
ZERO = Decimal(0)


@pytest.mark.parametrize(
    ("country", "postcode", "is_checked", "treatment", "rate", "why"),
    [
        ("FR", "75011", False, "domestic", "0.20", "domestic"),
        ("FR", "75011", True, "domestic", "0.20", "domestic"),  # a number at home changes nothing
        ("MC", "98000", False, "domestic", "0.20", "domestic"),
        ("FR", "98000", True, "domestic", "0.20", "domestic"),
        ("DE", "10115", True, "reverse_charge", "0", "checked"),
        ("DE", "10115", False, "domestic", "0.20", "unchecked"),
        ("GR", "10552", True, "reverse_charge", "0", "checked"),
        ("PT", "9000-018", True, "reverse_charge", "0", "checked"),  # Madeira is in
        ("US", "10001", False, "outside_eu", "0", "outside"),
        ("GB", "SW1A 1AA", True, "outside_eu", "0", "outside"),
        ("GB", "BT1 5GS", True, "outside_eu", "0", "outside"),  # Northern Ireland: in for goods alone
        ("IM", "", False, "outside_eu", "0", "outside"),
        ("CH", "8001", False, "outside_eu", "0", "outside"),
        ("ES", "35001", True, "outside_eu", "0", "outside"),
        ("ES", "38 001", True, "outside_eu", "0", "outside"),
        ("ES", "51001", False, "outside_eu", "0", "outside"),
        ("ES", "28001", True, "reverse_charge", "0", "checked"),
        ("DE", "78266", True, "outside_eu", "0", "outside"),
        ("DE", "27498", False, "outside_eu", "0", "outside"),
        ("IT", "23041", True, "outside_eu", "0", "outside"),
        ("IT", "22061", True, "outside_eu", "0", "outside"),
        ("GR", "630 86", True, "outside_eu", "0", "outside"),
        ("FI", "22100", True, "outside_eu", "0", "outside"),
        ("AX", "", True, "outside_eu", "0", "outside"),
        ("FI", "00100", True, "reverse_charge", "0", "checked"),
        ("RE", "97400", False, "domestic", "0.085", "french_overseas"),
        ("FR", "97400", False, "domestic", "0.085", "french_overseas"),
        ("GP", "", False, "domestic", "0.085", "french_overseas"),
        ("FR", "F-75011", False, "domestic", "0.20", "domestic"),
        ("FR", "97300", False, "outside_eu", "0", "outside"),
        ("YT", "97600", False, "outside_eu", "0", "outside"),
        ("FR", "98800", False, "outside_eu", "0", "outside"),
        ("PF", "", False, "outside_eu", "0", "outside"),
    ],
)
def test_the_rule_follows_the_place(country, postcode, is_checked, treatment, rate, why):
    found = vat.rule(FR, vat.Customer(country, postcode, is_checked))
    assert (found.treatment, found.rate, found.why) == (treatment, Decimal(rate), why)
    assert found.sentence


def test_a_seller_elsewhere_treats_france_as_another_country():
    german = vat.Seller("DE", Decimal("0.19"))
    assert vat.rule(german, vat.Customer("FR", "75011", True)).why == "checked"
    assert vat.rule(german, vat.Customer("MC", "98000", False)) == vat.Rule(
        "domestic", Decimal("0.19"), "unchecked"
    )
    assert vat.rule(german, vat.Customer("MC", "98000", True)).why == "checked"
    assert vat.rule(german, vat.Customer("RE", "97400", True)).why == "outside"
    assert vat.rule(german, vat.Customer("DE", "10115")).rate == Decimal("0.19")


@pytest.mark.parametrize("country", ["FR", "DE", "US"])
def test_a_small_business_charges_none_anywhere(country):
    assert vat.rule(vat.Seller("FR", ZERO), vat.Customer(country)) == vat.Rule("domestic", ZERO, "exempt")


def test_an_invoice_without_vat_says_by_which_law():
    assert "article 196" in vat.mention("reverse_charge", ZERO, "FR")
    assert "283-2" in vat.mention("reverse_charge", ZERO, "FR")
    assert "283-2" not in vat.mention("reverse_charge", ZERO, "DE")
    assert "article 44" in vat.mention("outside_eu", ZERO, "DE")
    assert "293 B" in vat.mention("domestic", ZERO, "FR")
    assert vat.mention("domestic", Decimal("0.2"), "FR") == ""
