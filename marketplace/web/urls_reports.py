"""Reports: made from any page, by anybody, and followed by a link."""

from django.urls import path

from marketplace.web.views import reports

urlpatterns = [
    path("report/", reports.new, name="report"),
    path("reports/<str:key>/", reports.state, name="report-state"),
    path("reports/<str:key>/complaint/", reports.complain, name="report-complain"),
    path("reports/<str:key>/change/", reports.change, name="report-change"),
]
