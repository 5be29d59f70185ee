"""The class of every kind of notice (docs/adr/0069). A new kind gets its line here; a test lists those without one."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Topic:
    """What a person chooses: its name, what belongs to it, the way it usually comes (MailChoice.Way), and the side of
    a person it is for: "works", "posts", or "" for everybody."""

    title: Any
    says: Any
    usual: str = "now"
    side: str = ""


# Mailed at once, whatever the hour, and never switched off.
AT_ONCE: dict[str, Any] = {
    "money": _("Money: what came, what left, what did not arrive"),
    "decision": _("Decisions about you or your work, with their reasons"),
    "deadline": _("What you have to do, or what changes, by a date"),
    "security": _("The safety of your account"),
    "erasure": _("Your data: copies and erasure"),
}

WAITING: dict[str, Topic] = {
    "answers": Topic(
        _("How your answers go on"),
        _("An objection taken back, an appeal on its way, a pause that ended."),
        side="works",
    ),
    "top_ups": Topic(
        _("Top-ups of single answers"),
        _("When a task took longer than was said, the difference is paid, answer by answer."),
        usual="digest",
        side="works",
    ),
    "offers": Topic(
        _("Invitations to work"), _("A requester invites you to a batch, or takes that back."), side="works"
    ),
    "learning": Topic(
        _("Tests and qualifications"), _("A test passed, a qualification given to you."), side="works"
    ),
    "centres": Topic(_("Your centre"), _("Members, equipment and training of a work centre."), side="works"),
    "batches": Topic(
        _("How your batches go"),
        _("Opened, finished, redone; questions that many answer otherwise."),
        side="posts",
    ),
    "moderation": Topic(
        _("Moderating"),
        _("A second opinion asked of you or given to you, promises that run late."),
        side="is_moderator",
    ),
    "reports": Topic(_("Reports and complaints"), _("That yours arrived, and how it goes on.")),
    "messages": Topic(_("Messages"), _("Somebody wrote to you about a task.")),
    "ratings": Topic(_("Ratings"), _("A rating of you, or an answer to yours."), usual="digest"),
}

_BY_TOPIC: dict[str, tuple[str, ...]] = {
    "money": (
        "account_bank_failed", "account_ready", "bonus", "cap_80", "cap_100", "credit_note_issued", "deposit_failed",
        "deposit_settled", "deposit_taken_back",
        "dispute_lost", "dispute_opened", "dispute_won", "help_granted", "interrupted_paid",
        "invoice_issued", "payout_failed", "payout_held", "payout_paid", "payout_part_back", "payout_released",
        "payout_returned", "payout_waits_account", "payout_waits_funds", "refund_failed", "refund_settled",
        "stopped_paid", "tax_year", "top_up_stopped", "week_guaranteed",
    ),
    "decision": (
        "appeal_decided", "appeal_decided_requester", "award_decided", "award_revoked", "attempt_failed",
        "centre_closed", "centre_ended", "centre_open", "centre_refused",
        "batch_refused", "complaint_decided", "contested", "decided", "decided_requester", "disputed",
        "gold_contest_decided", "gold_paused",
        "help_refused", "objection_complained", "objection_decided",
        "let_in", "pause_reviewed", "pilot_held", "reach_lost", "report_decided",
        "reported_complained", "reported_decided", "restricted", "restriction_lifted", "rows_refused",
        "same_person_decided", "same_person_found", "vat_number_invalid",
    ),
    "deadline": (
        "account_asked", "account_wanted", "payee_missing", "rule_changed", "tax_details_asked",
        "tax_details_last_reminder", "tax_details_reminder", "terms_published",
    ),
    "security": ("account_lost", "payee_changed", "selfcheck_broken"),
    "erasure": ("data_ready", "erasure_asked", "erasure_cooling", "erasure_files", "erasure_withdrawn"),
    "answers": ("appealed", "contest_withdrawn", "gold_lifted"),
    "top_ups": ("topped_up",),
    "offers": ("batch_invitation", "batch_uninvited"),
    "learning": ("attempt_broken_off", "attempt_passed", "award_granted"),
    "batches": (
        "appealed_requester", "batch_completed", "batch_passed", "chain_rows_wait", "disputed_requester",
        "gold_contested", "gold_often_failed", "pilot_opened", "pilot_quiet",
        "redone", "rows_passed", "screen_outs_take_answers", "vat_number_valid",
    ),
    "moderation": ("opinion_answered", "opinion_asked", "promises_late"),
    "reports": ("complaint_received", "report_complained", "report_received", "report_reopened", "reported_reopened"),
    "messages": ("message_to_requester", "message_to_worker"),
    "ratings": ("rating_answered",),
    "centres": ("booking_called_off", "booking_yours", "centre_invitation"),
}  # fmt: skip

KINDS: dict[str, str] = {kind: topic for topic, kinds in _BY_TOPIC.items() for kind in kinds}
