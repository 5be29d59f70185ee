"""Every address of the site: as a page that somebody opens, or as one that is no page, and why."""

import functools
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver

from tests.browser.things import ADMIN, MODERATOR, REQUESTER, STRANGER, WORKER, with_object
from tests.browser.world import World

# Addresses that only take what a form sends.
SENT_TO = {
    "set_language", "notices-read", "deposit", "deposit-go", "repay", "top-ups-off",
    "webhook-stripe", "webhook-stripe-connect", "team-invite", "team-revoke", "team-role", "team-remove",
    "key-revoke", "organisation-switch", "payout-request", "connect-start", "console-restrict", "console-lift",
    "console-revive",
    "console-signal-seen", "console-tax-file", "help-withdraw", "console-bill", "console-differences-look",
    "console-books-close",
    "media-send", "media-again", "media-leave-out",
    "chain-stop", "chain-fund",
    "gold-upload", "gold-fund", "gold-take-back", "gold-restore", "gold-decide", "pause-ask",
    "batch-publish", "batch-discard", "batch-duplicate", "batch-pause", "batch-resume", "batch-close", "batch-raise",
    "submissions-approve", "submission-contest", "submission-withdraw", "submission-hand-over", "import-remap",
    "import-go-on", "import-cancel", "import-fund", "claim", "release", "leave", "claim-again", "draft",
    "renew", "task-pause",
    "answer-file", "my-redo", "my-reply", "my-appeal",
    "certificate-issue", "certificate-withdraw",
    "qualification-change", "qualification-retire", "qualification-grant", "test-begin", "award-contest",
    "console-award-revoke", "console-next", "console-case", "console-opinion",
    "my-data-export", "my-data-keep", "report-complain", "report-change", "my-rating-back", "question-out",
    "batch-keep", "template-start", "template-rename", "template-delete", "work-accept", "work-decline",
}  # fmt: skip
# Answers for machines, files to keep, and addresses that only lead on to another page.
NO_PAGE = {
    "healthz", "readyz", "metrics", "back", "batch-example", "import-bad-rows", "results-download", "my-data-file",
    "statement", "payout-statement",
    "console-tax-figures", "transparency-file", "transparency-all", "rules-json", "rules-csv",
    "terms-changes",  # of the first version there are none
    "gold-example",
    "mfa_download_recovery_codes", "notice", "account_confirm_login_code", "mfa_authenticate", "account_set_password",
    "account_email_verification_sent", "medium", "media-failed", "answer-media", "manifest", "service-worker",
    "batch-json", "template-json", "console-books-csv", "console-books-fec",
    "invoice-pdf", "invoice-csv", "console-invoice-pdf", "console-vat-return", "console-recapitulative",
    "console-run-file", "console-run-names",
    "certificate-jwt", "certificate-json", "certificate-key", "certificate-issuer", "certificate-status", "jwks", "did",
}  # fmt: skip
# A token that only a mail tells: the tour opens it.
TOLD_BY_MAIL = {"invitation", "join", "mail-stop", "centre-join"}
FOR_STRANGERS = {
    "centres",
    "account_login", "account_signup", "account_reset_password", "account_reset_password_done",
    "account_reset_password_from_key", "account_reset_password_from_key_done", "account_inactive", "home", "charter",
    "transparency", "help-fund", "terms", "terms-version", "rules", "rule",
    "privacy", "ways", "gallery", "gallery-widgets", "demo-mail", "offline",
    "certificate-verify", "report", "my-data-verify", "transparency-period",
}  # fmt: skip


@dataclass(frozen=True)
class Address:
    name: str
    persona: str
    path: str


def _patterns(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for each in resolver.url_patterns:
        path = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from _patterns(each, path)
        else:
            yield path, each


def named() -> dict[str, str]:
    """Pattern by name, without the REST interface, whose own tests know it."""
    found = {pattern.name or path: path for path, pattern in _patterns(get_resolver())}
    return {name: path for name, path in found.items() if not path.startswith("api/")}


def _persona(name: str, path: str) -> str:
    if name in FOR_STRANGERS:
        return STRANGER
    if name in {
        "console-switches",
        "console-outages",
        "console-looks",
        "console",
        "console-tax",
        "console-books",
        "console-billing",
        "console-differences",
    }:
        return ADMIN
    if name.startswith("console") or (name.startswith("mfa") and name != "mfa_activate_totp"):
        return MODERATOR
    if path.startswith(("messages/", "ratings/")):
        return REQUESTER
    if path.startswith(("batches/", "qualifications/", "funds/", "team/", "keys/", "organisations/")):
        return REQUESTER
    return WORKER


@functools.cache
def pages(world: World) -> list[Address]:
    """Each page once, with a persona who may open it. An address that nobody listed is an error here."""
    known, found = with_object(world), []
    for name, path in named().items():
        if name in SENT_TO | NO_PAGE | TOLD_BY_MAIL:
            continue
        if name in known:
            found.append(Address(name, *known[name]))
        else:
            assert "<" not in path, f"{name} shows one thing: say in things.py which one to open"
            found.append(Address(name, _persona(name, path), "/" + path))
    return found
