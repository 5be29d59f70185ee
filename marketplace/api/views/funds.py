"""Funds of an organisation, and deposits."""

from rest_framework.response import Response

from marketplace.base import ids, money
from marketplace.base.errors import NotFound
from marketplace.base.models import Organisation
from payments import selectors
from payments.services import deposits
from tasks import access

from .. import presents, serializers, shapes
from ..idempotency import idempotent
from ..pagination import listed
from .base import CURSOR, Call, Scope, View, describe, organisation_of, read

TAG = "Funds"
PAGE = shapes.page_of(shapes.DepositOf, "DepositPage")
INVOICES = shapes.page_of(shapes.InvoiceOf, "InvoicePage")
LAST = 20


class FundsView(View):
    scope = Scope.FUNDS

    def organisation(self, request: Call) -> Organisation:
        organisation = organisation_of(request)
        access.membership(request.user, organisation.pk, "funds")
        return organisation


class Funds(FundsView):
    @describe("get_funds", "See the funds", {200: shapes.Funds}, tag=TAG)
    def get(self, request: Call) -> Response:
        organisation = self.organisation(request)
        funds = selectors.funds(organisation)
        return Response(
            {
                "available": money.to_string(funds.available),
                "set_aside": money.to_string(funds.set_aside),
                "owed": money.to_string(funds.owed),
                "currency": money.CURRENCY,
                "deposits": [
                    presents.deposit(row, request.build_absolute_uri)
                    for row in selectors.deposits(organisation)[:LAST]
                ],
            }
        )


class Deposits(FundsView):
    @describe(
        "list_deposits",
        "List deposits, newest first",
        {200: PAGE},
        refusals=(400,),
        parameters=CURSOR,
        tag=TAG,
    )
    def get(self, request: Call) -> Response:
        rows = selectors.deposits(self.organisation(request))
        return listed(
            request, rows, lambda page: [presents.deposit(row, request.build_absolute_uri) for row in page]
        )

    @describe(
        "start_deposit",
        "Start a deposit",
        {201: shapes.DepositOf},
        sends=serializers.NewDeposit,
        refusals=(409,),
        idempotent=True,
        tag=TAG,
        description="Pay it on the page at `pay_url`; the money is there when the state is `settled`.",
    )
    @idempotent
    def post(self, request: Call) -> Response:
        organisation = self.organisation(request)
        wanted = read(serializers.NewDeposit, request)
        row = deposits.start(
            organisation=organisation,
            amount_micros=wanted["amount"],
            actor=request.user,
            gateway_name=wanted.get("gateway", ""),
        )
        return Response(presents.deposit(row, request.build_absolute_uri), status=201)


class Invoices(FundsView):
    @describe(
        "list_invoices",
        "List invoices and credit notes, newest first",
        {200: INVOICES},
        refusals=(400,),
        parameters=CURSOR,
        tag=TAG,
    )
    def get(self, request: Call) -> Response:
        rows = selectors.invoices(self.organisation(request))
        return listed(
            request, rows, lambda page: [presents.invoice(row, request.build_absolute_uri) for row in page]
        )


class Deposit(FundsView):
    @describe("get_deposit", "Look at a deposit", {200: shapes.DepositOf}, tag=TAG)
    def get(self, request: Call, deposit: str) -> Response:
        number = ids.decode("dep", deposit)
        row = selectors.deposits(self.organisation(request)).filter(pk=number).first()
        if row is None:
            raise NotFound
        return Response(presents.deposit(row, request.build_absolute_uri))
