"""What Stripe says no with."""

from typing import Any


class Refused(Exception):
    """An error answer in Stripe's shape.

    `keep`: what the call did before it was refused stays (a declined payment leaves its intent and its charge).
    `saved`: the answer is remembered under the call's idempotency key. Stripe does so once an endpoint has begun to
    run, so not for parameters that fail its schema.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        type: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        keep: bool = False,
        saved: bool = True,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status, self.keep, self.saved = status, keep, saved
        known = {"code": code, "message": message, "param": param, "type": type, **more}
        self.body = {"error": {name: value for name, value in known.items() if value is not None}}


class Shapeless(Refused):
    """Parameters that Stripe's own description refuses."""

    def __init__(self, message: str, *, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message, code=code, param=param, saved=False)


def missing(kind: str, id: str, *, param: str = "id", status: int = 404) -> Refused:
    return Refused(f"No such {kind}: '{id}'", status=status, code="resource_missing", param=param)


def no_access(account: str) -> Refused:
    return Refused(
        f"The provided key does not have access to account '{account}' (or that account does not exist).",
        status=403,
        code="account_invalid",
    )
