"""Pages of the market's core: posting and reviewing (requesters), claiming and working (workers)."""

from django.urls import include, path

urlpatterns = [
    path("", include("tasks.urls_worker")),  # first: the hot path is there
    path("", include("tasks.urls_requester")),
]
