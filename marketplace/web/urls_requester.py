"""Pages of an organisation: its funds, its team, its keys, itself."""

from django.urls import path

from marketplace.web.views import billing, funds, keys, organisations, refunds, team, top_ups

urlpatterns = [
    path("funds/", funds.index, name="funds"),
    path("funds/deposit/", funds.deposit, name="deposit"),
    path("funds/repay/", funds.repay, name="repay"),
    path("funds/billing/", billing.details, name="billing"),
    path("funds/invoices/", billing.index, name="invoices"),
    path("funds/invoices/<str:public_id>/", billing.invoice, name="invoice"),
    path("funds/invoices/<str:public_id>/pdf/", billing.invoice_pdf, name="invoice-pdf"),
    path("funds/invoices/<str:public_id>/csv/", billing.invoice_csv, name="invoice-csv"),
    path("funds/back/", refunds.index, name="refunds"),
    path("funds/top-ups/", top_ups.index, name="top-ups"),
    path("funds/top-ups/off/", top_ups.off, name="top-ups-off"),
    path("funds/deposit/<str:public_id>/go/", funds.go_on, name="deposit-go"),
    path("funds/limits/", billing.spending, name="limits"),
    path("team/", team.index, name="team"),
    path("team/invite/", team.invite, name="team-invite"),
    path("team/invitations/revoke/", team.revoke, name="team-revoke"),
    path("team/role/", team.role, name="team-role"),
    path("team/remove/", team.remove, name="team-remove"),
    path("invitations/<str:token>/", team.invitation, name="invitation"),
    path("keys/", keys.index, name="keys"),
    path("keys/<str:public_id>/revoke/", keys.revoke, name="key-revoke"),
    path("organisations/new/", organisations.new, name="organisation-new"),
    path("organisations/settings/", organisations.settings_, name="organisation-settings"),
    path("organisations/<str:public_id>/switch/", organisations.switch, name="organisation-switch"),
]
