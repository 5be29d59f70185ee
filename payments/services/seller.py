"""Who runs the market, as documents name them (settings SELLER_*)."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from marketplace.base import countries
from payments import pdf


def facts() -> dict[str, str | list[str]]:
    """What a document keeps of the seller as it was on the day: name, address, country, VAT number, registration."""
    return {
        "name": settings.SELLER_NAME,
        "address": [str(line) for line in settings.SELLER_ADDRESS],
        "country": settings.SELLER_COUNTRY,
        "vat_number": settings.SELLER_VAT_NUMBER,
        "registration": settings.SELLER_REGISTRATION,
        "footer": settings.SELLER_FOOTER,
        "email": settings.CONTACT_EMAIL,
    }


def link(name: str) -> str:
    """The whole address of a page of ours by its name, for a document."""
    return settings.BASE_URL.rstrip("/") + reverse(name)


def issuer(seller: dict[str, str | list[str]] | None = None) -> pdf.Issuer:
    """The head and foot of a PDF in the active language: of what a document kept, else of today's settings."""
    known = seller or facts()
    name, footer = str(known["name"]), str(known["footer"])
    address = known["address"]
    lines = [*(address if isinstance(address, list) else [address]), countries.name(str(known["country"]))]
    number = _("VAT number %(number)s") % {"number": known["vat_number"]} if known["vat_number"] else ""
    more = [number, str(known["registration"]), str(known["email"])]
    return pdf.Issuer(
        name, [*lines, *more], footer or " · ".join(part for part in [name, *more[1:2]] if part)
    )
