"""What the law and the house ask of whoever runs this market."""

from django.conf import settings
from django.utils.translation import gettext_lazy, gettext_noop

from marketplace.base import formats
from marketplace.web.transparency.privacy import most_of_one

from .rule import Chapter, Rule

DUTIES = Chapter(
    gettext_lazy("Duties"),
    (
        Rule(
            "D1",
            gettext_noop(
                "What the tax office is told of you, you are told as well, by quarter, in January. What is missing is"
                " asked for three times over %(days)s days before a payout waits for it, and nothing is lost."
            ),
            database=("tax_diligence_first_before_second",),
            code=(
                "payments.services.dac7.figures",
                "payments.services.diligence.run",
                "payments.services.diligence.tell_year",
            ),
            jobs=("tax-details",),
            pages=("earnings-year",),
            settings=("TAX_REMINDER_DAYS", "TAX_HOLD_AFTER_DAYS", "TAX_HOLD_DAYS"),
            values=lambda: {"days": settings.TAX_HOLD_AFTER_DAYS},
        ),
        Rule(
            "D2",
            gettext_noop("Every message about a payout says where to read about taxes and social rights."),
            code=("payments.texts.payout_paid",),
        ),
        Rule(
            "D3",
            gettext_noop(
                "Whoever leaves is gone from every table and file, and the books stay whole: what is due is paid first,"
                " %(days)s days are left to think again, and what tax law has kept for %(years)s years is sealed with a"
                " key that the site does not have. Scrambled marks of payout details stay to the end of the year, so"
                " that one person has one limit; six months at least for who was restricted."
            ),
            database=("erasure_once_per_person", "erasure_cools_until_a_day", "sealed_until_destroyed"),
            code=(
                "marketplace.mydata.requests.follow",
                "marketplace.mydata.erasure.erase",
                "marketplace.mydata.vault.seal",
                "payments.services.persons.leave",
                "payments.services.persons.forget",
            ),
            jobs=("erasures", "retention"),
            pages=("my-data", "my-data-erase"),
            settings=("ERASURE_COOLING_DAYS", "TAX_KEEP_YEARS", "ERASED_FILE"),
            values=lambda: {"days": settings.ERASURE_COOLING_DAYS, "years": settings.TAX_KEEP_YEARS},
        ),
        Rule(
            "D4",
            gettext_noop(
                "Figures on pay, hours, disputes, answers and times are public, half-year by half-year, and counted"
                " from the books. %(days)s days after its end a half-year is counted for good: amounts are published"
                " then, and only once. Figures of fewer than %(few)s people are hidden, and those of which one person"
                " has more than %(share)s."
            ),
            database=("figures_append_only", "figures_closed_stay", "figures_closed_once"),
            code=(
                "marketplace.web.transparency.editions.publish",
                "marketplace.web.transparency.privacy.protect",
            ),
            jobs=("transparency",),
            pages=("transparency", "transparency-period", "transparency-file", "transparency-all"),
            settings=("FIGURES_CLOSE_DAYS", "FIGURES_LEAST_PEOPLE", "FIGURES_TOP_PERCENT"),
            values=lambda: {
                "days": settings.FIGURES_CLOSE_DAYS,
                "few": settings.FIGURES_LEAST_PEOPLE,
                "share": formats.percent(most_of_one()),
            },
        ),
        Rule(
            "D5",
            gettext_noop(
                "%(share)s of the fees go to a fund that helps people who work here. Named people decide about"
                " requests, and its account is public."
            ),
            database=("help_grant_decided_by_a_person_with_a_reason", "help_grant_not_decided_by_who_asks"),
            code=("payments.services.earnings.approve_set", "payments.services.help_fund.grant"),
            pages=("help-fund",),
            settings=("HELP_FUND_RATE", "HELP_GRANT_MOST_EUR"),
            values=lambda: {"share": formats.percent(settings.HELP_FUND_RATE)},
        ),
        Rule(
            "L3",
            gettext_noop(
                "Nobody belongs to a work centre without their own yes, and everybody leaves with one click. Those who"
                " run it see hours, tasks and training, earnings only if one allows it, and each look is shown to whom"
                " it was at. A named moderator checks a centre before it opens."
            ),
            database=(
                "centre_checked_by_a_named_person_in_words",
                "centre_not_checked_by_who_asked",
                "centre_membership_once_at_a_time",
                "centre_membership_ended_by_oneself_or_with_a_reason",
                "booking_unit_for_one_at_a_time",
            ),
            code=(
                "workers.services.centre_members.accept",
                "workers.services.centre_members.leave",
                "marketplace.web.centres.members.look",
            ),
            pages=("my-centre", "centre-hours", "console-centre"),
            settings=("BOOKING_AHEAD_DAYS",),
        ),
        Rule(
            "L2",
            gettext_noop(
                "The books only grow: every entry has its counterpart, and none is ever changed or deleted."
            ),
            database=("transaction_sums_to_zero", "entry_append_only", "audit_append_only"),
        ),
    ),
)
