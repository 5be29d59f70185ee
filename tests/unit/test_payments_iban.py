"""IBANs: written as people write them, checked as banks check them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.services import iban


@pytest.mark.parametrize(
    "text",
    [
        "GB82 WEST 1234 5698 7654 32",
        "fr14 2004 1010 0505 0001 3M02 606",
        "DE89-3704-0044-0532-0130-00",
        "NO9386011117947",
        "MT84MALT011000012345MTLCAST001S",
    ],
)
def test_real_ibans_are_taken_with_spaces_dashes_and_small_letters(text):
    assert iban.is_valid(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "FR",
        "GB82 WEST 1234 5698 7654 33",  # check digits
        "GB82 WEST 1234 5698 7654 3",  # too short for the country
        "XX82 WEST 1234 5698 7654 32",  # no such country
        "FR14 2004 1010 0505 0001 3M02 6O6",  # a letter O for a zero
        "GB82 WEST 1234 5698 7654 32!",
        "١٢٣٤",
    ],
)
def test_what_is_no_iban_is_refused(text):
    assert not iban.is_valid(text)


@given(
    account=st.from_regex(r"[0-9]{10}[0-9A-Z]{11}[0-9]{2}", fullmatch=True),
    place=st.integers(0, 22),
)
def test_made_ibans_are_valid_and_one_changed_letter_is_found(account, place):
    good = iban.make("FR", account)
    assert iban.is_valid(iban.grouped(good))
    letter = good[4 + place]
    other = str((int(letter) + 1) % 10) if letter.isdigit() else ("A" if letter != "A" else "B")
    assert not iban.is_valid(good[: 4 + place] + other + good[5 + place :])


def test_the_bank_is_named_where_its_country_tells():
    assert iban.bank("FR14 2004 1010 0505 0001 3M02 606") == "LA BANQUE POSTALE"
    assert iban.bank("not one") == "" and iban.bank(iban.make("FR", "0" * 23)) == ""


def test_which_accounts_a_sepa_transfer_reaches():
    assert iban.in_sepa("NO9386011117947") and not iban.in_sepa("TN5910006035183598478831")
