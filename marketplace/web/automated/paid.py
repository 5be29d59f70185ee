"""The rules about money that is due to people."""

from django.utils.translation import gettext_noop as _

from .rule import NOBODY, Automated

RULES = (
    Automated(
        "measured-floor",
        _("The measured floor"),
        _(
            "Once enough answers by enough people are in, a longer median time replaces the estimate, and"
            " whoever was paid"
            " under their floor gets the difference."
        ),
        reads=(_("how long the answers of the batch took, and in which country each was given"),),
        leads_to=_("A top-up at once. Claims pause in countries whose floor the price no longer meets."),
        settings=("FLOOR_MEASURE_SUBMISSIONS", "FLOOR_MEASURE_WORKERS", "RESERVE_RATE"),
        code=("tasks.services.floors.measure",),
        jobs=("measure-floor",),
        charter=("P3",),
        worse={"FLOOR_MEASURE_SUBMISSIONS": "higher", "FLOOR_MEASURE_WORKERS": "higher"},
    ),
    Automated(
        "weekly-guarantee",
        _("The weekly guarantee"),
        _("Each week of your work is held against the floor over all batches; what is missing is paid."),
        reads=(_("approved answers of the week: pay, counted time, country"),),
        leads_to=_("A payment from the house where the week fell short."),
        settings=("GUARANTEE_AFTER_DAYS",),
        constants={"time counted of an answer, times the batch's": "tasks.services.guarantee.COUNTED"},
        code=("tasks.services.guarantee.hold_weeks",),
        jobs=("weekly-guarantee",),
        person=NOBODY,
        charter=("P14",),
        worse={"GUARANTEE_AFTER_DAYS": "higher"},
    ),
    Automated(
        "outages",
        _("Failures of ours"),
        _(
            "When the clock of this site stood still, tasks in hand get the lost time back; time lost all the"
            " same is paid."
        ),
        reads=(_("when the clock went, and which tasks were in hand"),),
        leads_to=_("More time, or pay at your floor."),
        settings=("OUTAGE_LEAST_MINUTES",),
        code=("tasks.services.outages.notice", "tasks.services.outages.settle"),
        jobs=("expire-leases", "pay-interrupted"),
        person=_("An administrator can declare an outage that the clock did not see."),
        charter=("P10",),
        worse={"OUTAGE_LEAST_MINUTES": "higher"},
    ),
    Automated(
        "payouts-due",
        _("Payouts without asking"),
        _(
            "Once a month what is due leaves by itself from an amount on; what passes the limit of the year"
            " waits for January."
        ),
        reads=(_("what is due to you, your payout details, and the limit of the year"),),
        leads_to=_("A payout."),
        settings=("PAYOUT_MINIMUM_EUR", "PAYOUT_AUTOMATIC_EUR"),
        code=("payments.services.payouts.run_due",),
        jobs=("run-due-payouts", "send-payouts", "draft-runs"),
        person=NOBODY,
        charter=("P12", "C2"),
        worse={"PAYOUT_MINIMUM_EUR": "higher", "PAYOUT_AUTOMATIC_EUR": "higher"},
    ),
    Automated(
        "hold-changed-details",
        _("A payout waits after new details"),
        _(
            "After a change of where your money goes, payouts wait some hours, so that a thief gains nothing by it."
        ),
        reads=(_("when your payout details changed"),),
        leads_to=_("A payout is held until a shown moment, then leaves by itself."),
        settings=("PAYOUT_CHANGE_HOLD_HOURS",),
        code=("payments.services.payout_rules.in_force", "payments.services.payouts.release_expired"),
        jobs=("run-due-payouts",),
        charter=("M2",),
        worse={"PAYOUT_CHANGE_HOLD_HOURS": "higher"},
    ),
    Automated(
        "one-person",
        _("One person, one yearly limit"),
        _(
            "Two accounts whose payout details have the same tax number, or the same bank account or mobile number and"
            " name, count as one person's: what is earned under both counts towards one limit of the year."
        ),
        reads=(_("scrambled marks of tax number, account and name in payout details, not these themselves"),),
        leads_to=_(
            "A task that passes the common limit can't be taken, and what was earned beyond it waits until 1 January."
            " Nobody's account is closed or restricted. Both are told, and can say that it is wrong."
        ),
        code=(
            "payments.services.person_marks.of",
            "payments.services.persons.follow",
            "payments.services.persons_found.of",
            "payments.services.cap.withheld",
        ),
        jobs=("one-person",),
        person=_("A moderator, when one of the two says that it is wrong."),
        charter=("C1", "W6"),
    ),
    Automated(
        "hold-same-account",
        _("A payout waits where another account is paid to the same place"),
        _(
            "The same bank account or mobile number under two names may be a couple's, or one person's with two"
            " accounts: payouts of the later account wait until somebody has looked, some days at most, and once only."
        ),
        reads=(_("scrambled marks of bank accounts and mobile numbers, not these themselves"),),
        leads_to=_("A payout is held until a shown date, or until a moderator has decided. Nothing is lost."),
        settings=("SAME_ACCOUNT_HOLD_DAYS",),
        code=("payments.services.payout_rules.same_account", "payments.services.persons.decide"),
        jobs=("one-person", "send-payouts"),
        person=_("A moderator, about every such pair of accounts."),
        charter=("M2", "W6"),
        worse={"SAME_ACCOUNT_HOLD_DAYS": "higher"},
    ),
    Automated(
        "hold-tax-details",
        _("A payout waits for tax details"),
        _(
            "What the law wants to know is asked for at the first earnings, and twice more; then payouts wait,"
            " with a date."
        ),
        reads=(_("which tax details are missing, and when they were asked for"),),
        leads_to=_("A payout is held until a shown date. Nothing is lost."),
        settings=("TAX_REMINDER_DAYS", "TAX_HOLD_AFTER_DAYS", "TAX_HOLD_DAYS"),
        code=("payments.services.payout_rules.tax_missing", "payments.services.diligence.run"),
        jobs=("tax-details",),
        charter=("M2", "D1"),
        worse={"TAX_REMINDER_DAYS": "lower", "TAX_HOLD_AFTER_DAYS": "lower", "TAX_HOLD_DAYS": "higher"},
    ),
    Automated(
        "payout-failed",
        _("A payout that failed or came back"),
        _(
            "What the bank or provider gives back is due to you again at once, and you are told what to check."
        ),
        reads=(_("what the bank or provider answered"),),
        leads_to=_("The money is due again; the next payout tries your details of then."),
        code=("payments.services.sending.fail", "payments.services.sending.take_back"),
        jobs=("reconcile", "follow-news", "bank"),
        person=_("An administrator sees what the bank gave no reason for."),
    ),
    Automated(
        "disputed-payments",
        _("Batches of a disputed payment rest"),
        _("While a payment of an organisation is disputed by its bank, its batches take no new claims."),
        reads=(_("what the payment provider says of the organisation's payments"),),
        leads_to=_(
            "No new claims in its batches. What is in hand is finished and paid from what was set aside."
        ),
        code=("tasks.services.payment_pauses.follow",),
        jobs=("rest-disputed", "disputes"),
    ),
)
