"""The Django project. Importing it makes the Celery application current, so that `.delay()` finds it."""

from .celery import app as celery_app

__all__ = ["celery_app"]
