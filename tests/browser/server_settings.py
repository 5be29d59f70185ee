"""The demonstration's settings, with compressed static files in a folder of the test run's own."""

from marketplace.settings import *  # noqa: F403
from marketplace.settings import HOME

STATIC_ROOT = HOME / "static"
CELERY_BEAT_SCHEDULE_FILENAME = str(HOME / "beat-schedule")
