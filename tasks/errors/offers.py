"""Why a piece of work is not open to somebody."""

from django.utils.translation import gettext_lazy as _

from marketplace.base.errors import Refusal


class BatchNotOpen(Refusal):
    """The batch is paused, ended or not published."""

    code = "not_open"
    detail = _("This batch takes no new work at the moment.")


class BatchRests(BatchNotOpen):
    """The batch is paused because a payment of its requester is disputed."""

    detail = _(
        "This batch takes no new work while the requester's bank looks at a payment. What you have in hand can be"
        " finished, and is paid as always."
    )


class BatchAskedToChange(BatchNotOpen):
    """A moderator asked the requester to change the batch; it rests until a moderator has looked again (charter W7)."""

    code = "asked_to_change"
    detail = _(
        "A moderator asked for a change of this batch, with the reasons in writing. It takes no new work until a"
        " moderator has opened it again; what is in hand can be finished and is paid."
    )


class DistressNotChosen(Refusal):
    """The batch may show what this person did not choose to see (charter W3)."""

    code = "distress_not_chosen"
    detail = _(
        "This work may show: %(labels)s. It is offered only to those who chose that; nothing changes for you if you"
        " don't."
    )
    status = 403


class NoneLeft(Refusal):
    """No open task that this worker has not seen."""

    code = "none_left"
    detail = _("There is no task left for you in this batch. Thank you for the ones you did.")


class CapReached(Refusal):
    """The reward would pass the yearly cap (charter C1)."""

    code = "cap_reached"
    detail = _("With this task you would pass your yearly limit of %(cap)s. It starts afresh on 1 January.")


class ShareReached(Refusal):
    """One worker does a share of a batch, so that others earn something of it too (charter C4)."""

    code = "share_reached"
    detail = _(
        "You have done your share of this batch: %(most)s tasks. The rest is for others, so that each earns something."
        " Choose another batch."
    )


class FirstRunShared(ShareReached):
    """The first small run of a batch is shared by several people, so that its time is measured (charter W2, C4)."""

    detail = _(
        "This batch begins with a small first run that several people share, and you have done your part: %(most)s"
        " tasks. When the rest opens you can go on. Choose another batch until then."
    )


class Resting(Refusal):
    """After many tasks of one batch in a row another one comes first (charter C4)."""

    code = "resting"
    detail = _(
        "After %(tasks)s tasks or %(time)s of one batch something else comes first. Do a task of another batch, or rest"
        " for %(rest)s: then this one is open to you again."
    )


class NotLetInYet(Refusal):
    """There is too little work for one more person: they wait in the order in which they came (charter C4)."""

    code = "not_let_in_yet"
    detail = _(
        "There is too little work for everybody just now, so people who joined wait in the order in which they came."
        " You will be told when it is your turn; an invitation to a batch is open to you meanwhile."
    )


class TooManyOpen(Refusal):
    """The worker holds as many assignments as allowed."""

    code = "too_many_open"
    detail = _("You already hold %(most)s tasks. Submit or give back one of them first.")


class BelowYourFloor(Refusal):
    """The price does not reach the floor of the worker's country (charter P1)."""

    code = "below_your_floor"
    detail = _("Its price does not reach the floor where you live (%(floor)s an hour).")


class CountryNotAsked(Refusal):
    """The requester named countries and the worker's is not among them."""

    code = "country_not_asked"
    detail = _("The requester asks for people in other countries.")


class OwnOrganisation(Refusal):
    """Nobody works for an organisation they belong to."""

    code = "own_organisation"
    detail = _("You belong to the organisation that posted this, so you can't work on it.")


class NotInvited(Refusal):
    """The batch is for people who were invited, and this one did not accept or was removed (docs/adr/0029)."""

    code = "not_invited"
    detail = _(
        "This work is for people who were invited and said yes. What you hold you may finish, and it is paid."
    )


class ChecksMissed(Refusal):
    """Claims of this batch rest for this worker after missed check questions (charter M2); other work is open."""

    code = "resting"
    detail = _(
        "Several check questions of this work went wrong, so it rests for you for a while. What you did is paid as "
        "always, and all other work is open. Look at the questions, or ask a person to look."
    )


class OnlyOwnLeft(NoneLeft):
    """What is open checks answers that this worker gave."""

    detail = _(
        "What is left here is about answers of your own, and somebody else checks those. Thank you for the others you "
        "did."
    )


class FirstRunFull(NoneLeft):
    """The first small run of the batch is taken, and its rest not open yet (charter W2)."""

    detail = _(
        "This batch begins with a small first run, and all its tasks are taken. The rest opens by itself once their"
        " time is measured and the price is fair."
    )


class OwnWork(Refusal):
    """The task checks an answer that this worker gave."""

    code = "own_work"
    detail = _("This task is about an answer of your own. Somebody else checks it; take another one.")


class YesAwaited(NotInvited):
    """The batch is for invited people, and this one is invited: only the yes is missing."""

    detail = _("You are invited to this work. Look at it, and say yes if you like it.")


class NoProfile(Refusal):
    """The person has not said where they live and that they are an adult."""

    code = "profile_missing"
    detail = _("Before your first task, tell us where you live and which languages you read.")


class Restricted(Refusal):
    """A moderator keeps this person from claiming."""

    code = "restricted"
    detail = _("A moderator has paused your claims. The reason and how to answer are in your notices.")
    status = 403


class AlreadyYours(Refusal):
    """The named task was done, released or is held by this worker."""

    code = "already_yours"
    detail = _("You already had this task.")


class TaskTaken(Refusal):
    """All slots of the named task are taken."""

    code = "taken"
    detail = _("Others have taken this task in the meantime.")


class ScreenedOut(Refusal):
    """A first question of this batch has shown that it is not for this worker."""

    code = "screened_out"
    detail = _(
        "This batch looks for other people, as one of its first questions has shown. Your time was paid."
    )
