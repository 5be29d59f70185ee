"""What Stripe asks of a worker, and why an account does not work, in plain words. Codes as the API names them.

A code that is not known here gets an honest general sentence: Stripe's own page then says what it is.
"""

import re
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

# The family of a requirement's code: what is missing. The first that fits counts.
_ASKED: tuple[tuple[str, Any], ...] = (
    (r"external_account|bank_account", _("The bank account your money goes to.")),
    (r"tos_acceptance", _("Your agreement with Stripe's terms.")),
    (r"\.verification\.additional_document", _("A second paper that shows your address.")),
    (r"\.verification\.proof_of_liveness", _("A picture of your face, to compare it with your paper.")),
    (
        r"\.verification\.document|\.documents?\b",
        _("A picture of your identity card, passport or driving licence."),
    ),
    (
        r"^documents\b|\.company_authorization|\.passport|\.visa",
        _("A paper that proves what you told Stripe."),
    ),
    (r"\.dob\b", _("Your date of birth.")),
    (r"\.(first|last|full|maiden)_name|\.name\b|full_name_aliases", _("Your name, as your papers show it.")),
    (r"\.(registered_)?address\b|\.support_address", _("Your address.")),
    (r"\.email\b|support_email", _("Your e-mail address.")),
    (r"\.phone\b|support_phone", _("Your telephone number.")),
    (
        r"id_number|ssn_last_4|tax_id|vat_id|\.registration_number",
        _("Your tax number, or the number of your identity card."),
    ),
    (r"\.nationality|political_exposure", _("Your nationality, and whether you hold a public office.")),
    (r"\.relationship|\.(owners|directors|executives)_provided", _("Who stands behind the account.")),
    (
        r"^business_profile|^business_type|^settings\.|statement_descriptor",
        _("What kind of work you do. Paid tasks here are the work of a person alone, without a company."),
    ),
    (r"^interv_|^interventions?\b", _("An answer to a question that Stripe asked you itself.")),
)
_UNKNOWN = _("Something that only Stripe's own page can show you.")

# Why an account does not work (`requirements.disabled_reason`, and our own `gone`).
_DISABLED: dict[str, Any] = {
    "requirements.past_due": _("Something was asked for and is late. As soon as you give it, payouts go on."),
    "requirements.pending_verification": _(
        "Stripe is looking at what you gave. That takes minutes, at times two days. There is nothing for you to do."
    ),
    "action_required.requested_capabilities": _(
        "Stripe needs more from you before the account can take money."
    ),
    "under_review": _("Stripe is looking at the account. There is nothing for you to do but to wait."),
    "listed": _("Stripe compares your name with lists it must keep. That is settled within some days."),
    "platform_paused": _(
        "We have paused the account at Stripe. A notice tells you why, and how to contest it."
    ),
    "gone": _("The account was closed, or no longer belongs to Tessera. You can open a new one here."),
}
_REJECTED = _(
    "Stripe has refused the account. It decides that by itself: ask Stripe why. What is due to you stays yours; "
    "write to us so that we find another way to pay it."
)
_OTHER_REASON = _("Stripe does not let the account take money at present. Its own page says why.")

# Why the worker's own bank sent Stripe's payout back (`payout.failure_code`).
_BANK: dict[str, Any] = {
    "account_closed": _("The bank account is closed."),
    "no_account": _("There is no bank account with that number."),
    "invalid_account_number": _("The number of the bank account is not right."),
    "incorrect_account_holder_name": _("The bank account is in another name."),
    "incorrect_account_holder_address": _("Your bank knows another address of you."),
    "incorrect_account_type": _("That sort of bank account can't take such payments."),
    "account_frozen": _("Your bank has frozen the account."),
    "bank_account_restricted": _("Your bank lets the account take no such payments."),
    "bank_ownership_changed": _("The bank account has a new owner, or your bank merged with another."),
    "invalid_currency": _("The bank account can't take this currency."),
    "declined": _("Your bank refused the payment and did not say why."),
}
_BANK_OTHER = _("Your bank could not take the payment.")


def asked(codes: Iterable[str]) -> list[Any]:
    """The sentences of what is missing: each once, in the order of the codes; an unknown family comes last."""
    known: dict[str, Any] = {}
    unknown = False
    for code in codes:
        found = next((words for pattern, words in _ASKED if re.search(pattern, code)), None)
        if found is None:
            unknown = True
        else:
            known.setdefault(str(found), found)
    return [*known.values(), *([_UNKNOWN] if unknown else [])]


def disabled(reason: str) -> Any:
    """Why an account does not work; "" for no reason."""
    if not reason:
        return ""
    return _REJECTED if reason.startswith("rejected.") else _DISABLED.get(reason, _OTHER_REASON)


def bank(code: str) -> Any:
    """Why the worker's bank sent money back; "" for no code."""
    return _BANK.get(code, _BANK_OTHER) if code else ""
