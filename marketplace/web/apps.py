from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "marketplace.web"
    label = "web"

    def ready(self) -> None:
        from . import adapters  # noqa: F401 - registers what listens to the second factor
