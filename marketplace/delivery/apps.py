from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class DeliveryConfig(AppConfig):
    name = "marketplace.delivery"
    label = "delivery"

    def ready(self) -> None:
        from marketplace.base import outbox

        from . import handlers, jobs  # noqa: F401 - importing registers them

        autodiscover_modules("texts")  # the words of every app's notices
        outbox.on_ring(jobs.ring)
