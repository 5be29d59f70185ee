"""Addresses of moderators and administrators. For everybody else each of them is a wrong address."""

from django.urls import path

from .views import disputes, holds, home, pauses, people, screening, switches

urlpatterns = [
    path("", home.home, name="console"),
    path("revive/", home.revive, name="console-revive"),
    path("disputes/", disputes.index, name="console-disputes"),
    path("disputes/<str:public_id>/", disputes.case, name="console-dispute"),
    path("pauses/", pauses.index, name="console-pauses"),
    path("pauses/<str:public_id>/", pauses.case, name="console-pause"),
    path("screening/", screening.index, name="console-screening"),
    path("screening/<str:public_id>/", screening.batch, name="console-screened"),
    path("holds/", holds.index, name="console-holds"),
    path("holds/<str:public_id>/", holds.payout, name="console-hold"),
    path("people/", people.find, name="console-people"),
    path("people/<str:public_id>/", people.person, name="console-person"),
    path("people/<str:public_id>/restrict/", people.restrict, name="console-restrict"),
    path("people/<str:public_id>/lift/", people.lift, name="console-lift"),
    path("switches/", switches.index, name="console-switches"),
]
