"""How much at once: files that are loaded, words, messages."""

from marketplace import env

IMPORT_MAX_BYTES = env.whole("IMPORT_MAX_BYTES", 200_000_000, least=1)
IMPORT_MAX_ROWS = env.whole("IMPORT_MAX_ROWS", 1_000_000, least=1)
IMPORT_MAX_CELLS = env.whole("IMPORT_MAX_CELLS", 20_000_000, least=1)
IMPORT_MAX_CELL_CHARS = env.whole("IMPORT_MAX_CELL_CHARS", 100_000, least=1)
MEDIA_MAX_FILE_BYTES = env.whole("MEDIA_MAX_FILE_BYTES", 200_000_000, least=1)
MEDIA_MAX_ZIP_BYTES = env.whole("MEDIA_MAX_ZIP_BYTES", 2_000_000_000, least=1)
MEDIA_MAX_FILES = env.whole("MEDIA_MAX_FILES", 20_000, least=1)  # of one batch
MEDIA_MAX_BATCH_BYTES = env.whole("MEDIA_MAX_BATCH_BYTES", 20_000_000_000, least=1)
REPORTS_A_MINUTE = env.whole("REPORTS_A_MINUTE", 5, least=1)  # reports and complaints from one address
MESSAGES_A_DAY = env.whole("MESSAGES_A_DAY", 60, least=1)  # of one person
MESSAGES_A_MINUTE = env.whole(
    "MESSAGES_A_MINUTE", 10, least=1
)  # from one address, ratings and objections included
INSTRUCTIONS_MAX_CHARS = env.whole("INSTRUCTIONS_MAX_CHARS", 20_000, least=100)
