"""Why a batch can't be changed, loaded, published or priced so."""

from django.utils.translation import gettext_lazy as _

from marketplace.base.errors import Refusal


class NotADraft(Refusal):
    """Only drafts can be edited or discarded."""

    code = "not_a_draft"
    detail = _("Only a draft can be changed. Duplicate the batch to start a new one.")


class BelowFloor(Refusal):
    """The price meets no floor, or not the absolute one (charter P1)."""

    code = "below_floor"
    detail = _("At %(reward)s for %(seconds)s seconds nobody may work: the least is %(least)s a task.")


class NothingToPublish(Refusal):
    """The batch has no rows."""

    code = "no_rows"
    detail = _("This batch has no rows yet. Add a file first.")


class NotReady(Refusal):
    """Something the batch needs is missing; `fields` says what."""

    code = "not_ready"
    detail = _("Some things are still missing before this batch can be published.")
    status = 400


class NotReviewed(Refusal):
    """Nobody of the organisation says that they read the instructions as people will see them (charter W2)."""

    code = "not_reviewed"
    detail = _(
        "Read the instructions and the first task as people will see them, and say that you did: much depends on them."
    )


class ImportRunning(Refusal):
    """Rows are still being loaded."""

    code = "import_running"
    detail = _("A file is still being loaded into this batch. Wait until it is done.")


class MediaNotReady(Refusal):
    """Rows name files that can't be shown yet."""

    code = "media_not_ready"
    detail = _(
        "Some files that your rows name are not ready yet. Wait for them, or put right those that failed."
    )


class DebtOutstanding(Refusal):
    """The platform advanced top-ups that the organisation has not repaid (DESIGN §4, measured floor)."""

    code = "debt_outstanding"
    detail = _(
        "We advanced %(amount)s of top-ups to the people who worked for you. Repay them on the funds page first."
    )


class PriceNotRaised(Refusal):
    """A price only goes up."""

    code = "price_not_raised"
    detail = _(
        "The new price must be higher than %(reward)s. A price never goes down while people work for it."
    )
