"""Agent Trace records, version 0.1.0, as stored in ``.agent-trace/traces.jsonl``.

Source: cursor/agent-trace, README and ``schemas/trace-record.json``. One JSON object a line; each file's
conversations hold line ranges at the recorded revision.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from app.provenance.commit import Span
from app.provenance.lines import Claim, Contributor
from app.provenance.names import UNKNOWN, family_of, model_name, parse_name

TRACES_PATH = ".agent-trace/traces.jsonl"
ROW = "agent-trace"
HUMAN_ROW = "agent-trace-human"

_REVISION = re.compile(r"[0-9a-f]{7,64}")


@dataclass(frozen=True, slots=True)
class Trace:
    """One record: the git revision at which its ranges hold (``None`` where it names none) and its claims."""

    id: str
    revision: str | None
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Traces:
    """All records of a file, and what could not be read, in sentences."""

    records: tuple[Trace, ...] = ()
    problems: tuple[str, ...] = ()


class _MalformedError(ValueError):
    """A record that is not as the specification says; the message names the part."""


def parse_traces(data: bytes) -> Traces:
    """Read a file of records. A broken line becomes a problem and takes no other line down."""
    records: list[Trace] = []
    problems: list[str] = []
    for number, line in enumerate(data.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            records.append(_record(json.loads(line)))
        except _MalformedError as error:
            problems.append(f"Line {number} of {TRACES_PATH} is no Agent Trace record: {error}")
        except (ValueError, RecursionError):
            problems.append(f"Line {number} of {TRACES_PATH} is not JSON.")
    return Traces(tuple(records), tuple(problems))


def _record(raw: Any) -> Trace:
    missing = [key for key in ("version", "id", "timestamp", "files") if not isinstance(raw, dict) or key not in raw]
    if missing:
        raise _MalformedError(f"`{missing[0]}` is missing.")
    tool = _text(_object(raw.get("tool", {}), "tool").get("name"))
    claims = tuple(claim for file in _list(raw["files"], "files") for claim in _claims(_object(file, "files[]"), tool))
    return Trace(str(raw["id"])[:100], _revision(raw.get("vcs")), claims)


def _revision(vcs: Any) -> str | None:
    if vcs is None:
        return None
    vcs = _object(vcs, "vcs")
    revision = _text(vcs.get("revision")).lower()
    return revision if vcs.get("type") == "git" and _REVISION.fullmatch(revision) else None


def _claims(file: dict[str, Any], tool: str) -> Iterator[Claim]:
    path = _text(file.get("path")).removeprefix("./")
    for conversation in _list(file.get("conversations"), "conversations"):
        talk = _object(conversation, "conversations[]")
        for item in _list(talk.get("ranges"), "ranges"):
            part = _object(item, "ranges[]")
            contributor = _object(part.get("contributor") or talk.get("contributor") or {}, "contributor")
            yield _claim(path, _span(part), contributor, tool)


def _claim(path: str, span: Span, contributor: dict[str, Any], tool: str) -> Claim:
    kind = contributor.get("type", Contributor.UNKNOWN)
    if not isinstance(kind, str) or kind not in {who.value for who in Contributor}:
        raise _MalformedError("`contributor.type` is none of human, ai, mixed, unknown.")
    who = Contributor(kind)
    if who is Contributor.HUMAN:
        return Claim(HUMAN_ROW, who, path, (span,))
    model = model_name(_text(contributor.get("model_id")))
    named = parse_name(tool)
    family = family_of(model) if model else named.family
    return Claim(ROW, who, path, (span,), named.harness or UNKNOWN, family, model)


def _span(part: dict[str, Any]) -> Span:
    first: Any = part.get("start_line")
    last: Any = part.get("end_line")
    whole = all(isinstance(line, int) and not isinstance(line, bool) for line in (first, last))
    if not whole or not 1 <= first <= last:
        raise _MalformedError("a range needs `start_line` and `end_line`, counted from 1 and in order.")
    return first, last


def _object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _MalformedError(f"`{name}` is not an object.")
    return value


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise _MalformedError(f"`{name}` is not a list.")
    return value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
