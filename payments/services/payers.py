"""Organisations as the gateways know them: a name of the gateway's for each, made when it is first needed."""

from django.db import transaction

from marketplace.base.models import Organisation
from payments import gateways
from payments.gateways import Gateway, Payer
from payments.models import GatewayCustomer


def known(organisation: Organisation, gateway: str) -> Payer | None:
    """Who the organisation is at a gateway, without asking it; None while it was never told."""
    row = GatewayCustomer.objects.filter(organisation=organisation, gateway=gateway).first()
    return Payer(row.customer_ref) if row else None


def of(organisation: Organisation, gateway: Gateway) -> Payer | None:
    """Who the organisation is at a gateway, told to it now if need be; None where it keeps no customers.

    Must not be inside a transaction. Raises GatewayUnreachable, GatewayRefused. A name whose answer was lost is made
    again: a customer without payments is nothing.
    """
    if not isinstance(gateway, gateways.Charges):
        return None
    found = known(organisation, gateway.name)
    if found is not None:
        return found
    ref = gateway.new_customer(key=organisation.public_id)
    with transaction.atomic(durable=True):
        GatewayCustomer.objects.bulk_create(
            [GatewayCustomer(organisation=organisation, gateway=gateway.name, customer_ref=ref)],
            ignore_conflicts=True,
        )
    return known(organisation, gateway.name)
