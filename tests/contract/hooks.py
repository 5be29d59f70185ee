"""Read by schemathesis itself, in its own environment: each call gets an Idempotency-Key of its own.

The cases of one run share a few keys, which would be answered "this key was used for another request" and
reach nothing behind it. What the same key means is tested in tests/integration/test_api_access.py.
"""

import re
import uuid
from typing import Any

import schemathesis

HEADER = "Idempotency-Key"


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    value = (case.headers or {}).get(HEADER)
    if isinstance(value, str) and re.fullmatch(r"[\x21-\x7e]{1,80}", value):
        case.headers[HEADER] = value + uuid.uuid4().hex
