"""Agent Trace records, version 0.1.0: one line for each merge and tool.

Source: cursor/agent-trace, README and ``schemas/trace-record.json``. A record has one tool, so the lines of several
tools stand in several records; those of people, and those of which nothing is declared, in one without a tool.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from app.ledger.export.jsonl import timestamp
from app.ledger.export.rows import Row
from app.provenance.lines import Contributor
from app.provenance.types import Status

# The published schema takes two numbers only, though the text calls the version 0.1.0.
VERSION = "0.1"
_LONGEST_MODEL = 250
_CONTRIBUTORS = {
    Status.AI_DECLARED: Contributor.AI,
    Status.MIXED: Contributor.MIXED,
    Status.HUMAN_ATTESTED: Contributor.HUMAN,
    Status.UNDECLARED: Contributor.UNKNOWN,
}


def agent_trace(rows: Iterable[Row]) -> Iterator[bytes]:
    """Yield a line for each record. Merges whose lines are not known have none."""
    for _, group in groupby(rows, key=lambda row: (row.repository_id, row.number, row.merge_sha)):
        known = [row for row in group if row.path is not None]
        for tool in dict.fromkeys(row.harness for row in known):
            record = _record(tool, [row for row in known if row.harness == tool])
            yield json.dumps(record).encode() + b"\n"


def _record(tool: str | None, rows: Sequence[Row]) -> dict[str, Any]:
    first = rows[0]
    name = f"exogate:{first.repository_id}:{first.number}:{first.merge_sha}:{tool or ''}"
    record: dict[str, Any] = {
        "version": VERSION,
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, name)),
        "timestamp": timestamp(first.merged),
        "vcs": {"type": "git", "revision": first.merge_sha},
        "files": [_file(path, list(group)) for path, group in groupby(rows, key=lambda row: row.path or "")],
        "metadata": {
            "exogate": {
                "repository": first.repository,
                "pull_request": first.number,
                "provenance": first.change_status,
                "gates_passed": first.gates_passed,
                "reviewers": first.reviewers,
                "policy_hash": first.policy_hash,
                "rules": first.rules,
            }
        },
    }
    if tool is not None:
        # Which version of the tool it was, nobody declares; the schema wants a word.
        record["tool"] = {"name": tool, "version": "unknown"}
    return record


def _file(path: str, rows: Sequence[Row]) -> dict[str, Any]:
    talks: dict[tuple[str, str | None, str | None], list[Row]] = {}
    for row in rows:
        talks.setdefault((row.status, row.model_family, row.model), []).append(row)
    return {"path": path, "conversations": [_conversation(group) for group in talks.values()]}


def _conversation(rows: Sequence[Row]) -> dict[str, Any]:
    contributor = {"type": _CONTRIBUTORS[Status(rows[0].status)].value}
    if model := _model(rows[0]):
        contributor["model_id"] = model
    return {
        "contributor": contributor,
        "ranges": [{"start_line": row.first, "end_line": row.last} for row in rows],
    }


def _model(row: Row) -> str | None:
    """Return ``provider/model``; a family alone has no place in the format."""
    if row.model is None:
        return None
    named = row.model if "/" in row.model or row.model_family is None else f"{row.model_family}/{row.model}"
    return named[:_LONGEST_MODEL]
