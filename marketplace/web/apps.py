from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


def _write_registers(using: str = "default", **_rest: Any) -> None:
    """On the first start of a market: its automated rules and its terms. What changes later is written by the clock,
    in the process whose settings are those that count."""
    from django.db import connections

    from .automated import versions
    from .models import RuleVersion, TermsVersion
    from .terms import publish_new

    known = set(connections[using].introspection.table_names())
    if {RuleVersion._meta.db_table, TermsVersion._meta.db_table} <= known:
        if not TermsVersion.objects.exists():
            publish_new()
        if not RuleVersion.objects.exists():
            versions.record()


class WebConfig(AppConfig):
    name = "marketplace.web"
    label = "web"

    def ready(self) -> None:
        # They register what listens to the second factor, what tells news, and what is asked before new work.
        from . import adapters, announce, terms  # noqa: F401

        post_migrate.connect(_write_registers, sender=self)
