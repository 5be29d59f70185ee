from django.apps import AppConfig


class MydataConfig(AppConfig):
    name = "marketplace.mydata"
    label = "mydata"

    def ready(self) -> None:
        from . import handlers  # noqa: F401 - importing registers them
