"""Connected accounts (v1, by `controller`): the people who are paid."""

from typing import Any

from ..call import Call
from ..refusals import Refused, Shapeless
from ..store import Body
from . import lists

# Where a platform in the European Union may send transfers to: the European Economic Area, Switzerland, Britain.
COUNTRIES = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "CH",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GB",
        "GI",
        "GR",
        "HR",
        "HU",
        "IE",
        "IS",
        "IT",
        "LI",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "NO",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
    ]
)
ASKED = [
    "business_profile.product_description",
    "external_account",
    "individual.address.line1",
    "individual.dob.day",
    "individual.first_name",
    "individual.last_name",
    "tos_acceptance.date",
]
LINK_LIVES = 300  # seconds


def create(call: Call) -> Body:
    params = call.params
    country = params.get("country", "FR")
    if country not in COUNTRIES:
        raise Refused(
            f"{country} is not currently supported by Stripe.", code="country_unsupported", param="country"
        )
    if "type" in params and "controller" in params:
        raise Refused("You may only specify one of these parameters: type, controller.", param="type")
    capabilities = _requested(params)
    id = call.store.new_id("acct").replace("_", "_1", 1)
    body: Body = {
        "id": id,
        "object": "account",
        "business_profile": _profile(params),
        "business_type": params.get("business_type"),
        "capabilities": capabilities,
        "charges_enabled": False,
        "controller": _controller(params.get("controller")),
        "country": country,
        "created": call.now,
        "default_currency": "eur",
        "details_submitted": False,
        "email": params.get("email"),
        "external_accounts": {
            "object": "list",
            "data": [],
            "has_more": False,
            "url": f"/v1/accounts/{id}/external_accounts",
        },
        "future_requirements": requirements([]),
        "metadata": call.metadata(),
        "payouts_enabled": False,
        "requirements": requirements(ASKED, disabled="requirements.past_due"),
        "settings": _settings(params),
        "tos_acceptance": {"date": None, "ip": None, "user_agent": None},
        "type": "none",
    }
    return call.store.add(body)


def _requested(params: Body) -> dict[str, str]:
    wanted = params.get("capabilities") or {}
    names = [name for name, value in wanted.items() if isinstance(value, dict) and value.get("requested")]
    if set(names) - {"transfers", "card_payments"}:
        raise Shapeless(
            "Only the capabilities transfers and card_payments are used here.", param="capabilities"
        )
    return dict.fromkeys(names, "inactive")


def _controller(given: Body | None) -> Body:
    """What was asked for, and Stripe's own choice for what was not. Raises Refused for what does not go together."""
    given = given or {}
    fees = given.get("fees", {}).get("payer", "account")
    losses = given.get("losses", {}).get("payments", "stripe")
    dashboard = given.get("stripe_dashboard", {}).get("type", "full")
    collects = given.get("requirement_collection", "stripe")
    if dashboard == "full" and losses == "application":
        raise Refused(
            "When `controller[losses][payments]` is application, the dashboard can't be full.",
            param="controller",
        )
    if dashboard == "express" and fees == "account":
        raise Refused(
            "An account with the Express dashboard needs fees paid by the application.", param="controller"
        )
    if losses == "application" and fees == "account":
        raise Refused("Fees are paid by the application when it bears the losses.", param="controller")
    return {
        "fees": {"payer": fees},
        "is_controller": True,
        "losses": {"payments": losses},
        "requirement_collection": collects,
        "stripe_dashboard": {"type": dashboard},
        "type": "application",
    }


def _profile(params: Body) -> Body:
    given = params.get("business_profile") or {}
    names = (
        "mcc",
        "name",
        "product_description",
        "support_address",
        "support_email",
        "support_phone",
        "support_url",
    )
    return {name: given.get(name) for name in (*names, "url")}


def _settings(params: Body) -> Body:
    asked = (params.get("settings") or {}).get("payouts") or {}
    schedule = {"delay_days": 7, "interval": "daily", **(asked.get("schedule") or {})}
    if schedule["delay_days"] == "minimum":
        schedule["delay_days"] = 7
    return {
        "branding": {"icon": None, "logo": None, "primary_color": None, "secondary_color": None},
        "card_payments": {
            "decline_on": {"avs_failure": False, "cvc_failure": False},
            "statement_descriptor_prefix": None,
            "statement_descriptor_prefix_kanji": None,
            "statement_descriptor_prefix_kana": None,
        },
        "dashboard": {"display_name": None, "timezone": "Etc/UTC"},
        "payments": {
            "statement_descriptor": None,
            "statement_descriptor_kana": None,
            "statement_descriptor_kanji": None,
        },
        "payouts": {
            "debit_negative_balances": asked.get("debit_negative_balances", True),
            "schedule": schedule,
            "statement_descriptor": asked.get("statement_descriptor"),
        },
        "sepa_debit_payments": {},
    }


def requirements(due: list[str], *, disabled: str | None = None, deadline: int | None = None) -> Body:
    return {
        "alternatives": [],
        "current_deadline": deadline,
        "currently_due": due,
        "disabled_reason": disabled,
        "errors": [],
        "eventually_due": due,
        "past_due": due if disabled else [],
        "pending_verification": [],
    }


def retrieve(call: Call, account: str) -> Body:
    return call.connected(account)


def page(call: Call) -> Body:
    return lists.page(call, "account", "/v1/accounts")


def update(call: Call, account: str) -> Body:
    body, params = call.connected(account), call.params
    new: dict[str, Any] = call.take("email")
    if "metadata" in params:
        merged = {**body["metadata"], **(params["metadata"] or {})}
        new["metadata"] = {key: value for key, value in merged.items() if value != ""}
    if "capabilities" in params:
        new["capabilities"] = {**_requested(params), **body["capabilities"]}
    if "business_profile" in params:
        changed = {
            key: value for key, value in params["business_profile"].items() if key in body["business_profile"]
        }
        new["business_profile"] = {**body["business_profile"], **changed}
    if "settings" in params:
        asked = (params["settings"].get("payouts") or {}).get("schedule") or {}
        payouts = body["settings"]["payouts"]
        schedule = {**payouts["schedule"], **asked}
        new["settings"] = {**body["settings"], "payouts": {**payouts, "schedule": schedule}}
    if "business_type" in params:
        new["business_type"] = params["business_type"]
    return call.change(body, **new)


def create_link(call: Call) -> Body:
    """A page where the account's owner answers what Stripe asks; opened once, and soon."""
    params = call.params
    account = call.connected(params["account"], param="account")
    for name in ("refresh_url", "return_url"):
        if not params.get(name):
            raise Refused(f"Missing required param: {name}.", code="parameter_missing", param=name)
    if params["type"] == "account_update" and account["controller"]["requirement_collection"] == "stripe":
        raise Refused(
            "You cannot create `account_update` type Account Links for this account: Stripe collects its requirements.",
            param="type",
        )
    token = call.store.new_id("link")
    call.store.run(
        "INSERT INTO links (token, account, body) VALUES (?, ?, json_object('refresh', ?, 'return', ?, 'expires', ?))",
        token,
        account["id"],
        params["refresh_url"],
        params["return_url"],
        call.now + LINK_LIVES,
    )
    return {
        "object": "account_link",
        "created": call.now,
        "expires_at": call.now + LINK_LIVES,
        "url": f"{call.base}/connect/{token}",
    }


# --- What the owner, or Stripe, does -------------------------------------------------------------------


def onboard(call: Call, account: Body, *, iban_end: str, bank_country: str) -> Body:
    """Everything asked for was answered and found right."""
    bank = {
        "id": call.store.new_id("ba"),
        "object": "bank_account",
        "account": account["id"],
        "account_holder_name": None,
        "account_holder_type": "individual",
        "bank_name": "FAKE BANK",
        "country": bank_country,
        "currency": "eur",
        "default_for_currency": True,
        "last4": iban_end,
        "metadata": {},
        "routing_number": None,
        "status": "new",
    }
    capabilities = dict.fromkeys(account["capabilities"], "active")
    return _tell(
        call,
        account,
        capabilities=capabilities,
        charges_enabled="card_payments" in capabilities,
        details_submitted=True,
        external_accounts={**account["external_accounts"], "data": [bank]},
        payouts_enabled=True,
        requirements=requirements([]),
    )


def restrict(
    call: Call,
    account: Body,
    *,
    due: list[str],
    reason: str | None,
    deadline_in: int | None,
    transfers: str | None,
    payouts: bool | None,
) -> Body:
    """Ask for more (`due`), with a date or with its consequences: a capability lost, payouts stopped."""
    deadline = None if deadline_in is None else call.now + deadline_in
    new: dict[str, Any] = {"requirements": requirements(due, disabled=reason, deadline=deadline)}
    if transfers is not None:
        new["capabilities"] = {**account["capabilities"], "transfers": transfers}
    if payouts is not None:
        new["payouts_enabled"] = payouts
    return _tell(call, account, **new)


def deauthorize(call: Call, account: Body) -> Body:
    """The owner took the platform's access away."""
    call.store.save(account, deauthorized=True)
    application = {"id": "ca_fake", "object": "application", "name": "Tessera"}
    call.emit("account.application.deauthorized", application, account=account["id"])
    return account


def _tell(call: Call, account: Body, **new: Any) -> Body:
    before = {name: account[name] for name in new if account[name] != new[name]}
    account.update(new)
    call.store.save(account)
    if before:
        call.emit("account.updated", account, account=account["id"], before=before)
    if "capabilities" in before:
        call.emit("capability.updated", _capability(call, account), account=account["id"], before={})
    return account


def _capability(call: Call, account: Body) -> Body:
    return {
        "id": "transfers",
        "object": "capability",
        "account": account["id"],
        "requested": True,
        "requested_at": call.now,
        "status": account["capabilities"].get("transfers", "inactive"),
    }
