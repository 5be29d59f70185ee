"""From a request to an answer: who asks, what is asked, what goes wrong, what is remembered, what is checked."""

import hashlib
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import deliveries, document, faults, routes, shapes
from .call import Call
from .objects import checkout, lists, refunds
from .refusals import Refused, Shapeless, no_access
from .store import Body, Store

KEYS_LIVE = 86_400  # seconds
KEY_LENGTH = 255


@dataclass
class Answer:
    """`dropped`: the connection ends without it."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)
    dropped: bool = False


@dataclass
class Request:
    method: str
    path: str
    query: str
    form: str
    headers: Mapping[str, str]

    @property
    def key(self) -> str:
        return self.headers.get("Idempotency-Key", "") if self.method == "POST" else ""

    def __post_init__(self) -> None:
        self.headers = {name.title(): value for name, value in self.headers.items()}


class Api:
    def __init__(self, store: Store, *, key: str, base: str) -> None:
        self.store, self.key, self.base = store, key, base
        self.postman = deliveries.Postman(store)
        self.in_use: set[tuple[str, str]] = set()
        self.guard = threading.Lock()
        self.problems: list[str] = []

    def answer(self, request: Request) -> Answer:
        """Never raises what Stripe would answer."""
        id = self.store.new_id("req")
        try:
            answer = self._admit(request, id)
        except Refused as refusal:
            answer = Answer(refusal.status, refusal.body)
        answer.headers = {"Request-Id": id, "Stripe-Version": document.VERSION, **answer.headers}
        if request.key:
            answer.headers["Idempotency-Key"] = request.key
        return answer

    # --- Who, and what ---------------------------------------------------------------------------------

    def _admit(self, request: Request, id: str) -> Answer:
        self._check_caller(request)
        found = routes.find(request.method, request.path)
        if found is None:
            raise Refused(
                f"Unrecognized request URL ({request.method}: {request.path}).", status=404, saved=False
            )
        route, ids = found
        account = request.headers.get("Stripe-Account", "")
        with self.store.transaction():
            fault = faults.meet(self.store, route.method, route.path)
            self._count(route, request, account, calls=1)
        early = self._early(fault)
        if early is not None:
            return early
        self._check_account(route, account)
        call = Call(self.store, {}, self.base, account, id, request.key or None)
        if not request.key:
            return self._perform(route, ids, request, call, fault)
        with self.guard:
            if (account, request.key) in self.in_use:
                return self._conflict()
            self.in_use.add((account, request.key))
        try:
            return self._perform(route, ids, request, call, fault)
        finally:
            with self.guard:
                self.in_use.discard((account, request.key))

    def _check_caller(self, request: Request) -> None:
        scheme, _space, key = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not key:
            raise Refused("You did not provide an API key.", status=401, saved=False)
        if key != self.key:
            raise Refused(f"Invalid API Key provided: {key[:7]}****", status=401, saved=False)
        version = request.headers.get("Stripe-Version")
        if version is None:
            raise Refused(
                "The header Stripe-Version is missing: a pinned version is always sent.", saved=False
            )
        if version != document.VERSION:
            raise Refused(
                f"Invalid Stripe API version: {version}. {document.VERSION} is spoken here.", saved=False
            )
        if len(request.key) > KEY_LENGTH:
            raise Refused(f"Idempotency keys have up to {KEY_LENGTH} characters.", saved=False)

    def _check_account(self, route: routes.Route, account: str) -> None:
        if not account:
            return
        if self.store.get("account", account) is None or self.store.hidden(account).get("deauthorized"):
            raise no_access(account)
        if not route.connected:
            raise Refused(f"{route.method} {route.path} is not played for connected accounts.", saved=False)

    # --- Faults ----------------------------------------------------------------------------------------

    def _early(self, fault: faults.Fault | None) -> Answer | None:
        if fault is None:
            return None
        if fault.mode == "timeout_before":
            return Answer(0, None, dropped=True)
        if fault.mode == "conflict":
            return self._conflict()
        if fault.mode == "rate_limit":
            error = {"code": "rate_limit", "message": "Too many requests hit the API too quickly."}
            body = {"error": {**error, "type": "invalid_request_error"}}
            return Answer(429, body, {"Retry-After": "1", "Stripe-Should-Retry": "true"})
        return _broken() if fault.mode == "error_before" else None

    def _conflict(self) -> Answer:
        error = {
            "code": "idempotency_key_in_use",
            "message": "There is currently another in-progress request using this Idempotent Key (that probably "
            "means you submitted twice, and the other request is still going through).",
            "type": "idempotency_error",
        }
        return Answer(409, {"error": error}, {"Stripe-Should-Retry": "true"})

    # --- The call itself -------------------------------------------------------------------------------

    def _perform(
        self,
        route: routes.Route,
        ids: dict[str, str],
        request: Request,
        call: Call,
        fault: faults.Fault | None,
    ) -> Answer:
        mode = fault.mode if fault else ""
        if fault and mode == "slow":
            time.sleep(fault.seconds)
        with self.store.transaction():
            known = self._remembered(request, call.account)
            if known is not None:
                self._count(route, request, call.account, replays=1)
                answer = known
            else:
                answer = self._run(route, ids, request, call, mode)
        self._after(call, known is None)
        if mode in {"timeout_after", "garbled"}:
            with self.store.transaction():
                self._count(route, request, call.account, lost=1)
            return Answer(502, "<h1>Bad gateway</h1>", _PAGE, dropped=mode == "timeout_after")
        return answer

    def _run(
        self, route: routes.Route, ids: dict[str, str], request: Request, call: Call, mode: str
    ) -> Answer:
        operation = document.operation(route.method, route.path)
        tick(self.store, self.base)
        try:
            call.params = self._parameters(route, operation, request)
            if mode == "error_saved":
                answer = _broken()
            else:
                answer = Answer(200, self._effect(route, ids, call, operation))
                self._count(route, request, call.account, effects=1)
        except Refused as refusal:
            if not refusal.saved:
                raise
            answer = Answer(refusal.status, refusal.body)
        if mode == "error_after":
            answer = _broken()
        if request.key:
            self._remember(request, call, answer)
        deliveries.queue(self.store, call.events)
        return answer

    def _parameters(self, route: routes.Route, operation: document.Operation, request: Request) -> Body:
        text = request.form if request.method == "POST" else request.query
        try:
            tree = shapes.parse(text)
        except ValueError:
            raise Shapeless("The parameters could not be read.") from None
        params: Body = shapes.coerce(operation.request, tree) if operation.request else tree
        for name in params:
            if name not in route.means:
                raise Shapeless(f"Stripe knows the parameter {name}; this fake does not play it.", param=name)
        return params

    def _effect(
        self, route: routes.Route, ids: dict[str, str], call: Call, operation: document.Operation
    ) -> Body:
        """Do it, check the answer's shape, and keep it; what a refused call did is undone unless it is to be kept."""
        kept: Refused | None = None
        with self.store.transaction():
            try:
                body = json.loads(json.dumps(route.run(call, **ids)))
            except Refused as refusal:
                if not refusal.keep:
                    call.events.clear()
                    raise
                kept = refusal
            else:
                body = lists.expand(call, body)
                self._check(operation.response, body, f"{route.method} {route.path}")
        self.check_events(call)
        if kept is not None:
            raise kept
        return body

    def _check(self, schema: document.Schema, body: Any, where: str) -> None:
        self.problems += [f"{where}{problem}" for problem in shapes.problems(schema, body)]

    def check_events(self, call: Call) -> None:
        for id in call.events:
            found = self.store.any(id)
            if found is None:
                continue
            event, shape = found[0], document.of_object("event")
            assert shape is not None
            self._check(shape, event, f"event {event['type']}")
            inner = document.of_object(event["data"]["object"].get("object", ""))
            if inner is not None:
                self._check(inner, event["data"]["object"], f"event {event['type']} data")

    def _after(self, call: Call, fresh: bool) -> None:
        if not fresh or not call.events:
            return
        if deliveries.settings(self.store)["before_answer"]:
            deliveries.flush(self.store)
        else:
            self.postman.bell.set()

    # --- What is remembered ----------------------------------------------------------------------------

    def _remembered(self, request: Request, account: str) -> Answer | None:
        if not request.key:
            return None
        self.store.run("DELETE FROM idempotency WHERE created <= ?", self.store.now() - KEYS_LIVE)
        rows = self.store.rows(
            "SELECT * FROM idempotency WHERE account = ? AND key = ?", account, request.key
        )
        if not rows:
            return None
        if rows[0]["fingerprint"] != _fingerprint(request):
            raise Refused(
                "Keys for idempotent requests can only be used with the same parameters they were first used with. "
                f"Try using a key other than '{request.key}' if you meant to execute a different request.",
                type="idempotency_error",
                saved=False,
            )
        headers = {"Idempotent-Replayed": "true"}
        if rows[0]["status"] >= 500:
            headers["Stripe-Should-Retry"] = "false"
        return Answer(rows[0]["status"], json.loads(rows[0]["answer"]), headers)

    def _remember(self, request: Request, call: Call, answer: Answer) -> None:
        self.store.run(
            "INSERT INTO idempotency (account, key, fingerprint, status, answer, created) VALUES (?, ?, ?, ?, ?, ?)",
            call.account,
            request.key,
            _fingerprint(request),
            answer.status,
            json.dumps(answer.body),
            call.now,
        )

    def _count(self, route: routes.Route, request: Request, account: str, **more: int) -> None:
        self.store.run(
            "INSERT OR IGNORE INTO calls (method, path, key, account) VALUES (?, ?, ?, ?)",
            route.method,
            route.path,
            request.key,
            account,
        )
        for name, by in more.items():
            self.store.run(
                f"UPDATE calls SET {name} = {name} + ? WHERE method = ? AND path = ? AND key = ? AND account = ?",
                by,
                route.method,
                route.path,
                request.key,
                account,
            )


_PAGE = {"Content-Type": "text/html"}


def _broken() -> Answer:
    error = {"message": "An unknown error occurred", "type": "api_error"}
    return Answer(500, {"error": error}, {"Stripe-Should-Retry": "false"})


def _fingerprint(request: Request) -> str:
    tree = json.dumps(shapes.parse(request.form), sort_keys=True)
    return hashlib.sha256(f"{request.method} {request.path} {tree}".encode()).hexdigest()


def tick(store: Store, base: str) -> None:
    """What happens by itself as time passes. Inside a transaction."""
    call = Call(store, {}, base)
    over = store.rows(
        "SELECT id FROM objects WHERE kind = 'checkout.session' AND json_extract(body, '$.status') = 'open'"
        " AND json_extract(body, '$.expires_at') <= ?",
        call.now,
    )
    for row in over:
        checkout.close(call, call.get("checkout.session", row["id"]))
    refunds.retry_waiting(call)
    deliveries.queue(store, call.events)
