"""Why a bank or provider refused or returned a payment, in words for the person who waits for the money.

Codes: ISO 20022 external code sets, ExternalStatusReason1Code and ExternalReturnReason1Code.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _

_WRONG = _("The account number is wrong, or there is no such account.")
_CLOSED = _("The account is closed.")
_BLOCKED = _("The account is blocked, or takes no transfers of this kind.")
_NAME = _("The bank says that the name and the account do not belong together.")
_ADDRESS = _("The bank misses something in the name or address.")
_REFUSED = _("The person or bank that was to be paid refused the money.")
_LAW = _("The bank needs more about the person who is paid, as the law asks of it.")
_BANK = _("The bank could not be reached by this kind of transfer.")
_OURS = _("Something in our file or at our bank went wrong. It is ours to put right.")

WORDS: dict[str, Any] = {
    "AC01": _WRONG,
    "AC03": _WRONG,
    "AC04": _CLOSED,
    "AC06": _BLOCKED,
    "AC07": _CLOSED,
    "AC13": _BLOCKED,
    "AC14": _BLOCKED,
    "AG01": _BLOCKED,
    "AG02": _OURS,
    "AGNT": _BANK,
    "AM01": _OURS,
    "AM02": _OURS,
    "AM03": _OURS,
    "AM04": _OURS,  # our account does not hold enough
    "AM05": _("The bank took it for the same payment a second time."),
    "AM09": _OURS,
    "ARDT": _("It had been sent back before."),
    "BE01": _NAME,
    "BE04": _ADDRESS,
    "BE05": _OURS,
    "BE06": _NAME,
    "BE07": _ADDRESS,
    "CNOR": _BANK,
    "CURR": _OURS,
    "CUST": _("It was called back."),
    "CUTA": _("It was called back."),
    "DNOR": _OURS,
    "DT01": _OURS,
    "DUPL": _("The bank took it for the same payment a second time."),
    "ED05": _BANK,
    "ERIN": _OURS,
    "FF01": _OURS,
    "FF03": _OURS,
    "FF05": _OURS,
    "FOCR": _("It was called back."),
    "FR01": _("The bank suspects fraud and asks you to speak to it."),
    "FRAD": _("The bank suspects fraud and asks you to speak to it."),
    "MD07": _("The holder of the account has died, says the bank."),
    "MS02": _REFUSED,
    "MS03": _("The bank gave no reason. Ask it, or give another account."),
    "NARR": _("The bank gave a reason in words, which we ask it for."),
    "NOAS": _("The bank got no answer."),
    "NOOR": _OURS,
    "RC01": _BANK,
    "RC03": _BANK,
    "RC04": _BANK,
    "RC07": _BANK,
    "RR01": _LAW,
    "RR02": _LAW,
    "RR03": _LAW,
    "RR04": _LAW,
    "SVNR": _BANK,
    "TECH": _OURS,
    "TM01": _OURS,
    "UPAY": _REFUSED,
    # Words of ours.
    "file_refused": _OURS,
    "never_left": _OURS,  # we had booked it as paid, and a person found that nobody knows of it
    "no_mobile_account": _WRONG,
}
# Not for the person who is paid to mend: their details are as right as before.
OURS = frozenset(code for code, words in WORDS.items() if words is _OURS)


def words(code: str) -> str:
    """The sentence for a code; empty for one that says nothing to a person."""
    return str(WORDS.get(code, ""))
