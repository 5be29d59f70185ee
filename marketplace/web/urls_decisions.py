"""Addresses of what was decided about oneself, of the automated rules, and of the terms."""

from django.urls import path

from .views import automated, decisions, terms

urlpatterns = [
    path("me/decisions/", decisions.index, name="decisions"),
    path("me/decisions/<str:about>/<str:subject>/", decisions.one, name="decision"),
    path("charter/rules/", automated.index, name="rules"),
    path("charter/rules.json", automated.as_json, name="rules-json"),
    path("charter/rules.csv", automated.as_csv, name="rules-csv"),
    path("charter/rules/<slug:name>/", automated.rule, name="rule"),
    path("terms/", terms.current, name="terms"),
    path("terms/agree/", terms.agree, name="terms-agree"),
    path("terms/<int:number>/", terms.version, name="terms-version"),
    path("terms/<int:number>/changes/", terms.changes, name="terms-changes"),
]
