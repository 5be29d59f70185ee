from django.apps import AppConfig


class MarketplaceConfig(AppConfig):
    """The project itself is an app, so that `marketplace/management/commands` is found."""

    name = "marketplace"
    label = "marketplace"
