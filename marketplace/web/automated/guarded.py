"""The rules at the doors: what may be posted, how often something may be asked, who may log in."""

from django.utils.translation import gettext_noop as _

from .rule import Automated

RULES = (
    Automated(
        "screening",
        _("What is read before it opens"),
        _(
            "The first batch of an organisation, a large one, and words that read as if they asked for something"
            " banned"
            " are put before a moderator."
        ),
        reads=(
            _("the words and rows of a batch, its price, and whether the organisation was looked at before"),
        ),
        never=(_("who the people of the organisation are"),),
        leads_to=_("A person reads it and opens it, or hands it back with reasons and all its money."),
        settings=("SCREENING_LARGE_EUR",),
        code=(
            "tasks.services.screening.look",
            "tasks.services.screening.look_at_rows",
            "tasks.screening_rules.rules.RULES",
        ),
        person=_("A moderator, always. No rule refuses a batch."),
        charter=("W5",),
    ),
    Automated(
        "ratings-shown",
        _("When ratings of who posts are shown"),
        _(
            "A rating is shown on the first of a month, with at least so many others, so that nobody can tell"
            " whose it is."
        ),
        reads=(_("how many people rated an organisation, and when"),),
        never=(_("what a rating says"), _("anything about who wrote it, but that they were paid")),
        leads_to=_(
            "Ratings are shown, or wait. A rating that is shown is hidden only by a person's decision."
        ),
        settings=("RATING_LEAST", "RATING_EDIT_DAYS"),
        code=("tasks.services.ratings.show_due",),
        jobs=("show-ratings",),
    ),
    Automated(
        "messages",
        _("How many messages"),
        _("One person writes at most so many messages a day, and one address so many a minute."),
        reads=(_("how many messages you wrote within a day"),),
        never=(_("what a message says"),),
        leads_to=_("The next message can be written later."),
        settings=("MESSAGES_A_DAY", "MESSAGES_A_MINUTE", "THREAD_OPEN_DAYS"),
        code=("tasks.services.messages.send",),
        worse={"MESSAGES_A_DAY": "lower"},
    ),
    Automated(
        "contact-data",
        _("A warning at contact data"),
        _(
            "A message that seems to hold contact data, or to ask for some, warns who writes it before it is sent and"
            " who reads it."
        ),
        reads=(_("the words of the message, as its page is made"),),
        never=(_("who wrote it"), _("anything that was written before")),
        leads_to=_(
            "Two people read a warning. It is sent all the same; nothing is stored, and nobody else is told."
        ),
        code=("tasks.services.contact_data.asks",),
        person=_("A moderator, once one of the two reports the conversation."),
        charter=("W5", "M6"),
    ),
    Automated(
        "age",
        _("Eighteen and over"),
        _("A worker's profile is taken only from the age that is asked on."),
        reads=(_("the date of birth you gave"),),
        never=(_("papers or pictures of you: none are asked for"),),
        leads_to=_("No profile as a worker before your birthday."),
        settings=("WORKER_MINIMUM_AGE",),
        code=("workers.services.onboarding.save_profile",),
        charter=("W6",),
    ),
    Automated(
        "calls",
        _("How often programs may call"),
        _("Each key, and each address without one, may make so many calls a minute."),
        reads=(_("the key, or the network address, for one minute"),),
        leads_to=_("Further calls of that minute are refused."),
        settings=("API_RATE_PER_KEY", "API_RATE_PER_ADDRESS"),
        code=("marketplace.api.throttles.count_caller", "marketplace.api.throttles.count_address"),
    ),
    Automated(
        "visitors",
        _("How often an address may ask"),
        _(
            "Reports, complaints without an account, and the verifying of certificates are limited by minute and"
            " address."
        ),
        reads=(_("the network address, for one minute"),),
        leads_to=_("A sentence that asks you to wait a minute."),
        settings=("REPORTS_A_MINUTE",),
        code=("marketplace.web.rate.limit",),
    ),
    Automated(
        "log-in",
        _("Attempts to log in"),
        _("After several wrong passwords or codes an address or account waits before the next try."),
        reads=(_("wrong attempts of the last minutes, by account and network address"),),
        leads_to=_("A wait of some minutes. Nobody is locked out for good."),
        constants={"limits": "allauth.account.app_settings.RATE_LIMITS"},
        code=("allauth.core.internal.ratelimit.consume",),
    ),
    Automated(
        "certificates-a-day",
        _("Certificates in a day"),
        _("A person makes at most so many certificates in a day."),
        reads=(_("the certificates you made within a day"),),
        leads_to=_("The next one can be made tomorrow."),
        constants={"certificates": "workers.services.certificates.MOST_A_DAY"},
        code=("workers.services.certificates.issue",),
        worse={"certificates": "lower"},
    ),
    Automated(
        "late-answers",
        _("Answers of ours that are late"),
        _(
            "What a person was promised by a date and did not get is written down, and the administrators are told."
        ),
        reads=(_("the dates that moderators promised"),),
        never=(_("what the case is about"),),
        leads_to=_("It stands on top of the queue and is counted in public."),
        settings=("DECISION_DAYS", "COMPLAINT_DAYS", "REPORT_DAYS", "APPEAL_DAYS"),
        code=("tasks.services.overdue.escalate",),
        jobs=("late-promises",),
        person=_("The administrators."),
        charter=("M3",),
        worse={"DECISION_DAYS": "higher", "COMPLAINT_DAYS": "higher", "APPEAL_DAYS": "lower"},
    ),
    Automated(
        "terms-in-force",
        _("Who has not agreed to the terms"),
        _("From the day new terms count, those who have not agreed take and post no new work."),
        reads=(_("your answer to the terms"),),
        leads_to=_("New work waits for your answer. Work in hand, money, data and complaints stay open."),
        settings=("TERMS_NOTICE_DAYS",),
        code=("marketplace.web.terms.owed", "marketplace.base.duties.require_none"),
        refuses=("TermsUnanswered",),
        charter=("M12",),
        worse={"TERMS_NOTICE_DAYS": "lower"},
    ),
)
