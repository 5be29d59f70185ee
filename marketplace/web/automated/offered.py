"""The rules by which work is offered and taken."""

from django.utils.translation import gettext_noop as _

from .rule import NOBODY, Automated

RULES = (
    Automated(
        "board-order",
        _("The order of the board"),
        _("Batches stand in the order of what they pay in an hour, then the newest first."),
        reads=(
            _("price, estimated and measured time of each batch"),
            _("which batches have a task left for you"),
        ),
        weighs=_("Only pay per hour, then the date. Nothing about the person."),
        leads_to=_("What you see first."),
        constants={"batches looked at": "tasks.selectors.board.MOST"},
        code=("tasks.selectors.board.board", "tasks.selectors.board.hourly"),
        charter=("M8", "C7"),
    ),
    Automated(
        "task-choice",
        _("Which task you get"),
        _("A task of the batch is picked from a random place on; tasks you had before are passed over."),
        reads=(_("which tasks of the batch are open"), _("which of them you had")),
        weighs=_("Chance."),
        leads_to=_("Which task of a batch you are given."),
        code=("tasks.services.claims.claim",),
        sql=("tasks_pick", "tasks_claim"),
        refuses=("already_yours", "taken", "none_left"),
        charter=("M8",),
    ),
    Automated(
        "eligibility",
        _("Who may take tasks of a batch"),
        _(
            "A batch is open to you when it runs, your country is asked and its floor met, there is a way to pay"
            " you, you"
            " are in no team of the organisation, nobody restricted you, and you meet what it asks."
        ),
        reads=(
            _("your country, teams you belong to, restrictions in force"),
            _(
                "for batches that ask it: qualifications you hold, languages, right answers to check questions,"
                " how many"
                " answers were approved, how long you have been here"
            ),
        ),
        leads_to=_("A batch is closed to you, with the reason and what you can do."),
        settings=(
            "FLOOR_ABSOLUTE_EUR",
            "FLOOR_MULTIPLIER_HOME",
            "FLOOR_MULTIPLIER_ELSEWHERE",
            "FLOOR_OVERRIDES",
            "PAYOUT_GATEWAYS",
        ),
        constants={"check questions before a share counts": "tasks.services.conditions.LEAST_CASES"},
        code=(
            "tasks.services.eligibility.check",
            "tasks.services.conditions.lacking",
            "tasks.services.prices.check_worker_floor",
        ),
        sql=("tasks_standing",),
        refuses=(
            "NoProfile",
            "NoPayoutWay",
            "Restricted",
            "restricted",
            "BatchNotOpen",
            "OwnOrganisation",
            "CountryNotAsked",
            "not_open",
        ),
        charter=("P1", "W4"),
        worse={
            "FLOOR_ABSOLUTE_EUR": "lower",
            "FLOOR_MULTIPLIER_HOME": "lower",
            "FLOOR_MULTIPLIER_ELSEWHERE": "lower",
        },
    ),
    Automated(
        "guests",
        _("Private batches"),
        _("A private batch is open only to those whom its organisation invited and who accepted."),
        reads=(_("the list of guests of the batch, and your answer to the invitation"),),
        leads_to=_("A batch is not shown to you."),
        sql=("tasks_claim",),
        refuses=("not_invited",),
    ),
    Automated(
        "distress",
        _("Distressing content"),
        _("Batches with a label of distress are open only to those who chose that label."),
        reads=(_("the labels you chose"),),
        leads_to=_(
            "A batch stays closed until you choose its labels; you can leave a task at any time with pay."
        ),
        settings=("DISTRESS_LEAVES_PAID",),
        code=("tasks.services.distress.require", "tasks.services.leaving.leave"),
        charter=("W3",),
        worse={"DISTRESS_LEAVES_PAID": "lower"},
    ),
    Automated(
        "cap",
        _("The most one person earns in a year"),
        _(
            "A task is given only if what you earned and what you hold stays under the limit of the year with it."
        ),
        reads=(_("what you earned and hold in the year, by the clock of Paris"),),
        leads_to=_("No new tasks until 1 January. What is owed above it is kept and paid then."),
        settings=("CAP_EUR",),
        code=("payments.services.cap.withheld",),
        sql=("tasks_claim",),
        refuses=("cap_reached",),
        charter=("C1", "C2", "C3"),
        worse={"CAP_EUR": "lower"},
    ),
    Automated(
        "in-hand",
        _("How many tasks you hold at a time"),
        _(
            "You hold at most so many tasks at a time, and of a batch with several questions never two of a task."
        ),
        reads=(_("the tasks you hold"),),
        leads_to=_("You send or give back one before you take the next."),
        settings=("MAX_OPEN_ASSIGNMENTS",),
        sql=("tasks_claim", "tasks_step"),
        refuses=("too_many_open",),
        worse={"MAX_OPEN_ASSIGNMENTS": "lower"},
    ),
    Automated(
        "lease",
        _("The time limit of a task"),
        _(
            "A task that was not sent in time goes back, and its draft is kept. It can be prolonged some times."
        ),
        reads=(_("when you took the task, and when you prolonged it"),),
        leads_to=_("The task is open again, also to you. It costs you nothing and is counted nowhere."),
        settings=("LEASE_DEFAULT_SECONDS", "LEASE_RENEWALS"),
        code=("tasks.services.claims.expire", "tasks.services.claims.renew"),
        sql=("tasks_expire", "tasks_give_back"),
        jobs=("expire-leases",),
        charter=("C5", "C7"),
        worse={"LEASE_RENEWALS": "lower", "LEASE_DEFAULT_SECONDS": "lower"},
    ),
    Automated(
        "rotation",
        _("Shares and rests"),
        _(
            "In a large batch, when many people work here, one person does a share of it at most; after a run of"
            " tasks of"
            " one batch another comes first, or a rest."
        ),
        reads=(
            _("how many tasks of the batch you did, and the run you are in"),
            _("how many people took a task within 30 days"),
        ),
        leads_to=_("A batch rests for you for a while, or your share of it is reached."),
        settings=(
            "ROTATION",
            "ROTATION_LEAST_SLOTS",
            "ROTATION_LEAST_WORKERS",
            "SHARE_PERCENT",
            "SHARE_LEAST",
            "RUN_TASKS",
            "RUN_MINUTES",
            "RUN_REST_MINUTES",
        ),
        code=("tasks.services.rotation.terms", "tasks.services.rotation.refresh"),
        sql=("tasks_turn",),
        jobs=("rotation",),
        refuses=("share_reached", "resting"),
        charter=("C4",),
        worse={
            "SHARE_PERCENT": "lower",
            "SHARE_LEAST": "lower",
            "RUN_TASKS": "lower",
            "RUN_MINUTES": "lower",
            "RUN_REST_MINUTES": "higher",
        },
    ),
    Automated(
        "pause-suggested",
        _("A pause is suggested"),
        _("After some hours of work without a break the page suggests one. Nothing about it is stored."),
        reads=(_("the time since your last break, kept in a cookie of yours"),),
        leads_to=_("A sentence on the page."),
        settings=("PAUSE_SUGGESTED_MINUTES",),
        code=("tasks.views.stretch.of",),
        person=NOBODY,
        charter=("C5",),
    ),
    Automated(
        "own-work",
        _("Nobody checks what they gave themselves"),
        _(
            "Where the results of one batch are looked at in another, a task is not given to those whose answer"
            " is in it."
        ),
        reads=(_("whose answers a task is made of"),),
        leads_to=_("That task is not offered to you; the others are."),
        sql=("tasks_gave", "tasks_pick", "tasks_pick_gold"),
        jobs=("pass-on",),
        refuses=("own_work",),
    ),
    Automated(
        "switches",
        _("A part of the market is switched off"),
        _("While an administrator has switched claims off, nobody takes tasks."),
        reads=(_("the switch"),),
        leads_to=_("No new tasks for anybody for a while."),
        person=_("The administrator who switched it, by name, with a reason."),
        sql=("tasks_claim",),
        refuses=("switched_off",),
    ),
    Automated(
        "pilot",
        _("The pilot of a batch"),
        _(
            "A large batch opens with its first tasks alone, until the time they take is measured. The rest opens by"
            " itself where the price meets the floor."
        ),
        reads=(_("the seconds of the first answers, and the floors of the countries"),),
        leads_to=_("The rest of a batch opens, or waits for a higher price."),
        settings=("PILOT", "PILOT_LEAST_SLOTS", "PILOT_TASKS", "PILOT_QUIET_HOURS"),
        code=("tasks.services.pilot.applies", "tasks.services.pilot.decide"),
        jobs=("pilots",),
        charter=("W2",),
    ),
    Automated(
        "admission",
        _("The line at the door"),
        _(
            "When many people work here and there is little work for each, people who join wait. They are let in by the"
            " order of their arrival as work grows, and see their place."
        ),
        reads=(
            _(
                "the price of all open work, how many people took a task lately, and the order in which people joined"
            ),
        ),
        weighs=_("Only the order of arrival."),
        leads_to=_(
            "No public work yet, and a place in line that is shown. Private work one is invited to is open."
        ),
        settings=("ADMISSION", "ADMISSION_LEAST_WORKERS", "ADMISSION_LEAST_EUR", "ADMISSION_DAYS"),
        code=("tasks.services.admissions.turn", "workers.services.admission.room"),
        jobs=("admission",),
        refuses=("NotLetInYet", "waits"),
        charter=("C4",),
        worse={"ADMISSION_LEAST_EUR": "higher", "ADMISSION_LEAST_WORKERS": "lower"},
    ),
    Automated(
        "tests",
        _("Tests and trainings"),
        _(
            "A test counts right answers and gives the qualification from its pass mark on. Tries, and the days"
            " between"
            " them, are those that its page says."
        ),
        reads=(_("your answers to the test, compared with the known ones"), _("your earlier tries")),
        leads_to=_(
            "A qualification, with an end where it has one; or another try on a shown day. Each answer is paid."
        ),
        constants={
            "days for an attempt without a clock": "tasks.services.qualification_attempts.UNHURRIED_DAYS",
            "days before its end that it can be renewed": "tasks.services.qualification_attempts.RENEW_DAYS",
        },
        code=(
            "tasks.services.qualification_attempts.begin",
            "tasks.services.qualification_questions.finish_due",
        ),
        jobs=("finish-attempts",),
        person=_("A moderator, when you contest one of its questions or that it was taken back."),
        charter=("P11",),
    ),
    Automated(
        "award-ends",
        _("A qualification or certificate ends"),
        _("A qualification counts until its date; a certificate counts as long as what it shows."),
        reads=(_("the date the qualification was given with"),),
        leads_to=_("Batches that ask for it are closed to you until you have it again."),
        code=("workers.services.awards.valid", "workers.services.certificates.verify"),
        person=_(
            "Nobody by itself: only a named person takes one back before, with reasons that can be contested."
        ),
    ),
)
