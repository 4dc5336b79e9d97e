"""git-ai's authorship notes (``refs/notes/ai``), standard ``authorship/3.0.0``.

A note is a list of paths, each with two-space-indented ``key ranges`` lines, then ``---``, then JSON that says who
each key is. Source: git-ai-project/git-ai, ``specs/git_ai_standard_v3.0.0.md``.
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

NOTES_REF = "refs/notes/ai"
FETCHED_REFS = "refs/notes/ai-remote/"
"""Where the tool puts the notes that it fetched from each remote, before it joins them to its own."""

ROW = "git-ai-note"
HUMAN_ROW = "git-ai-human"

_SESSION = re.compile(r"(s_[0-9a-f]{14})::t_[0-9a-f]{14}")
_HUMAN = re.compile(r"h_[0-9a-f]{14}")
# Seven characters were written before version 1.0 of the tool.
_PROMPT = re.compile(r"[0-9a-f]{16}|[0-9a-f]{7}")
_RANGE = re.compile(r"([1-9]\d{0,8})(?:-([1-9]\d{0,8}))?")
_MOST_CLAIMS = 100_000


@dataclass(frozen=True, slots=True)
class Note:
    """What one note says: claims on lines, the people it names, and what could not be read, in sentences."""

    claims: tuple[Claim, ...] = ()
    problems: tuple[str, ...] = ()


def parse_note(data: bytes) -> Note:
    """Read one note. Whatever is broken becomes a problem; a note without sound metadata makes no claims."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return Note(problems=("The git-ai note is not UTF-8 text.",))
    attestations, divider, rest = _divided(text)
    if not divider:
        return Note(problems=("The git-ai note has no `---` line before its metadata.",))
    try:
        metadata = json.loads(rest)
    except (ValueError, RecursionError):
        return Note(problems=("The git-ai note's metadata is not JSON.",))
    problem = _unsound(metadata)
    if problem:
        return Note(problems=(problem,))
    claims: list[Claim] = []
    problems: list[str] = []
    for entry in _entries(attestations):
        if isinstance(entry, str):
            problems.append(entry)
        else:
            claim = _claim(*entry, metadata)
            (claims if isinstance(claim, Claim) else problems).append(claim)  # type: ignore[arg-type]
        if len(claims) >= _MOST_CLAIMS:
            problems.append(f"The git-ai note has more than {_MOST_CLAIMS} entries; the rest was left out.")
            break
    return Note(tuple(claims), tuple(dict.fromkeys(problems)))


def _divided(text: str) -> tuple[str, bool, str]:
    if text.startswith("---\n"):
        return "", True, text[4:]
    head, divider, rest = text.partition("\n---\n")
    return head, bool(divider), rest


def _unsound(metadata: Any) -> str | None:
    if not isinstance(metadata, dict):
        return "The git-ai note's metadata is not a JSON object."
    version = metadata.get("schema_version")
    if not isinstance(version, str) or not version.startswith("authorship/3."):
        return "The git-ai note follows another standard than authorship/3.0.0."
    return None


def _entries(attestations: str) -> Iterator[tuple[str, str, tuple[Span, ...]] | str]:
    """Yield path, key and ranges of each entry, or a sentence on a line that is none."""
    path: str | None = None
    for number, line in enumerate(attestations.split("\n"), start=1):
        if not line.strip():
            continue
        if not line.startswith(" "):
            path = line[1:-1] if len(line) > 1 and line[0] == line[-1] == '"' else line
            continue
        key, _, ranges = line.strip().partition(" ")
        spans = _spans(ranges)
        if path is None or spans is None or not line.startswith("  "):
            yield f"Line {number} of the git-ai note is no attestation."
        else:
            yield path, key, spans


def _spans(text: str) -> tuple[Span, ...] | None:
    spans: list[Span] = []
    for part in text.split(","):
        match = _RANGE.fullmatch(part)
        if match is None:
            return None
        first = int(match.group(1))
        last = int(match.group(2) or first)
        if last < first:
            return None
        spans.append((first, last))
    return tuple(spans)


def _claim(path: str, key: str, spans: tuple[Span, ...], metadata: dict[str, Any]) -> Claim | str:
    if _HUMAN.fullmatch(key):
        if not isinstance(_record(metadata, "humans", key), dict):
            return f"The git-ai note attests lines to {key}, which its `humans` do not name."
        return Claim(HUMAN_ROW, Contributor.HUMAN, path, spans)
    session = _SESSION.fullmatch(key)
    if session is not None:
        record, where = _record(metadata, "sessions", session.group(1)), "sessions"
    elif _PROMPT.fullmatch(key):
        record, where = _record(metadata, "prompts", key), "prompts"
    else:
        return f"The git-ai note attests lines to a key of unknown form: {key[:40]!r}."
    if not isinstance(record, dict):
        return f"The git-ai note attests lines to {key}, which its `{where}` do not name."
    return _ai_claim(path, spans, record.get("agent_id"))


def _record(metadata: dict[str, Any], table: str, key: str) -> Any:
    records = metadata.get(table)
    return records.get(key) if isinstance(records, dict) else None


def _ai_claim(path: str, spans: tuple[Span, ...], agent: Any) -> Claim:
    agent = agent if isinstance(agent, dict) else {}
    tool, model = agent.get("tool"), agent.get("model")
    named = parse_name(tool) if isinstance(tool, str) else None
    model = model_name(model) if isinstance(model, str) else None
    family = family_of(model)
    if family == UNKNOWN and model is None and named is not None:
        family = named.family
    harness = (named.harness if named else None) or UNKNOWN
    return Claim(ROW, Contributor.AI, path, spans, harness, family, model)
