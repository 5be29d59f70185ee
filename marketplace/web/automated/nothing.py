"""What runs by the clock, or beside the claim, and decides about nobody; each with why that is so."""

NOTHING = {
    "relay": "delivers what was promised in the transaction of a fact",
    "mail-waiting": "chooses the hour of a mail by what its reader chose",
    "figures": "counts batches for their pages",
    "complete-batches": "closes batches of which nothing is left to answer",
    "sweep-imports": "loads and sweeps files of rows",
    "media": "makes pictures and sounds harmless to open",
    "registers": "writes the history of these rules and of the terms",
    "settle-deposits": "books money of organisations",
    "refunds": "sends back money of organisations",
    "top-ups": "adds money to organisations that asked for it",
    "accounts": "asks the payment provider what it knows of accounts",
    "reconcile-books": "compares the books with the bank's and the provider's",
    "invoices": "writes invoices of organisations",
    "vat-register": "asks the register of VAT numbers",
    "forget-payout-files": "deletes old payout files",
    "transparency": "counts the public figures",
    "centres": "counts the figures of work centres",
    "erasures": "erases the accounts of those who asked for it, after the days they have to think again",
    "retention": "deletes what is needed no more",
    "tidy": "deletes drafts and uploads that nobody will open",
    "forget-sessions": "deletes sessions that have run out",
    "selfcheck": "checks the invariants and tells administrators",
    "forget-answers": "deletes answers kept for programs that repeat a call",
}
SQL_NOTHING = {
    "tasks_in_hand": "reads what answering and claiming the next takes",
}
# Settings that a rule's own module reads and that decide nothing about people.
SETTINGS_NOTHING = {
    "BASE_URL": "the address of the site",
    "CONTACT_EMAIL": "the address of its mail",
    "REJECTED_HOLD_DAYS": "for how long the price of a refused answer stays set aside; the appeal is paid either way",
    "SECOND_LOOK_EUR": "from which amount two people decide instead of one",
    "PAYOUT_RETRY_AFTER": "when a call without an answer is made again",
    "PAYOUT_RESEND_FOR": "how long such a call may be made again",
    "CERTIFICATE_KEY": "the key that signs certificates",
    "OPERATOR": "the name in the terms",
    "TERMS_FOLDER": "where the texts of the terms lie",
    "FEE_RATE": "what organisations pay us",
    "VAT_RATE": "a tax of organisations",
    "HELP_FUND_RATE": "a share of our own fee",
}
