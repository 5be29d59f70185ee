"""Every reason why the market's core says no. Codes are stable and part of the REST interface (DESIGN §8)."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from marketplace.base.conflicts import ConflictOfInterest as ConflictOfInterest
from marketplace.base.errors import Forbidden, Refusal


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


@dataclass(frozen=True)
class Lack:
    """Something that a batch asks for and a person can't show: in words, with the qualifications that would do."""

    text: str
    qualifications: tuple[str, ...] = ()  # public ids


class NotQualified(Refusal):
    """The batch asks for something that this person can't show yet (`lacks`)."""

    code = "not_qualified"
    detail = _("This work asks for: %(missing)s.")

    def __init__(self, lacks: Sequence[Lack]) -> None:
        super().__init__(missing="; ".join(lack.text for lack in lacks))
        self.lacks = list(lacks)


class NoAttempt(Refusal):
    """A question of a test or training is claimed outside of an attempt."""

    code = "no_attempt"
    detail = _(
        "Begin the test first: its page says how long it takes, what it pays and how often you may try."
    )


class QuestionInHand(Refusal):
    """One question of an attempt at a time."""

    code = "question_in_hand"
    detail = _("You have a question in hand. Answer it, or skip it, and the next one comes.")


class AttemptOver(Refusal):
    """Every question of the attempt was asked, or its time is over."""

    code = "attempt_over"
    detail = _("This attempt is over. Your answers are paid, and the result is on your qualifications page.")


class AttemptRunning(Refusal):
    """One attempt at a test at a time."""

    code = "attempt_running"
    detail = _("You have begun already. Go on with the attempt you have.")


class AlreadyQualified(Refusal):
    """The person holds what the test gives."""

    code = "already_qualified"
    detail = _("You hold this qualification. You can renew it from %(day)s on.")


class NoTriesLeft(Refusal):
    """All attempts of a person are used up."""

    code = "no_tries_left"
    detail = _(
        "You have used your tries (%(most)s) at this test. Other work and other tests are open as before."
    )


class TooSoonAgain(Refusal):
    """The time between two attempts has not passed."""

    code = "too_soon"
    detail = _("You can try again from %(moment)s on.")


class PoolUsedUp(Refusal):
    """Too few questions that the person has not seen, with a place that is paid for."""

    code = "pool_used_up"
    detail = _(
        "There are not enough questions left that you have not seen and that are paid for. The requester may open "
        "another test for it; you find it on your qualifications page."
    )


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


class LeaseOver(Refusal):
    """The time ran out and the task could not be claimed again."""

    code = "lease_over"
    detail = _(
        "The time for this task ran out and somebody else has it now. What you typed is kept on this page."
    )


class NotEditable(Refusal):
    """The answer was reviewed; it can't be changed any more."""

    code = "not_editable"
    detail = _("This answer has been reviewed and can't be changed any more.")


class IllegalMove(Refusal):
    """The thing is not in a state from which this can be done."""

    code = "illegal_move"
    detail = _("This can't be done any more: its state is now “%(state)s”.")


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


class AlreadyContested(Refusal):
    """One contest per assignment (DESIGN §5)."""

    code = "already_contested"
    detail = _("You objected to this answer once. Approve it, or hand it to a moderator.")


class ScreenedOut(Refusal):
    """A first question of this batch has shown that it is not for this worker."""

    code = "screened_out"
    detail = _(
        "This batch looks for other people, as one of its first questions has shown. Your time was paid."
    )


class TooManyTries(Refusal):
    """So many completion codes were wrong that more tries would be guessing."""

    code = "too_many_tries"
    detail = _(
        "%(most)s codes were wrong, so no more can be tried for this task. What you typed is kept. Give the task back:"
        " that costs nothing."
    )


class TooFastNotShown(Refusal):
    """'Too fast' needs the batch's own distribution behind it (charter P6)."""

    code = "too_fast_not_shown"
    detail = _(
        "“Too fast” holds only below three standard deviations of this batch's times, from 30 answers on. "
        "This one is not."
    )


class AnotherModerator(Forbidden):
    """The one who decided the dispute does not decide the appeal."""

    code = "another_moderator"
    detail = _("You decided the dispute, so another moderator decides the appeal.")


class TooLate(Refusal):
    """A deadline has passed."""

    code = "too_late"
    detail = _("The time for this has passed.")


class NoSuchOutage(Refusal):
    """What is declared as an outage is not over, ends before it begins, or lies too far back."""

    code = "no_such_outage"
    detail = _("Give a time that is over, began before it ended, and lies at most %(days)s days back.")
    status = 400
