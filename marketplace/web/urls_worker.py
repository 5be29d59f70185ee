"""Pages of people who work, beside the work itself: money, profile, rights."""

from django.urls import path

from marketplace.web.views import connect, earnings, help_fund, one_person, payee, payouts, profile, rights

urlpatterns = [
    path("work/earnings/", earnings.earnings, name="earnings"),
    path("work/earnings/payout/", earnings.payout, name="payout-request"),
    path("work/earnings/<int:number>/", payouts.year, name="earnings-year"),
    path("work/earnings/accounts/<str:public_id>/", one_person.one_person, name="one-person"),
    path("work/statements/<str:period>.<str:form>", payouts.statement, name="statement"),
    path("work/payouts/<str:public_id>/", payouts.payout, name="payout"),
    path(
        "work/payouts/<str:public_id>/statement.<str:form>", payouts.payout_statement, name="payout-statement"
    ),
    path("work/help/", help_fund.requests, name="help-requests"),
    path("work/help/<str:public_id>/withdraw/", help_fund.withdraw, name="help-withdraw"),
    path("work/profile/", profile.profile, name="worker-profile"),
    path("work/payee/", payee.payee, name="payee"),
    path("work/account/", connect.connect, name="connect"),
    path("work/account/start/", connect.start, name="connect-start"),
    path("ways/", connect.reach, name="ways"),
    path("work/rights/", rights.rights, name="rights"),
]
