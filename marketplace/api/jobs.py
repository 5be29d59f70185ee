"""The clockwork of the REST interface; `manage.py job NAME` runs it by hand."""

from marketplace.base.clockwork import job

from . import idempotency


@job("forget-answers", every_seconds=3600)
def forget_answers() -> int:
    return idempotency.forget()
