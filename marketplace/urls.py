"""All addresses of the site; each app's own are in its `urls.py`."""

from django.urls import include, path

from . import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", include("marketplace.api.urls")),
    path("console/", include("marketplace.console.urls")),
    path("", include("tasks.urls")),
    path("", include("payments.urls")),
    path("", include("marketplace.mydata.urls")),
    path("", include("marketplace.web.urls")),
]
