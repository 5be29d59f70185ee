"""Addresses of moderators and administrators. For everybody else each of them is a wrong address."""

from django.urls import path

from .views import disputes, holds, home, pauses, people, qualifications, screening, signals, switches

urlpatterns = [
    path("", home.home, name="console"),
    path("revive/", home.revive, name="console-revive"),
    path("disputes/", disputes.index, name="console-disputes"),
    path("disputes/<str:public_id>/", disputes.case, name="console-dispute"),
    path("pauses/", pauses.index, name="console-pauses"),
    path("pauses/<str:public_id>/", pauses.case, name="console-pause"),
    path("signals/", signals.index, name="console-signals"),
    path("signals/<str:public_id>/", signals.signal, name="console-signal"),
    path("signals/<str:public_id>/seen/", signals.seen, name="console-signal-seen"),
    path("screening/", screening.index, name="console-screening"),
    path("screening/<str:public_id>/", screening.batch, name="console-screened"),
    path("holds/", holds.index, name="console-holds"),
    path("holds/<str:public_id>/", holds.payout, name="console-hold"),
    path("people/", people.find, name="console-people"),
    path("people/<str:public_id>/", people.person, name="console-person"),
    path("people/<str:public_id>/restrict/", people.restrict, name="console-restrict"),
    path("people/<str:public_id>/lift/", people.lift, name="console-lift"),
    path("qualifications/", qualifications.index, name="console-qualifications"),
    path("qualifications/contests/<str:public_id>/", qualifications.contest, name="console-award-contest"),
    path("qualifications/awards/<str:public_id>/revoke/", qualifications.revoke, name="console-award-revoke"),
    path("qualifications/<str:public_id>/", qualifications.one, name="console-qualification"),
    path("switches/", switches.index, name="console-switches"),
]
