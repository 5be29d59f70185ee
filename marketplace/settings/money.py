"""How money comes and goes: gateways, the seller, the bank, a provider of mobile money, the books."""

import datetime as dt

from csp.constants import SELF
from django.core.exceptions import ImproperlyConfigured

from marketplace import env
from marketplace.base import vat_areas

from .market import VAT_RATE
from .place import PRODUCTION
from .safety import CONTENT_SECURITY_POLICY
from .services import OPERATOR

# Who moves the money. `simulated` moves none: right for a demonstration, never for real people.
PAYMENT_GATEWAY = env.text(
    "PAYMENT_GATEWAY",
    None if PRODUCTION else "simulated",
    hint="Who moves the money; `simulated` moves none.",
)
# Where both lists are left out the one gateway does both. Each list names gateways in the order they are offered.
DEPOSIT_GATEWAYS = env.words("DEPOSIT_GATEWAYS", PAYMENT_GATEWAY)
PAYOUT_GATEWAYS = env.words("PAYOUT_GATEWAYS", PAYMENT_GATEWAY)
# Stripe's keys: the secret one, and one for each of the two addresses that Stripe sends its news to.
STRIPE_SECRET_KEY = env.text("STRIPE_SECRET_KEY", "")
STRIPE_WEBHOOK_SECRET = env.text("STRIPE_WEBHOOK_SECRET", "")
STRIPE_CONNECT_WEBHOOK_SECRET = env.text("STRIPE_CONNECT_WEBHOOK_SECRET", "")
# Tests speak to a stand-in; a real deployment only ever to Stripe.
STRIPE_API_BASE = "" if PRODUCTION else env.text("STRIPE_API_BASE", "")
if STRIPE_SECRET_KEY:
    # A form of ours may lead there: browsers ask this of what a form redirects to as well.
    _stripe = ["https://checkout.stripe.com", "https://connect.stripe.com", STRIPE_API_BASE]
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"] = [SELF, *filter(None, _stripe)]
if "stripe" in DEPOSIT_GATEWAYS + PAYOUT_GATEWAYS:
    for _name in ("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "STRIPE_CONNECT_WEBHOOK_SECRET"):
        if not locals()[_name] and (_name != "STRIPE_CONNECT_WEBHOOK_SECRET" or "stripe" in PAYOUT_GATEWAYS):
            raise ImproperlyConfigured(
                f"Set {_name}: DEPOSIT_GATEWAYS or PAYOUT_GATEWAYS names stripe. See deploy.md."
            )
# Where Stripe lets a platform of the European Economic Area transfer to accounts out of payments it took itself
# ("cross-border transfers", docs.stripe.com/connect/account-capabilities; looked up in November 2026): the EEA but for
# Iceland, Gibraltar, the United Kingdom, Switzerland, the United States and Canada.
STRIPE_PAYOUT_COUNTRIES = frozenset(
    env.words(
        "STRIPE_PAYOUT_COUNTRIES",
        "AT,BE,BG,CA,CH,CY,CZ,DE,DK,EE,ES,FI,FR,GB,GI,GR,HR,HU,IE,IT,LI,LT,LU,LV,MT,NL,NO,PL,PT,RO,SE,SI,SK,US",
    )
)
# Who sells, on invoices, statements and files for tax offices: needed before real money moves.
_seller_needed = PRODUCTION and bool({*DEPOSIT_GATEWAYS, *PAYOUT_GATEWAYS} - {"simulated"})
SELLER_NAME = env.text(
    "SELLER_NAME", None if _seller_needed else OPERATOR or "Tessera (demonstration)",
    hint="The legal name of who runs this market, as invoices must show it.",
)  # fmt: skip
SELLER_ADDRESS = env.words(
    "SELLER_ADDRESS", None if _seller_needed else "1 rue de l'Exemple, 75000 Paris",
    hint="Street and town, separated by commas: 1 rue de l'Exemple, 75000 Paris.",
)  # fmt: skip
SELLER_COUNTRY = env.choice(
    "SELLER_COUNTRY", None if _seller_needed else "FR", vat_areas.EU,
    hint="Two letters of an EU country, such as FR: its VAT is the one we hand over.",
)  # fmt: skip
# May stay empty only where no VAT is charged at all (VAT_RATE=0).
SELLER_VAT_NUMBER = env.text(
    "SELLER_VAT_NUMBER", (None if VAT_RATE else "") if _seller_needed else "FR12000000000",
    hint="Our own VAT number, such as FR12000000000; it may be left out only with VAT_RATE=0.",
).replace(" ", "").upper()  # fmt: skip
if SELLER_VAT_NUMBER and not vat_areas.is_number(SELLER_VAT_NUMBER, SELLER_COUNTRY):
    raise ImproperlyConfigured(f"SELLER_VAT_NUMBER is not written as a VAT number of {SELLER_COUNTRY}.")
SELLER_REGISTRATION = env.text("SELLER_REGISTRATION", "")  # RCS Paris 000 000 000
SELLER_FOOTER = env.text("SELLER_FOOTER", "")  # legal form, capital: the small print of every document
# The EU's register of VAT numbers (VIES, REST); empty: nobody is asked, and a named person decides with a proof.
VAT_REGISTER_URL = env.text(
    "VAT_REGISTER_URL", "https://ec.europa.eu/taxation_customs/vies/rest-api" if PRODUCTION else ""
)
# Our own bank account, for transfers in and payout files out (gateway `bank`), and who holds it.
BANK_NAME = env.text("BANK_NAME", "")
BANK_HOLDER = env.text("BANK_HOLDER", "")
BANK_IBAN = env.text("BANK_IBAN", "")
BANK_BIC = env.text("BANK_BIC", "")
BANK_HOLDER_STREET = env.text("BANK_HOLDER_STREET", "")
BANK_HOLDER_POSTCODE = env.text("BANK_HOLDER_POSTCODE", "")
BANK_HOLDER_TOWN = env.text("BANK_HOLDER_TOWN", "")
BANK_HOLDER_COUNTRY = env.text("BANK_HOLDER_COUNTRY", "FR")
BANK_MONEY_FROM = env.words("BANK_MONEY_FROM", "Stripe")  # names or IBANs of the card provider on statements
BANK_SECOND_LOOK_EUR = env.decimal("BANK_SECOND_LOOK_EUR", "1000")
BANK_FILE_MAX_BYTES = env.whole("BANK_FILE_MAX_BYTES", 50_000_000, least=1)
RUN_MOST_PAYOUTS = env.whole("RUN_MOST_PAYOUTS", 20_000, least=1)
RUN_KEEP_DAYS = env.whole("RUN_KEEP_DAYS", 90)  # then the names and accounts in a payout file are removed
# A provider of mobile money or bank payments that takes tables (gateway `provider`); payments/gateways/provider.py.
PROVIDER_COUNTRIES = [code.upper() for code in env.words("PROVIDER_COUNTRIES")]
PROVIDER_COLUMNS = env.words("PROVIDER_COLUMNS", "reference,name,msisdn,amount,currency")
PROVIDER_HEADERS = env.words("PROVIDER_HEADERS")
PROVIDER_DELIMITER = env.text("PROVIDER_DELIMITER", "comma")
PROVIDER_AMOUNTS = env.text("PROVIDER_AMOUNTS", "point")
PROVIDER_NUMBERS = env.text("PROVIDER_NUMBERS", "plus")
PROVIDER_KNOWN_AS = env.words("PROVIDER_KNOWN_AS")  # its names or IBANs on our bank's statements
PROVIDER_ANSWER_HEADERS = env.words("PROVIDER_ANSWER_HEADERS", "reference,status,reason")
PROVIDER_PAID = env.words("PROVIDER_PAID", "paid,success,successful,completed")
PROVIDER_FAILED = env.words("PROVIDER_FAILED", "failed,rejected,returned")
DEPOSIT_MINIMUM_EUR = env.decimal("DEPOSIT_MINIMUM_EUR", "1.00", least="0.01")
DEPOSIT_MAXIMUM_EUR = env.decimal("DEPOSIT_MAXIMUM_EUR", "50000.00", least="1")
DEPOSIT_OPEN_FOR = dt.timedelta(hours=24)  # then a deposit that nobody paid is cancelled
PAYOUT_RETRY_AFTER = dt.timedelta(minutes=2)  # a call without an answer is made again after this,
PAYOUT_RESEND_FOR = dt.timedelta(hours=23)  # and no longer than gateways remember its key
# How long a movement and its booking may wait for each other before they are a difference.
RECONCILE_GRACE = dt.timedelta(hours=env.whole("RECONCILE_GRACE_HOURS", 24))
ACCOUNT_NUMBERS = env.words("ACCOUNT_NUMBERS")  # of the accountant, such as platform_fees=706100
# What the tax office is told of workers (DAC7): asked at the first earnings, reminded of twice, then payouts wait.
DAC7_TIN = env.text("DAC7_TIN", "" if PRODUCTION else "000000000")  # the operator's SIREN
