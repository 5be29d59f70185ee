"""My data: files to take along, leaving, and how long what is needed no more is kept."""

from marketplace import env

from .place import HOME

EXPORT_KEEP_DAYS = env.whole("EXPORT_KEEP_DAYS", 7, least=1)
EXPORT_EVERY_MINUTES = env.whole("EXPORT_EVERY_MINUTES", 30)
# What a file of data may unpack to when somebody has it verified, and how many files it may hold.
VERIFY_MOST_MB = env.whole("VERIFY_MOST_MB", 500, least=1)
VERIFY_MOST_FILES = env.whole("VERIFY_MOST_FILES", 20_000, least=100)
ERASURE_COOLING_DAYS = env.whole("ERASURE_COOLING_DAYS", 14)
TAX_KEEP_YEARS = env.whole("TAX_KEEP_YEARS", 10, least=5)
# Numbers of erased people, one a line, beside the database: whoever restores a backup erases them again.
ERASED_FILE = env.text("ERASED_FILE", str(HOME / "erased-people.txt"))
KEEP_NOTICES_DAYS = env.whole("KEEP_NOTICES_DAYS", 730, least=1)
KEEP_OUTBOX_DAYS = env.whole("KEEP_OUTBOX_DAYS", 30, least=1)
KEEP_MAILBOX_DAYS = env.whole("KEEP_MAILBOX_DAYS", 30, least=1)
KEEP_BANK_NAMES_DAYS = env.whole("KEEP_BANK_NAMES_DAYS", 400, least=1)
KEEP_EVENTS_DAYS = env.whole("KEEP_EVENTS_DAYS", 400, least=1)
KEEP_INVITATIONS_DAYS = env.whole("KEEP_INVITATIONS_DAYS", 90, least=1)
KEEP_KEYS_DAYS = env.whole("KEEP_KEYS_DAYS", 365, least=1)
