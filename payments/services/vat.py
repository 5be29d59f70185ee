"""Which VAT our fee carries, by where the customer is and whether their VAT number was confirmed. Pure.

Our fee is a service to a business. Where it is taxed: article 44 of Council Directive 2006/112/EC (where the customer
is established). In another EU country the customer accounts for the VAT (article 196) once the number by which it is
known there is confirmed (article 18 of Implementing Regulation 282/2011); until then we have no proof that it is a
business, and our own VAT is due (article 45). Outside the EU's VAT area it is not subject to EU VAT (articles 44 and
59). The area is that of articles 5 to 7: Monaco counts as France; the territories of article 6 are outside although
their country is in. What a French seller owes in Guadeloupe, Martinique and La Réunion: articles 294 and 296 of the
Code général des impôts (8.5 %); in Guyane and Mayotte none.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.base import countries, vat_areas
from payments.models import VatTreatment

# Beginnings of postcodes that belong to a place outside the VAT area of their country (article 6), or to one with an
# ISO code of its own, as people write them: (country, beginning of the postcode) → the place.
_PLACES = {
    ("ES", "35"): "IC", ("ES", "38"): "IC", ("ES", "51"): "EA", ("ES", "52"): "EA",
    ("DE", "78266"): "-", ("DE", "27498"): "-",
    ("IT", "23041"): "-", ("IT", "22061"): "-",
    ("GR", "63086"): "-",
    ("FI", "22"): "AX",
    ("FR", "971"): "GP", ("FR", "972"): "MQ", ("FR", "973"): "GF", ("FR", "974"): "RE", ("FR", "975"): "PM",
    ("FR", "976"): "YT", ("FR", "977"): "BL", ("FR", "978"): "MF", ("FR", "986"): "WF", ("FR", "987"): "PF",
    ("FR", "988"): "NC",
}  # fmt: skip
_LIKE_FRANCE = {"MC"}
# Places where French VAT is due to a French seller at a rate of their own (CGI, article 296).
_FRENCH_RATES = {"GP": Decimal("0.085"), "MQ": Decimal("0.085"), "RE": Decimal("0.085")}


@dataclass(frozen=True, slots=True)
class Customer:
    """Where a customer is: ISO country, postcode as written, and whether a VAT number of that country is confirmed."""

    country: str
    postcode: str = ""
    is_checked: bool = False


@dataclass(frozen=True, slots=True)
class Seller:
    """Our own country (in the EU) and rate; `rate` 0 means that we charge no VAT at all (small business)."""

    country: str
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Rule:
    """What applies: the treatment, the rate (0 to 1), and why, as a code of `WHY`."""

    treatment: str
    rate: Decimal
    why: str

    @property
    def sentence(self) -> str:
        """Why, in a sentence for the customer."""
        return str(WHY[self.why])


WHY: dict[str, Any] = {
    "exempt": gettext_lazy("We charge no VAT."),
    "domestic": gettext_lazy("You are in our own country, so our country's VAT is due."),
    "french_overseas": gettext_lazy("French VAT is due where you are, at the rate of your department."),
    "checked": gettext_lazy(
        "You are in another EU country and your VAT number is confirmed: you account for the VAT (reverse charge)."
    ),
    "unchecked": gettext_lazy(
        "You are in another EU country and we have no confirmed VAT number of yours, so our own country's VAT is due."
    ),
    "outside": gettext_lazy("You are outside the EU's VAT area, so no EU VAT is due."),
}


def place(country: str, postcode: str) -> str:
    """The country or territory an address is in for VAT; "-" for one outside the EU's area without a code."""
    plain = "".join(postcode.split()).upper().removeprefix(f"{country}-")
    for (land, start), found in _PLACES.items():
        if land == country and plain.startswith(start):
            return found
    return country


def rule(seller: Seller, customer: Customer) -> Rule:
    """The rule for a service of ours to a customer."""
    where = place(customer.country, customer.postcode)
    lands = {where, "FR"} if where in _LIKE_FRANCE else {where}
    if not seller.rate:
        return Rule(VatTreatment.DOMESTIC, Decimal(0), "exempt")
    if seller.country in lands:
        return Rule(VatTreatment.DOMESTIC, seller.rate, "domestic")
    if seller.country == "FR" and where in _FRENCH_RATES:
        return Rule(VatTreatment.DOMESTIC, _FRENCH_RATES[where], "french_overseas")
    if lands & vat_areas.EU:
        if customer.is_checked:
            return Rule(VatTreatment.REVERSE_CHARGE, Decimal(0), "checked")
        return Rule(VatTreatment.DOMESTIC, seller.rate, "unchecked")
    return Rule(VatTreatment.OUTSIDE_EU, Decimal(0), "outside")


def mention(treatment: str, rate: Decimal, seller_country: str) -> str:
    """What an invoice must say where it carries no VAT (Directive, article 226 (11) and (11a)); else empty."""
    french = seller_country == "FR"
    if treatment == VatTreatment.REVERSE_CHARGE:
        law = _(", article 283-2 of the Code général des impôts") if french else ""
        return _(
            "Reverse charge: the customer accounts for the VAT (article 196 of Directive 2006/112/EC%(law)s)."
        ) % {"law": law}
    if treatment == VatTreatment.OUTSIDE_EU:
        law = _(", article 259-1 of the Code général des impôts") if french else ""
        return _(
            "Not subject to EU VAT: taxed where the customer is (article 44 of Directive 2006/112/EC%(law)s)."
        ) % {"law": law}
    if not rate:
        law = (
            _("article 293 B of the Code général des impôts")
            if french
            else _("article 284 of Directive 2006/112/EC")
        )
        return _("VAT not applicable, %(law)s.") % {"law": law}
    return ""


def country_name(country: str, postcode: str) -> str:
    """The place an address is in, in the active language."""
    found = place(country, postcode)
    return countries.name(country if found in {"-", "IC", "EA"} else found)
