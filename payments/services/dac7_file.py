"""The yearly file for the tax office: XML in the French form of DAC7, made and checked by the package `dac7`.

What the file can't carry is found first and listed by id, since the package aborts on some of it and passes other
things in silence: totals under a euro, residence outside the Union, missing details. The list goes to whoever files
it, to report those in another way or not at all. Source: DGFiP, cahier des charges DPI-DAC7 (schema DPIXML 1.1).
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from marketplace.base import audit, clock, ids
from marketplace.base.errors import Refusal
from marketplace.base.models import User
from payments.models import Payee
from payments.services import dac7, tins

# Why somebody is not in the file.
REASONS: dict[str, Any] = {
    "no_details": _("told us nothing yet"),
    "under_a_euro": _("less than a euro in each quarter: the file holds whole euros"),
    "outside_union": _("pays taxes outside the European Union"),
    "no_birth_date": _("date of birth missing"),
    "no_tin": _("neither tax number nor place of birth"),
    "no_postcode": _("postcode missing"),
    "tin_form": _("the tax number does not look like one of its country"),
    "not_accepted": _("the file's own rules do not take these details"),
}
SCHEMA_CITY = re.compile(r"([0-9][0-9A-Z \-]{2,9}) (\S.*)")


class CannotDeclare(Refusal):
    """The operator's own details for the file are missing."""

    code = "cannot_declare"
    detail = _("The file can't be made: %(why)s")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Somebody the file does not carry; `reason` is one of REASONS."""

    user_id: int
    reason: str

    @property
    def public_id(self) -> str:
        return ids.encode("usr", self.user_id)

    @property
    def words(self) -> str:
        return str(REASONS[self.reason])


@dataclass(frozen=True, slots=True)
class Declaration:
    """A file, checked against its schema. `xml` is personal data: handed out, never kept; `sha256` may be."""

    year: int
    xml: str
    sellers: int
    left_out: list[LeftOut]

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.xml.encode()).hexdigest()


def sort_out(
    year: int, *, gone: Mapping[int, Payee] | None = None
) -> tuple[list[tuple[dac7.Figures, Payee]], list[LeftOut]]:
    """Whom the file of a year can carry, with their figures and details, and whom it can't.

    `gone`: details of people who were erased, by their number, out of the sealed archive; in no table.
    """
    found = dac7.figures(year)
    payees = dict(gone or {})
    payees |= {row.user_id: row for row in Payee.objects.filter(user_id__in=[f.user_id for f in found])}
    carried, left_out = [], []
    for figures in found:
        payee = payees.get(figures.user_id)
        reason = _reason(figures, payee)
        if reason or payee is None:
            left_out.append(LeftOut(figures.user_id, reason))
        else:
            carried.append((figures, payee))
    return carried, left_out


def make(
    *, year: int, actor: User | None, number: int = 1, gone: Mapping[int, Payee] | None = None
) -> Declaration:
    """The file of a year; `number` tells declarations of one year apart. Writes down who made it, and its hash.

    `gone` as for `sort_out`.

    Raises CannotDeclare without the operator's details, or when nobody is left to report.
    """
    operator = _operator()
    carried, left_out = sort_out(year, gone=gone)
    sellers, refused = _accepted(carried)
    if not sellers:
        raise CannotDeclare(why=_("there is nobody to report."))
    made = Declaration(year, _xml(year, number, operator, sellers), len(sellers), [*left_out, *refused])
    audit.record("payments:dac7:make", f"dac7:{year}", actor=actor, sha256=made.sha256, sellers=made.sellers)
    return made


def _reason(figures: dac7.Figures, payee: Payee | None) -> str:
    if payee is None:
        return "no_details"
    if not any(_euros(micros).quantize(Decimal(1), ROUND_HALF_UP) for micros in figures.consideration):
        return "under_a_euro"
    if payee.tax_residence not in tins.EU:
        return "outside_union"
    if payee.birth_date is None:
        return "no_birth_date"
    if not payee.tin and not (payee.birth_place and payee.birth_country):
        return "no_tin"
    if not payee.postcode:
        return "no_postcode"
    return "" if not payee.tin or tins.looks_right(payee.tax_residence, payee.tin) else "tin_form"


def _accepted(carried: list[tuple[dac7.Figures, Payee]]) -> tuple[list[Any], list[LeftOut]]:
    """The package's sellers, each tried alone, and those whose details its own rules refuse."""
    from pydantic import ValidationError

    trial = _declaration(2026, 1, _operator(), [])
    sellers, refused = [], []
    for figures, payee in carried:
        try:
            seller = _seller(figures, payee)
            seller.get_dpi(trial)
        except ValidationError:
            refused.append(LeftOut(figures.user_id, "not_accepted"))
        else:
            sellers.append(seller)
    return sellers, refused


def _seller(figures: dac7.Figures, payee: Payee) -> Any:
    from dac7.models import enums, flat

    class Seller(flat.ReportableIndividualSeller):
        """The schema takes a seller with a tax number without the place of birth; the package asks for both."""

        birth_city: str | None = None  # type: ignore[assignment]
        birth_country_code: enums.CountryCode | None = None  # type: ignore[assignment]

        def get_birth_place_dpi(self) -> Any:
            return super().get_birth_place_dpi() if self.birth_city and self.birth_country_code else None

    first, _space, last = payee.legal_name.rpartition(" ")
    number = [{"issued_by": payee.tax_residence, "value": tins.plain(payee.tin)}] if payee.tin else []
    account = [{"type": "IBAN", "account_number": payee.iban, "account_holder_name": payee.account_holder}]
    return Seller.model_validate(
        {
            "seller_id": ids.encode("usr", figures.user_id),
            "name_type": enums.NamePersonType.LEGAL,
            "first_name": first or "NFN",  # "no first name", as the OECD's user guide writes it
            "last_name": last,
            "residence_country_code": payee.tax_residence,
            "tax_identification_numbers": number,
            "birth_date": payee.birth_date,
            "birth_city": payee.birth_place or None,
            "birth_country_code": payee.birth_country or None,
            "addresses": [
                {
                    "country_code": payee.country,
                    "street": payee.address,
                    "post_code": payee.postcode,
                    "city": payee.town,
                }
            ],
            "financial_identifiers": account if payee.iban else [],
            "personal_services": _services(figures),
        }
    )


def _services(figures: dac7.Figures) -> dict[str, Any]:
    values: dict[str, Any] = {"currency_code": "EUR"}
    for place in range(4):
        quarter, micros = place + 1, figures.consideration[place]
        values[f"consideration_amount_q{quarter}"] = _euros(micros)
        values[f"activities_number_q{quarter}"] = figures.activities[place] if micros else 0
        values[f"fees_amount_q{quarter}"] = values[f"taxes_amount_q{quarter}"] = Decimal(0)
    return values


def _euros(micros: int) -> Decimal:
    return Decimal(micros) / 1_000_000


def _operator() -> dict[str, Any]:
    """The platform as the file names it. Raises CannotDeclare."""
    place = (
        SCHEMA_CITY.fullmatch(str(settings.SELLER_ADDRESS[-1]).strip()) if settings.SELLER_ADDRESS else None
    )
    if settings.SELLER_COUNTRY != "FR":
        raise CannotDeclare(
            why=_("it is made in the form of the French tax office, and SELLER_COUNTRY is another.")
        )
    if not re.fullmatch(r"\d{9}", settings.DAC7_TIN):
        raise CannotDeclare(why=_("set DAC7_TIN to the nine digits of the operator's SIREN."))
    if len(settings.SELLER_ADDRESS) < 2 or place is None:
        raise CannotDeclare(why=_("write SELLER_ADDRESS as a street, then postcode and town."))
    return {
        "residence_country_code": "FR",
        "tax_identification_numbers": [{"issued_by": "FR", "value": settings.DAC7_TIN}],
        "vat_number": settings.SELLER_VAT_NUMBER or "NOVAT",
        "legal_names": [settings.SELLER_NAME],
        "business_names": ["Tessera"],
        "addresses": [
            {
                "country_code": "FR",
                "street": ", ".join(str(line) for line in settings.SELLER_ADDRESS[:-1]),
                "post_code": place[1],
                "city": place[2],
            }
        ],
        "nexus": "RPONEX1",
    }


def _declaration(year: int, number: int, operator: dict[str, Any], sellers: list[Any]) -> Any:
    from dac7.constants import Env
    from dac7.models import flat

    return flat.Declaration(
        fiscal_year=year,
        declaration_id=number,
        timestamp=clock.now(),
        platform_operator=flat.PlatformOperator.model_validate(operator),
        other_platform_operators=flat.OtherPlatformOperators(),
        reportable_individual_sellers=sellers,
        env=Env.PROD,
    )


def _xml(year: int, number: int, operator: dict[str, Any], sellers: list[Any]) -> str:
    """The file's text, valid by the schema that the package carries: anything else raises."""
    from dac7 import core

    made = _declaration(year, number, operator, sellers).get_dpi()
    values = made.model_dump(by_alias=True, exclude_defaults=True, mode="json")
    return str(core.json_to_xml(json.dumps(values)))
