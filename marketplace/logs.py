"""Log lines: time, level, event name, then the ids as key=value. Tracebacks follow where there is one."""

import logging
import re
from datetime import UTC, datetime

# What every LogRecord carries by itself; whatever else is there was given as `extra`.
USUAL = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
UNWANTED = {
    "request",
    "status_code",
    "data",
    "server_time",
}  # Django's own extras: a request holds personal data


# PostgreSQL quotes the row it refused, with everything in it, after what is wrong.
DETAIL = re.compile(
    r"(?:\n|\\n)DETAIL:.*?(?=\nTraceback \(most|\n\nThe above exception|\n\nDuring handling|\Z)", re.DOTALL
)


class Line(logging.Formatter):
    """One line for one event: `2026-01-31T10:00:00Z INFO tasks.jobs expired count=3`."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        extras = {key: value for key, value in vars(record).items() if key not in USUAL | UNWANTED}
        parts = [moment, record.levelname, record.name, record.getMessage()]
        parts += [f"{key}={value}" for key, value in sorted(extras.items())]
        line = " ".join(parts)
        if record.exc_info:
            line += f"\n{self.formatException(record.exc_info)}"
        return DETAIL.sub("", line)
