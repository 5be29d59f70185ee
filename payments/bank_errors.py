"""Why something about payout files or bank lines is refused. Each class is one reason with its sentence."""

from django.utils.translation import gettext_lazy as _

from marketplace.base.errors import Forbidden, Refusal


class NothingToPay(Refusal):
    code = "nothing_to_pay"
    detail = _("No payout waits for a file just now.")


class DraftOpen(Refusal):
    code = "draft_open"
    detail = _("There is a file already that waits to be released. Release or cancel it first.")


class BooksBroken(Refusal):
    code = "books_broken"
    detail = _(
        "A check of the books fails (%(checks)s), so no payout leaves. Look at the differences first: nothing is lost."
    )


class RunChanged(Refusal):
    code = "run_changed"
    detail = _(
        "Payouts were held or their details changed since this file was made: %(dropped)s were taken out of it. Look "
        "at it once more; two people release it anew."
    )


class NamesUndecided(Refusal):
    code = "names_undecided"
    detail = _(
        "For %(count)s payouts the bank says that name and account do not belong together. Decide about each first."
    )


class SamePerson(Forbidden):
    code = "same_person"
    detail = _("You released it first. A second person must look at it and release it too.")


class OwnMoney(Forbidden):
    code = "own_money"
    detail = _("Your own money is in this, so somebody else must decide.")


class NotStaff(Forbidden):
    detail = _("Only administrators and moderators do this.")


class FileGone(Refusal):
    code = "file_gone"
    detail = _("The file itself was removed when its time was over. Its hash is kept.")
    status = 410


class FileDamaged(Refusal):
    code = "file_damaged"
    detail = _("The stored file no longer has the hash that was released. Do not use it, and find out why.")


class WrongAccount(Refusal):
    code = "wrong_account"
    detail = _(
        "This statement is for another account (…%(theirs)s); ours ends in %(ours)s. Nothing was taken."
    )


class KnownStatement(Refusal):
    code = "known_statement"
    detail = _("This statement was read on %(day)s. Nothing was taken a second time.")


class TooEarly(Refusal):
    code = "statement_too_early"
    detail = _(
        "This statement is older than the first one that was read: the books of this account begin on %(day)s."
    )


class DoesNotAddUp(Refusal):
    code = "does_not_add_up"
    detail = _(
        "The lines of statement %(statement)s and its balances differ by %(amount)s: the file is not whole. Nothing "
        "was taken; ask the bank for it again."
    )


class StatementsOverlap(Refusal):
    code = "statements_overlap"
    detail = _(
        "Statement %(statement)s tells days that were read already, does not join what was read, and has lines of the "
        "same amounts without a number of the bank. Nothing was taken, so that nothing is booked twice. Ask the bank "
        "for statements that follow one another."
    )


class OtherCurrency(Refusal):
    code = "other_currency"
    detail = _("Statement %(statement)s has lines in %(currency)s. Only an account in euros can be read.")


class ProviderShort(Refusal):
    code = "provider_short"
    detail = _(
        "The answer says that %(paid)s were paid out, and our books know of %(there)s at the provider. Read the bank "
        "statement with the transfer to the provider first, then send this answer again."
    )
