from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig


class MarketplaceConfig(AppConfig):
    """The project itself is an app, so that `marketplace/management/commands` is found."""

    name = "marketplace"
    label = "marketplace"


class StaticConfig(StaticFilesConfig):
    """Static files, without those of pages that we do not serve: the browsable REST pages and Redoc."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "rest_framework", "redoc"]
