from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "payments"
    label = "payments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Settings of files that nobody could use end the start."""
        from .gateways import bank, provider

        bank.check()
        provider.check()
