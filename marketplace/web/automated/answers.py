"""The rules that read answers."""

from django.utils.translation import gettext_noop as _

from .rule import NOBODY, Automated

RULES = (
    Automated(
        "auto-approve",
        _("Silence pays"),
        _("What nobody has reviewed by its day is approved and paid."),
        reads=(_("when you sent the answer"),),
        leads_to=_("You are paid."),
        settings=("AUTO_APPROVE_DAYS",),
        code=("tasks.services.reviews.auto_approve",),
        sql=("tasks_submit",),
        jobs=("auto-approve",),
        person=NOBODY,
        charter=("P8",),
        worse={"AUTO_APPROVE_DAYS": "higher"},
    ),
    Automated(
        "too-fast",
        _("When “too fast” may be said"),
        _(
            "Who posted may object to an answer as too fast only when it took far less than the answers of the"
            " others:"
            " under the mean of the logarithms of their times minus three standard deviations, from 30 answers on."
        ),
        reads=(_("how long the answers of the batch took"),),
        leads_to=_(
            "The reason can be chosen, or not. You redo the answer or stand by it; a moderator decides."
        ),
        code=("tasks.services.reviews.is_too_fast",),
        person=_("A moderator decides about every objection that you don't accept."),
        charter=("P6",),
    ),
    Automated(
        "unanswered-objection",
        _("An objection without an answer"),
        _(
            "When you neither redo an answer nor reply within the days you have, the case goes to a moderator."
        ),
        reads=(_("the date of the objection"),),
        leads_to=_("A moderator decides whether you are paid."),
        settings=("REDO_DAYS",),
        code=("tasks.services.disputes.escalate_overdue",),
        jobs=("escalate-contests",),
        person=_("A moderator, always."),
        charter=("P7",),
        worse={"REDO_DAYS": "lower"},
    ),
    Automated(
        "check-questions",
        _("Pauses after check questions"),
        _(
            "Some tasks have answers that are known. When too few of yours are right to be bad luck (Wald's"
            " sequential"
            " test), your claims of that one batch rest."
        ),
        reads=(_("your first answers to check questions of this batch, without those that were set aside"),),
        weighs=_(
            "Each question counts the same. Somebody as good as asked is paused by bad luck at most once in ten."
        ),
        leads_to=_("No new tasks of this batch for some hours. What was done is paid; it ends by itself."),
        settings=("GOLD_LEAST", "GOLD_PAUSE_HOURS"),
        constants={
            "bad luck allowed": "tasks.services.gold_pauses.DOUBT",
            "version": "tasks.services.gold_pauses.RULE",
        },
        code=("tasks.services.gold_pauses.is_convincing", "tasks.services.gold_pauses.consider"),
        sql=("tasks_claim",),
        jobs=("validate",),
        refuses=("checks_missed",),
        person=_("A moderator, when you ask for it on the page of the pause."),
        charter=("M2",),
        worse={"GOLD_LEAST": "lower", "GOLD_PAUSE_HOURS": "higher"},
    ),
    Automated(
        "doubted-questions",
        _("Check questions that good workers miss"),
        _(
            "A check question that several good workers answered otherwise is set aside, and counts against nobody."
        ),
        reads=(_("how people who are mostly right answered it"),),
        leads_to=_("Scores and pauses that rested on it are put right."),
        settings=("GOLD_OFTEN_FAILED",),
        code=("tasks.services.gold_scores.often_failed",),
        jobs=("validate",),
        person=NOBODY,
        worse={"GOLD_OFTEN_FAILED": "higher"},
    ),
    Automated(
        "consensus",
        _("The weight of an answer in a result"),
        _(
            "The result of a task is what its answers say together. How often somebody agrees with others and"
            " with known"
            " answers is the weight of theirs, within one batch and one question."
        ),
        reads=(_("all answers of the batch, and known answers"),),
        weighs=_(
            "Estimated shares of right answers per person and choice (Dawid and Skene), with a cautious start."
        ),
        leads_to=_("What the requester gets as a result. It changes nobody's pay and no offer."),
        constants={
            "answers before a batch is fitted": "tasks.services.fits.FEW",
            "weight of the habit of the crowd": "tasks.services.fits.CARE",
        },
        code=("tasks.services.fits.fit", "tasks.services.aggregation.refit_all"),
        jobs=("fit-models", "validate"),
        charter=("P9",),
    ),
    Automated(
        "growing-overlap",
        _("One more answer where it is not sure"),
        _("A task whose answers disagree asks one more person, up to the number the batch allows."),
        reads=(_("the answers to the task and their weights"),),
        leads_to=_("More work for others. Nobody loses anything."),
        code=("tasks.services.growth.ask_for_more", "tasks.consensus.model.needs_more"),
        jobs=("validate",),
        person=NOBODY,
    ),
    Automated(
        "signals",
        _("Signals to moderators"),
        _(
            "Answers that are much faster than those of others, always the same, pasted, or word for word those of"
            " somebody else are shown to a moderator, with figures."
        ),
        reads=(
            _("answers of one batch and how long they took"),
            _("how much of a text came from the clipboard"),
        ),
        leads_to=_("A line in a moderator's list. It refuses, blocks and ranks nobody."),
        constants={
            "answers of others needed": "tasks.services.signals.LEAST_OTHERS",
            "own answers needed": "tasks.services.signals.LEAST_OWN",
            "deviations": "tasks.services.signals.FAST_SIGMA",
            "share pasted": "tasks.services.signals.PASTED_SHARE",
            "characters of a long answer": "tasks.services.signals.LONG",
        },
        code=("tasks.services.signals.look",),
        jobs=("signals",),
        person=_("A moderator looks at each; only a named person may then decide anything, with reasons."),
        worse={"answers of others needed": "lower"},
    ),
    Automated(
        "screen-out",
        _("A first question that ends a task"),
        _("Where a form says before that an answer ends the task, that answer ends it and its time is paid."),
        reads=(_("your answer to that question"),),
        leads_to=_("You are paid for the time at your floor, and take no more of this batch."),
        code=("tasks.services.screenouts.screen_out", "tasks.services.eligibility.screened"),
        refuses=("ScreenedOut",),
        charter=("P11",),
    ),
    Automated(
        "tried-codes",
        _("Completion codes that are tried"),
        _("After ten wrong codes no more are compared for this task."),
        reads=(_("how many wrong codes were typed for the task"),),
        leads_to=_("The code can't be guessed. The task can be given back at no cost."),
        constants={"wrong codes": "tasks.services.tries.MOST"},
        code=("tasks.services.tries.clean",),
    ),
)
