"""Parameters out of a form, and the two checks against Stripe's document: of what comes in, and of what goes out."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

from .document import Schema, resolve
from .refusals import Shapeless

Tree = dict[str, Any]


def parse(text: str) -> Tree:
    """`a[b][0]=1` as {"a": {"b": {"0": "1"}}}: lists are told from dictionaries by the schema, later on."""
    tree: Tree = {}
    for name, value in parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text)):
        parts = re.findall(r"[^\[\]]+|(?<=\[)(?=\])", name)
        here = tree
        for part in parts[:-1]:
            here = here.setdefault(part or str(len(here)), {})
            if not isinstance(here, dict):
                raise Shapeless(f"Invalid {name}: it is a value and a container at once.", param=name)
        here[parts[-1] or str(len(here))] = value
    return tree


def coerce(schema: Schema, value: Any, name: str = "") -> Any:
    """The value of a form as the document types it. Raises Shapeless."""
    schema = resolve(schema)
    if "anyOf" in schema:
        return _first(schema["anyOf"], value, name)
    kind = schema.get("type")
    if kind == "object":
        return _mapping(schema, value, name)
    if kind == "array":
        return _sequence(schema, value, name)
    if not isinstance(value, str):
        raise Shapeless(f"Invalid {kind}: {value}", param=name)
    return _scalar(schema, kind, value, name)


def _first(options: list[Schema], value: Any, name: str) -> Any:
    refusals = []
    for option in options:
        try:
            return coerce(option, value, name)
        except Shapeless as refusal:
            refusals.append(refusal)
    # The option of the value's own form knows best what is wrong.
    wanted = "object" if isinstance(value, dict) else None
    for option, found in zip(options, refusals, strict=True):
        if wanted and resolve(option).get("type") == wanted:
            raise found
    raise refusals[-1]


def _mapping(schema: Schema, value: Any, name: str) -> Tree:
    if not isinstance(value, dict):
        raise Shapeless(f"Invalid hash: {value}", param=name)
    properties, extra = schema.get("properties", {}), schema.get("additionalProperties", False)
    found: Tree = {}
    for key, inner in value.items():
        path = f"{name}[{key}]" if name else key
        if key in properties:
            found[key] = coerce(properties[key], inner, path)
        elif isinstance(extra, dict) and extra:
            found[key] = coerce(extra, inner, path)
        else:
            raise Shapeless(f"Received unknown parameter: {path}", code="parameter_unknown", param=path)
    for key in schema.get("required", []):
        if key not in found:
            path = f"{name}[{key}]" if name else key
            raise Shapeless(f"Missing required param: {path}.", code="parameter_missing", param=path)
    return found


def _sequence(schema: Schema, value: Any, name: str) -> list[Any]:
    if isinstance(value, dict) and all(key.isdigit() for key in value):
        ordered = [value[key] for key in sorted(value, key=int)]
        return [coerce(schema["items"], inner, f"{name}[{at}]") for at, inner in enumerate(ordered)]
    raise Shapeless("Invalid array", param=name)


def _scalar(schema: Schema, kind: Any, value: str, name: str) -> Any:
    if kind == "integer":
        if not re.fullmatch(r"-?[0-9]{1,18}", value):
            raise Shapeless(f"Invalid integer: {value}", code="parameter_invalid_integer", param=name)
        return int(value)
    if kind == "number":
        if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value):
            raise Shapeless(f"Invalid decimal: {value}", param=name)
        return float(value)
    if kind == "boolean":
        if value not in {"true", "false"}:
            raise Shapeless(f"Invalid boolean: {value}", param=name)
        return value == "true"
    if "enum" in schema and value not in schema["enum"]:
        raise Shapeless(f"Invalid {name}: must be one of {', '.join(schema['enum'])}", param=name)
    if len(value) > schema.get("maxLength", 5000):
        raise Shapeless(f"Invalid string: {name} is too long.", param=name)
    return value


def problems(schema: Schema, value: Any, path: str = "") -> Iterator[str]:
    """Where an answer does not keep to the document. A field the document does not know is a problem, too."""
    schema = resolve(schema)
    if value is None:
        if not schema.get("nullable"):
            yield f"{path}: null"
    elif "anyOf" in schema:
        yield from _any(schema["anyOf"], value, path)
    elif schema.get("type") == "object":
        yield from _inside(schema, value, path)
    elif schema.get("type") == "array":
        if not isinstance(value, list):
            yield f"{path}: not a list"
        else:
            for at, inner in enumerate(value):
                yield from problems(schema["items"], inner, f"{path}[{at}]")
    else:
        yield from _plain(schema, value, path)


def _any(options: list[Schema], value: Any, path: str) -> Iterator[str]:
    every = []
    for option in map(resolve, options):
        found = list(problems(option, value, path))
        if not found:
            return
        every.append(found)
        named = option.get("properties", {}).get("object", {}).get("enum", [])
        if isinstance(value, dict) and value.get("object") in named:
            every = [found]
            break
    yield from min(every, key=len)


def _inside(schema: Schema, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: not an object"
        return
    properties, extra = schema.get("properties"), schema.get("additionalProperties")
    for key, inner in value.items():
        if properties and key in properties:
            yield from problems(properties[key], inner, f"{path}.{key}")
        elif isinstance(extra, dict) and extra:
            yield from problems(extra, inner, f"{path}.{key}")
        elif properties:
            yield f"{path}.{key}: unknown"
    for key in schema.get("required", []):
        if key not in value:
            yield f"{path}.{key}: missing"


_PLAIN: dict[str, Any] = {"string": str, "integer": int, "boolean": bool, "number": (int, float)}


def _plain(schema: Schema, value: Any, path: str) -> Iterator[str]:
    wanted = _PLAIN.get(schema.get("type", ""))
    if wanted and (not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool)):
        yield f"{path}: {value!r} is no {schema['type']}"
    elif "enum" in schema and value not in schema["enum"]:
        yield f"{path}: {value!r} is none of {schema['enum'][:8]}"
    elif isinstance(value, str) and len(value) > schema.get("maxLength", len(value)):
        yield f"{path}: too long"
