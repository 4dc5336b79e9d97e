"""GitHub's own OpenAPI description, cut down to what the stand-in answers.

    npm pack @octokit/openapi && tar xzf octokit-openapi-*.tgz
    python -m tests.standin.trim package/generated/api.github.com.json

The description is GitHub's, packed by the Octokit contributors under the MIT licence (see ``github-api.LICENSE``).
What only documents (descriptions, examples, titles) is left out; OpenAPI's ``nullable`` becomes JSON Schema's null.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tests.standin.routes import ROUTES

TARGET = Path(__file__).with_name("github-api.json")
_KEPT = frozenset(
    ("type", "properties", "required", "items", "enum", "anyOf", "oneOf", "allOf", "not", "additionalProperties",
     "pattern", "minimum", "maximum", "minItems", "maxItems", "minLength", "maxLength", "minProperties")
)  # fmt: skip


class _Trimmer:
    def __init__(self, whole: dict[str, Any]) -> None:
        self.whole = whole
        self.defs: dict[str, Any] = {}

    def operation(self, method: str, path: str) -> dict[str, Any]:
        found = self.whole["paths"][path][method.lower()]
        parameters = [self._resolved(p) for p in found.get("parameters", ())]
        body = self._content(found.get("requestBody", {}))
        return {
            "query": {p["name"]: self.schema(p["schema"]) for p in parameters if p["in"] == "query"},
            "request": None if body is None else self.schema(body),
            "request_required": found.get("requestBody", {}).get("required", False),
            "responses": {code: self._response(answer) for code, answer in found["responses"].items()},
        }

    def schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        if "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[1]
            if name not in self.defs:
                self.defs[name] = None  # a schema may name itself
                self.defs[name] = self.schema(self._resolved(schema))
            return {"$ref": f"#/$defs/{name}"}
        kept = {key: self._value(key, value) for key, value in schema.items() if key in _KEPT}
        return _nullable(kept) if schema.get("nullable") else kept

    def _value(self, key: str, value: Any) -> Any:
        if key == "properties":
            return {name: self.schema(inner) for name, inner in value.items()}
        if isinstance(value, list) and key in ("anyOf", "oneOf", "allOf"):
            return [self.schema(inner) for inner in value]
        return self.schema(value) if isinstance(value, dict) else value

    def _response(self, answer: dict[str, Any]) -> dict[str, Any] | None:
        content = self._content(self._resolved(answer))
        return None if content is None else self.schema(content)

    def _content(self, holder: dict[str, Any]) -> dict[str, Any] | None:
        for kind, content in holder.get("content", {}).items():
            if "json" in kind:
                schema: dict[str, Any] = content["schema"]
                return schema
        return None

    def _resolved(self, value: dict[str, Any]) -> dict[str, Any]:
        found: Any = value
        while "$ref" in found:
            at: Any = self.whole
            for part in found["$ref"].removeprefix("#/").split("/"):
                at = at[part]
            found = at
        resolved: dict[str, Any] = found
        return resolved


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    if isinstance(schema.get("type"), str) and "enum" not in schema:
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


_TEXT_OR_NULL = {"type": ["string", "null"]}
_ADD_LABELS = "POST /repos/{owner}/{repo}/issues/{issue_number}/labels"
# Where GitHub is wider than its description: the place, what stands there, and the fact.
_CORRECTIONS: tuple[tuple[tuple[str, ...], Any], ...] = (
    # A label without a description has null there, in lists of pull requests as anywhere.
    (("$defs", "pull-request-simple", "properties", "labels", "items", "properties", "description"), _TEXT_OR_NULL),
    # A bare list of names is taken too; PyGithub sends one.
    (("operations", _ADD_LABELS, "request"), {"anyOf": [{}, {"type": "array", "items": {"type": "string"}}]}),
    # The list describes an older installation, whose account would have to be a person and an enterprise at once.
    (("operations", "GET /app/installations", "responses", "200", "items"), {"$ref": "#/$defs/installation"}),
    # A head whose fork was deleted has no repository and, where its owner is gone, no account.
    *(
        (("$defs", name, "properties", "head", "properties", field), {"anyOf": [{}, {"type": "null"}]})
        for name in ("pull-request", "pull-request-simple")
        for field in ("repo", "user")
    ),
)


def _correct(facts: dict[str, Any]) -> None:
    """Widen the facts by the table above; an empty alternative stands for what was there."""
    for path, wider in _CORRECTIONS:
        holder: Any = facts
        for part in path[:-1]:
            holder = holder[part]
        before = holder[path[-1]]
        holder[path[-1]] = {"anyOf": [before, *wider["anyOf"][1:]]} if "anyOf" in wider else wider


def trim(whole: dict[str, Any]) -> dict[str, Any]:
    """Return the facts about every operation in the table of routes."""
    trimmer = _Trimmer(whole)
    operations = {route.operation: trimmer.operation(route.method, route.path) for route in ROUTES}
    facts = {
        "source": f"npm @octokit/openapi {whole['info']['version']}, generated/api.github.com.json, MIT",
        "operations": operations,
        "$defs": dict(sorted(trimmer.defs.items())),
    }
    _correct(facts)
    return facts


def render(facts: dict[str, Any]) -> str:
    """Return the facts as JSON with one line an operation and one a schema, so that a new version can be compared."""
    parts = [f'"source": {json.dumps(facts["source"])}']
    for key in ("operations", "$defs"):
        rows = [f"{json.dumps(name)}: {json.dumps(value, separators=(',', ':'))}" for name, value in facts[key].items()]
        parts.append(f'"{key}": {{\n' + ",\n".join(rows) + "\n}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    TARGET.write_text(render(trim(json.loads(Path(sys.argv[1]).read_text("utf-8")))), "utf-8")
