"""Requests and answers held against GitHub's own description (``github-api.json``, made by ``trim.py``)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

_FACTS = Path(__file__).with_name("github-api.json")
# GitHub answers these everywhere; its description lists them only here and there.
_EVERYWHERE = frozenset({"304", "401", "403", "404", "422", "429"})


@cache
def facts() -> dict[str, Any]:
    """Return the trimmed description."""
    loaded: dict[str, Any] = json.loads(_FACTS.read_text("utf-8"))
    return loaded


def request_complaint(operation: str, query: Mapping[str, str], body: bytes) -> str | None:
    """Return what GitHub's description has against a request, or ``None``."""
    described = facts()["operations"][operation]
    if unknown := sorted(set(query) - set(described["query"])):
        return f"{operation} has no query parameter {', '.join(unknown)}"
    for name, text in query.items():
        if problem := _problem(described["query"][name], _typed(described["query"][name], text)):
            return f"{operation}, query parameter {name}: {problem}"
    if not body:
        return f"{operation} needs a body" if described["request_required"] else None
    if described["request"] is None:
        return f"{operation} takes no body"
    try:
        value = json.loads(body)
    except ValueError:
        return f"{operation}: the body is no JSON"
    problem = _problem(described["request"], value)
    return None if problem is None else f"{operation}, body: {problem}"


def answer_complaint(operation: str, status: int, body: Any) -> str | None:
    """Return what GitHub's description has against an answer, or ``None``."""
    responses = facts()["operations"][operation]["responses"]
    schema = responses.get(str(status))
    if str(status) not in responses:
        if str(status) not in _EVERYWHERE:
            return f"{operation} never answers {status}"
        schema = {"$ref": "#/$defs/basic-error"} if body is not None else None
    if schema is None:
        return None if body is None else f"{operation} answers {status} without a body"
    problem = _problem(_closed(schema), body, closed=True)
    return None if problem is None else f"{operation}, answer {status}: {problem}"


def _problem(schema: dict[str, Any], value: Any, *, closed: bool = False) -> str | None:
    error = best_match(_validator(json.dumps(schema, sort_keys=True), closed).iter_errors(value))
    return None if error is None else f"{error.json_path}: {error.message[:300]}"


@cache
def _validator(schema: str, closed: bool) -> Draft202012Validator:
    defs = {"$defs": _closed_defs() if closed else facts()["$defs"], "$open": facts()["$defs"]}
    return Draft202012Validator({**json.loads(schema), **defs})


@cache
def _closed_defs() -> dict[str, Any]:
    return {name: _closed(schema) for name, schema in facts()["$defs"].items()}


def _closed(schema: Any) -> Any:
    """Return a schema that also refuses fields it does not name, so that a misspelt one is seen.

    Parts of ``allOf`` stay open: each knows only its own fields.
    """
    if isinstance(schema, list):
        return [_closed(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: inner if key in ("enum", "required") else _closed(inner) for key, inner in schema.items()}
    if "allOf" in schema:
        closed["allOf"] = [_opened(part) for part in schema["allOf"]]
    if isinstance(schema.get("properties"), dict) and "additionalProperties" not in schema and "allOf" not in schema:
        closed["additionalProperties"] = False
    return closed


def _opened(part: dict[str, Any]) -> dict[str, Any]:
    """Return a part of ``allOf`` whose reference is to the schema as it is."""
    return {"$ref": part["$ref"].replace("#/$defs/", "#/$open/")} if "$ref" in part else part


def _typed(schema: dict[str, Any], text: str) -> Any:
    kind = schema.get("type")
    if kind == "integer" and text.isdigit():
        return int(text)
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    return text
