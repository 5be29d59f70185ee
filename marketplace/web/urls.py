"""Public pages, account pages, and whatever spans the apps."""

from django.urls import include, path

urlpatterns = [
    path("", include("marketplace.web.urls_requester")),
    path("", include("marketplace.web.urls_worker")),
]
