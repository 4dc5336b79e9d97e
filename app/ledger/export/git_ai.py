"""git-ai notes (standard ``authorship/3.0.0``) as a stream for ``git fast-import``.

Source: git-ai-project/git-ai, ``specs/git_ai_standard_v3.0.0.md``; git-fast-import(1). The notes go to a reference of
their own, among those that git-ai fetched from elsewhere, so that no note which git-ai wrote is replaced.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby

from app.ledger.export.rows import Row
from app.provenance.git_ai import FETCHED_REFS
from app.provenance.names import UNKNOWN
from app.provenance.types import Status

REF = f"{FETCHED_REFS}exogate"
"""Where the notes go; read them in with ``git fast-import --force``, which replaces those of an earlier export."""

_PEOPLE = (Status.HUMAN_ATTESTED, Status.MIXED)
_TOOLS = (Status.AI_DECLARED, Status.MIXED)
_AUTHOR = "Exogate <exogate@localhost>"


def git_ai_notes(rows: Iterable[Row]) -> Iterator[bytes]:
    """Yield the stream: one commit of notes, one note for each merge commit that has lines of someone's.

    Every merge commit must be in the repository that the stream is read into.
    """
    started = False
    for commit, group in groupby(rows, key=lambda row: row.merge_sha):
        of_merge = list(group)
        text = note(commit, of_merge)
        if text is None:
            continue
        if not started:
            yield _commit(of_merge[0].merged)
            started = True
        yield f"N inline {commit}\n".encode() + _data(text.encode())
    yield b"done\n" if started else b""


def _commit(when: datetime) -> bytes:
    message = b"What the ledger knows of merged lines\n"
    head = f"feature done\ncommit {REF}\ncommitter {_AUTHOR} {int(when.timestamp())} +0000\n"
    return head.encode() + _data(message)


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)


def note(commit: str, rows: Sequence[Row]) -> str | None:
    """Return the note of one merge commit, ``None`` where nothing is declared of any line.

    Lines that are mixed are attested both to the tool and to a person, as overlapping entries.
    """
    entries: list[str] = []
    sessions: dict[str, dict[str, dict[str, str]]] = {}
    humans: dict[str, dict[str, str]] = {}
    for path, group in groupby(rows, key=lambda row: row.path):
        keys: dict[str, list[Row]] = {}
        for row in group:
            for key in _keys(commit, row, sessions, humans):
                keys.setdefault(key, []).append(row)
        if path is None or "\n" in path or not keys:
            continue  # a path with a line's end has no place in the format
        entries.append(_quoted(path))
        entries += [f"  {key} {_ranges(of_key)}" for key, of_key in keys.items()]
    if not entries:
        return None
    metadata = {
        "schema_version": "authorship/3.0.0",
        "base_commit_sha": commit,
        "prompts": {},
        "humans": humans,
        "sessions": sessions,
    }
    return "\n".join(entries) + "\n---\n" + json.dumps(metadata, indent=2) + "\n"


def _keys(
    commit: str, row: Row, sessions: dict[str, dict[str, dict[str, str]]], humans: dict[str, dict[str, str]]
) -> Iterator[str]:
    """Yield the keys of those who wrote a row's lines, and enter them in the tables."""
    status = Status(row.status)
    if status in _TOOLS:
        session = f"s_{_hash(commit, row.harness, row.model_family, row.model)}"
        agent = {"tool": row.harness or UNKNOWN, "id": session, "model": row.model or UNKNOWN}
        sessions[session] = {"agent_id": agent}
        yield f"{session}::t_{_hash('trace', session)}"
    if status in _PEOPLE:
        human = f"h_{_hash(commit, 'human')}"
        # Who it was, the ledger does not keep.
        humans[human] = {"author": "attested"}
        yield human


def _hash(*parts: str | None) -> str:
    return hashlib.sha256("\0".join(part or "" for part in parts).encode()).hexdigest()[:14]


def _ranges(rows: Iterable[Row]) -> str:
    return ",".join(str(row.first) if row.first == row.last else f"{row.first}-{row.last}" for row in rows)


def _quoted(path: str) -> str:
    return f'"{path}"' if re.search(r'[\s"]|^---$', path) else path
