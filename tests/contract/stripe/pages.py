"""The two pages of Stripe's that people see: where a session is paid, and where an account's owner is asked."""

import json
from html import escape
from urllib.parse import parse_qs

from . import control
from .api import Answer, Api
from .refusals import Refused
from .store import Body

_PAY_BUTTONS = (
    ("card", "pay", "Pay by card"),
    ("card", "card_declined", "Pay by a card that is declined"),
    ("sepa_debit", "pay", "Pay by SEPA debit"),
    ("customer_balance", "pay", "Pay by bank transfer"),
)


_STYLE = (
    ":root{color-scheme:light dark}body{font:1.1rem/1.5 system-ui,sans-serif;margin:0}main{max-width:28rem;margin:auto;"
    "padding:1.5rem}button{font:inherit;min-height:3rem;inline-size:100%;border-radius:.5rem;border:1px solid}"
)


def _page(title: str, inner: str, status: int = 200) -> Answer:
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width, initial-scale=1"><title>{escape(title)}</title><style>{_STYLE}</style></head>'
        f"<body><main><h1>{escape(title)}</h1><p>This page stands in for Stripe's. No money moves.</p>{inner}</main>"
        "</body></html>"
    )
    return Answer(status, html, {"Content-Type": "text/html; charset=utf-8"})


def _button(label: str, **values: str) -> str:
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in values.items()
    )
    return f'<form method="post">{hidden}<p><button>{escape(label)}</button></p></form>'


def _away(url: str) -> Answer:
    return Answer(303, "", {"Location": url, "Content-Type": "text/html"})


def serve(api: Api, method: str, path: str, form: str) -> Answer:
    _empty, kind, id = path.split("/", 2)
    given = {name: values[0] for name, values in parse_qs(form).items()}
    try:
        if kind == "pay":
            return _pay(api, method, id, given)
        if kind == "connect":
            return _connect(api, method, id, given)
        return _page("How to send your transfer", "<p>The control plane's step “settle” lets it arrive.</p>")
    except Refused as refusal:
        return _page("This did not work", f"<p>{escape(str(refusal))}</p>", 400)


def _pay(api: Api, method: str, id: str, given: dict[str, str]) -> Answer:
    session = api.store.get("checkout.session", id)
    if session is None:
        return _page("No such page", "", 404)
    note = ""
    if method == "POST":
        if given.get("method") == "back":
            return _away(session["cancel_url"] or session["success_url"])
        outcome = control.run(api, "pay", {"session": id, "method": given["method"], "does": given["does"]})
        if outcome["outcome"] in {"paid", "unpaid"}:
            return _away(session["success_url"].replace("{CHECKOUT_SESSION_ID}", id))
        note = "<p role='alert'>The card was declined. Try another way.</p>"
    if session["status"] != "open":
        return _page("This page is over", f"<p>The session is {escape(session['status'])}.</p>")
    return _page(f"Pay €{session['amount_total'] / 100:,.2f}", note + _choices(session))


def _choices(session: Body) -> str:
    inner = "".join(
        _button(label, method=method, does=does)
        for method, does, label in _PAY_BUTTONS
        if method in session["payment_method_types"]
    )
    return inner + _button("Go back", method="back", does="")


def _connect(api: Api, method: str, token: str, given: dict[str, str]) -> Answer:
    rows = api.store.rows("SELECT * FROM links WHERE token = ?", token)
    if not rows:
        return _page("No such page", "", 404)
    link = json.loads(rows[0]["body"])
    if method == "GET":
        # A link opens one time, and not for long; after that its owner is sent back to where a new one is made.
        opened = api.store.run(
            "UPDATE links SET used = 1 WHERE token = ? AND used = 0 AND ? <= ?",
            token,
            api.store.now(),
            link["expires"],
        )
        if not opened:
            return _away(link["refresh"])
        inner = _button("Answer everything Stripe asks", does="onboard") + _button(
            "Answer later", does="later"
        )
        return _page("Tell Stripe who you are", inner)
    if given.get("does") == "onboard":
        control.run(api, "onboard", {"account": rows[0]["account"]})
    return _away(link["return"])
