"""Transfers to connected accounts, and back."""

from ..call import Call, euros, need_amount, need_euro
from ..refusals import Refused, missing
from ..store import Body
from . import balance, lists


def create(call: Call) -> Body:
    need_euro(call)
    params = call.params
    amount = need_amount(params.get("amount"))
    account = call.connected(params["destination"], param="destination")
    if account["capabilities"].get("transfers") != "active":
        raise Refused(
            "Your destination account needs to have at least one of the following capabilities enabled: transfers, "
            "crypto_transfers, legacy_payments",
            code="insufficient_capabilities_for_transfer",
        )
    available_on = _cover(call, amount)
    return _new(call, amount, account["id"], available_on)


def _cover(call: Call, amount: int) -> int:
    """When the money can be used. Raises Refused when the charge, or the balance, does not hold it."""
    source = call.params.get("source_transaction")
    if source is None:
        if call.store.sums("", call.now)[0] < amount:
            raise Refused(
                "You have insufficient available funds in your Stripe account.", code="balance_insufficient"
            )
        return call.now
    charge = call.get("charge", source, param="source_transaction", status=400)
    if charge["status"] != "succeeded":
        # Stripe also lets a payment that is still on its way be the source, and takes the money back when it fails.
        # Tessera pays nobody with money that has not come, so this is not played here.
        raise Refused(
            "The source_transaction has not succeeded: nothing can be transferred from it.",
            param="source_transaction",
        )
    # Assumed, since Stripe's documents don't say: what was refunded is gone, what was reversed is there again.
    used = call.store.hidden(source).get("transferred", 0)
    if amount > charge["amount"] - charge["amount_refunded"] - used:
        raise Refused(
            f"Transfers using this transaction as a source must not exceed the source amount of "
            f"{euros(charge['amount'])}. (There is already {euros(used)} transferred from it, and "
            f"{euros(charge['amount_refunded'])} refunded.)",
            param="source_transaction",
        )
    call.store.save(charge, transferred=used + amount)
    if charge["balance_transaction"] is None:  # its fee is booked later
        return call.now + balance.DELAY["card"] * balance.DAY
    line = call.store.get("balance_transaction", charge["balance_transaction"])
    assert line is not None
    return max(call.now, int(line["available_on"]))


def _new(call: Call, amount: int, destination: str, available_on: int) -> Body:
    params, id = call.params, call.store.new_id("tr")
    payment = _arrive(call, id, amount, destination, available_on)
    line = balance.book(
        call,
        type="transfer",
        amount=-amount,
        source=id,
        available_on=available_on,
        description=params.get("description"),
    )
    body: Body = {
        "id": id,
        "object": "transfer",
        "amount": amount,
        "amount_reversed": 0,
        "balance_transaction": line["id"],
        "created": call.now,
        "currency": "eur",
        "description": params.get("description"),
        "destination": destination,
        "destination_payment": payment,
        "livemode": False,
        "metadata": call.metadata(),
        "reversals": {
            "object": "list",
            "data": [],
            "has_more": False,
            "url": f"/v1/transfers/{id}/reversals",
        },
        "reversed": False,
        "source_transaction": params.get("source_transaction"),
        "source_type": params.get("source_type", "card"),
        "transfer_group": _group(call),
    }
    call.store.add(body)
    call.emit("transfer.created", body)
    return body


def _group(call: Call) -> str | None:
    group: str | None = call.params.get("transfer_group")
    source = call.params.get("source_transaction")
    if group is None and source:
        charge = call.get("charge", source)
        group = charge["transfer_group"] or f"group_{charge['payment_intent']}"
    return group


def _arrive(call: Call, transfer: str, amount: int, account: str, available_on: int) -> str:
    """The payment that the connected account sees; its id."""
    id = call.store.new_id("py")
    line = balance.book(
        call, type="payment", amount=amount, source=id, account=account, available_on=available_on
    )
    empty = {"address": None, "email": None, "name": None, "phone": None, "tax_id": None}
    body: Body = {
        "id": id,
        "object": "charge",
        "amount": amount,
        "amount_captured": amount,
        "amount_refunded": 0,
        "balance_transaction": line["id"],
        "billing_details": empty,
        "captured": True,
        "created": call.now,
        "currency": "eur",
        "customer": None,
        "description": None,
        "disputed": False,
        "livemode": False,
        "metadata": {},
        "paid": True,
        "payment_intent": None,
        "payment_method": None,
        "refunded": False,
        "source_transfer": transfer,
        "status": "succeeded",
        "transfer_group": None,
    }
    call.store.add(body, account=account)
    return id


def retrieve(call: Call, transfer: str) -> Body:
    return call.get("transfer", transfer)


def page(call: Call) -> Body:
    return lists.page(call, "transfer", "/v1/transfers", "destination", "transfer_group")


# --- Back again ----------------------------------------------------------------------------------------


def reverse(call: Call, id: str) -> Body:
    transfer = call.get("transfer", id)
    left = transfer["amount"] - transfer["amount_reversed"]
    amount = need_amount(call.params.get("amount", left or None))
    if amount > left:
        raise Refused(
            f"Reversal amount ({euros(amount)}) is greater than unreversed amount on transfer ({euros(left)})",
            param="amount",
        )
    if sum(call.store.sums(transfer["destination"], call.now)) < amount:
        raise Refused(
            "The connected account does not have enough funds to reverse this transfer.",
            code="balance_insufficient",
        )
    return _reversal(call, transfer, amount)


# No refund of a destination charge is behind a reversal here.
_UNLINKED: Body = {
    **dict.fromkeys(["destination_payment_refund", "source_refund"]),
}


def _reversal(call: Call, transfer: Body, amount: int) -> Body:
    id, destination = call.store.new_id("trr"), transfer["destination"]
    arrived = call.store.get("balance_transaction", transfer["balance_transaction"])
    assert arrived is not None
    when = max(call.now, int(arrived["available_on"]))
    balance.book(
        call,
        type="payment_refund",
        amount=-amount,
        source=transfer["destination_payment"],
        account=destination,
        available_on=when,
    )
    line = balance.book(call, type="transfer_refund", amount=amount, source=id, available_on=when)
    body: Body = {
        "id": id,
        "object": "transfer_reversal",
        **_UNLINKED,
        "amount": amount,
        "balance_transaction": line["id"],
        "created": call.now,
        "currency": "eur",
        "metadata": call.metadata(),
        "transfer": transfer["id"],
    }
    call.store.add(body)
    if transfer["source_transaction"]:
        charge = call.get("charge", transfer["source_transaction"])
        used = call.store.hidden(charge["id"])["transferred"]
        call.store.save(charge, transferred=used - amount)
    back = transfer["amount_reversed"] + amount
    reversals = {**transfer["reversals"], "data": [body, *transfer["reversals"]["data"]][:10]}
    call.change(
        transfer,
        "transfer.reversed",
        amount_reversed=back,
        reversed=back == transfer["amount"],
        reversals=reversals,
    )
    return body


def reversals(call: Call, id: str) -> Body:
    call.get("transfer", id)
    return lists.page(call, "transfer_reversal", f"/v1/transfers/{id}/reversals", where={"transfer": id})


def retrieve_reversal(call: Call, transfer: str, id: str) -> Body:
    found = call.get("transfer_reversal", id)
    if found["transfer"] != transfer:
        raise missing("transfer_reversal", id)
    return found
