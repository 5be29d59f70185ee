"""Who decides about people, and what people may know and say."""

from django.conf import settings
from django.utils.translation import gettext_lazy, gettext_noop

from .rule import Chapter, Rule, eur

PEOPLE = Chapter(
    gettext_lazy("People decide about people"),
    (
        Rule(
            "M1",
            gettext_noop(
                "Every rule by which a program decides or prepares something about people stands in a public register:"
                " what it reads and never reads, its numbers, what it can lead to, and every change with its date."
            ),
            database=("rule_version_append_only", "rule_version_says_what_changed"),
            code=("marketplace.web.automated.versions.record",),
            jobs=("registers",),
            pages=("rules", "rule", "rules-json", "rules-csv"),
        ),
        Rule(
            "M2",
            gettext_noop(
                "Nobody is restricted, refused or held back without the name of the person who decided. After missed"
                " check questions a rule may let one batch rest for %(hours)s hours: what was done is paid, it ends by"
                " itself, and a person looks at it when asked to. A rule may hold a payout until a date that you are"
                " shown: %(changed)s hours after new payout details, %(tax)s days while tax details are missing,"
                " %(same)s days while another account is paid to the same place. Nobody decides what they have a part"
                " in. A restriction of more than %(long)s days, and to refuse more than %(much)s in one case, takes two"
                " people. Who opens a case or a person's page is written down, and the person can see it."
            ),
            database=(
                "restriction_by_somebody_else",
                "restriction_heavy_by_two",
                "restriction_decided_by_nobody_involved",
                "dispute_heavy_by_two",
                "dispute_decided_by_nobody_involved",
                "second_opinion_by_who_was_asked",
                "payout_hold_names_a_person_or_a_rule_and_its_end",
                "batch_pause_ends",
                "batch_pause_reviewed_by_a_person",
                "award_revoked_by_a_person",
                "complaint_decided_by_another",
            ),
            code=(
                "workers.services.restrictions.restrict",
                "marketplace.base.conflicts.require_none",
                "marketplace.base.opinions.agreed",
                "marketplace.console.trace.all_traced",
                "tasks.services.gold_pauses.is_convincing",
                "tasks.services.gold_pauses.decide",
                "payments.services.payout_rules.in_force",
                "payments.services.persons.decide",
                "payments.services.payouts.release_expired",
            ),
            pages=("console-pauses", "console-holds", "console-persons", "payout"),
            settings=(
                "GOLD_PAUSE_HOURS",
                "PAYOUT_CHANGE_HOLD_HOURS",
                "TAX_HOLD_DAYS",
                "SAME_ACCOUNT_HOLD_DAYS",
                "SECOND_LOOK_DAYS",
                "SECOND_LOOK_EUR",
            ),
            values=lambda: {
                "hours": settings.GOLD_PAUSE_HOURS,
                "long": settings.SECOND_LOOK_DAYS,
                "much": eur("SECOND_LOOK_EUR"),
                "changed": settings.PAYOUT_CHANGE_HOLD_HOURS,
                "tax": settings.TAX_HOLD_DAYS,
                "same": settings.SAME_ACCOUNT_HOLD_DAYS,
            },
        ),
        Rule(
            "M3",
            gettext_noop(
                "Every such decision comes with its reasons at once; disputes are decided within %(days)s days, and"
                " complaints answered within %(answer)s. What is late goes to the administrators and is counted in"
                " public."
            ),
            database=(
                "restriction_says_why",
                "restriction_ground_from_the_list",
                "dispute_decided_by_a_named_person_with_a_reason",
                "complaint_is_promised_an_answer",
                "complaint_decided_by_a_named_person_with_a_reason",
                "late_promise_once",
            ),
            code=(
                "tasks.services.disputes.open_dispute",
                "workers.services.complaints.complain",
                "tasks.services.overdue.escalate",
            ),
            jobs=("late-promises",),
            pages=("decisions", "decision", "console-disputes", "console-complaints"),
            settings=("DECISION_DAYS", "COMPLAINT_DAYS"),
            values=lambda: {"days": settings.DECISION_DAYS, "answer": settings.COMPLAINT_DAYS},
        ),
        Rule(
            "M4",
            gettext_noop(
                "A decision can be contested for %(months)s months, and another moderator decides. Whoever's account is"
                " closed keeps money, data, replies, appeals and complaints, and finishes what they hold."
            ),
            database=(
                "appeal_decided_by_another",
                "dispute_once_and_one_appeal",
                "complaint_decided_by_another",
                "complaint_once_per_decision",
            ),
            code=(
                "workers.services.complaints.complain",
                "workers.services.complaints.decide",
                "marketplace.web.standing.Standing",
            ),
            pages=("decisions", "decision", "console-complaint"),
            settings=("APPEAL_DAYS",),
            values=lambda: {"months": round(settings.APPEAL_DAYS / 30.5)},
        ),
        Rule(
            "M5",
            gettext_noop(
                "A complaint or an appeal that is won restores the pay and the record, and gives back the time that"
                " what one holds lost by it."
            ),
            database=("restriction_overturned_is_over",),
            code=(
                "payments.services.earnings.pay_late",
                "workers.services.restrictions.Kind.take_back",
                "tasks.services.complaint_kinds.Screening.take_back",
                "payments.services.help_fund.reopen",
            ),
        ),
        Rule(
            "M6",
            gettext_noop(
                "Nothing is collected while you don't work: reading pages writes no row, no network address and no name"
                " of a browser is kept, and nothing is guessed about mood, health or opinions. What is needed no more"
                " goes by itself, after days that the page of your data shows."
            ),
            code=("marketplace.mydata.columns.register", "marketplace.mydata.retention.run"),
            jobs=("retention",),
            pages=("my-data",),
            settings=(
                "KEEP_NOTICES_DAYS",
                "KEEP_OUTBOX_DAYS",
                "KEEP_MAILBOX_DAYS",
                "KEEP_BANK_NAMES_DAYS",
                "KEEP_EVENTS_DAYS",
                "KEEP_INVITATIONS_DAYS",
                "KEEP_KEYS_DAYS",
            ),
        ),
        Rule(
            "M7",
            gettext_noop(
                "Everybody can take all that is stored about them along, at any time and for nothing: as JSON and as"
                " tables, with a signature by which any other site can tell that it is true."
            ),
            database=("export_one_at_a_time", "export_made_is_somewhere_until_a_day"),
            code=("marketplace.mydata.exporting.write", "marketplace.mydata.reading.read"),
            pages=("my-data", "my-data-verify"),
            settings=("EXPORT_KEEP_DAYS", "EXPORT_EVERY_MINUTES"),
        ),
        Rule(
            "M8",
            gettext_noop(
                "Who complains, appeals, reports, rates or writes is offered the same work as before, in the same"
                " order."
            ),
            code=("tasks.selectors.board.board", "tasks.services.claims.claim"),
            pages=("board",),
        ),
        Rule(
            "M11",
            gettext_noop(
                "People who were paid by a requester rate it on pay, clarity and fairness. It is shown from %(people)s"
                " people on, by month, without who wrote it; the requester can answer, and only a moderator's written"
                " decision hides one. Both can write to each other about a task, and nobody else reads it unless one of"
                " them reports it. Nobody rates workers with stars: what stands about their answers has reasons, and"
                " can be contested."
            ),
            database=(
                "rating_only_by_who_was_paid",
                "rating_once_in_half_a_year",
                "rating_stays_once_shown",
                "rating_hidden_only_by_decision",
                "message_by_one_of_the_two",
                "message_stays",
                "thread_silenced_only_by_decision",
                "objection_reason_from_the_list",
                "objection_decided_by_a_named_person_with_a_reason",
                "objection_complaint_decided_by_another",
                "contest_reason_from_the_list",
                "award_revoked_by_a_person",
            ),
            code=(
                "tasks.services.ratings.rate",
                "tasks.services.ratings.show_due",
                "tasks.services.messages.send",
                "tasks.services.objections.decide",
                "tasks.services.gold_contests.contest",
            ),
            jobs=("show-ratings",),
            pages=("my-ratings", "requester-ratings", "my-messages", "messages", "objection", "my-checks"),
            settings=(
                "RATING_LEAST",
                "RATING_EDIT_DAYS",
                "MESSAGES_A_DAY",
                "MESSAGES_A_MINUTE",
                "THREAD_OPEN_DAYS",
            ),
            values=lambda: {"people": settings.RATING_LEAST},
        ),
        Rule(
            "M12",
            gettext_noop(
                "The terms are in plain words, and say that you may work anywhere else. A change is published %(days)s"
                " days before it counts, everybody is told and reads what is new, and who does not agree is still"
                " paid, keeps their data and complaints, and finishes what they hold."
            ),
            database=(
                "terms_change_thirty_days_before",
                "terms_version_append_only",
                "terms_answer_append_only",
            ),
            code=(
                "marketplace.web.terms.publish_new",
                "marketplace.web.terms.answer",
                "marketplace.base.duties.require_none",
                "marketplace.web.standing.Standing",
            ),
            jobs=("registers",),
            pages=("terms", "terms-version", "terms-changes", "terms-agree"),
            settings=("TERMS_NOTICE_DAYS",),
            values=lambda: {"days": settings.TERMS_NOTICE_DAYS},
        ),
    ),
)
