"""My data, and having a file of data verified."""

from django.urls import path

from . import views

urlpatterns = [
    path("me/data/", views.data, name="my-data"),
    path("me/data/export/", views.export, name="my-data-export"),
    path("me/data/export/<str:public_id>/", views.download, name="my-data-file"),
    path("me/data/erase/", views.erase, name="my-data-erase"),
    path("me/data/keep/", views.keep, name="my-data-keep"),
    path("data/verify/", views.verify, name="my-data-verify"),
]
