"""Sides of changes given to mypy: first the bases, then the heads, each starting where its base ended."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gates.cache import key_of
from gates.change import Snapshot
from gates.gate import Context
from gates.sandbox.spec import MIB, Limits, Mount
from gates.toolconfig import ToolConfig
from gates.toolrun import locate, run_and_salvage
from gates.tooltrees import environment, python_digest, show

SCRIPT = "run_mypy.py"
ROOT = "/exogate/types"
# A side that keeps mypy busy for longer is not judged; the others are.
SECONDS_A_SIDE = 900.0
SECONDS_A_LONE_SIDE = 60.0
_HOURS = 6 * 3600

Error = tuple[str, int, str, str]


@dataclass(frozen=True)
class Side:
    """What to check of one snapshot, by the configuration of a base.

    ``also`` is checked where the configuration itself names nothing. ``texts`` are sources to read in the place of
    the files. A ``lone`` side is one file that needs no other, and can be checked together with those of other changes.
    ``minor`` is the version of Python 3 to check for, where it is not the interpreter's; a configuration's own wins.
    """

    tree: Snapshot = field(compare=False)
    base: Snapshot = field(compare=False)
    files: tuple[str, ...]
    also: tuple[str, ...]
    config: ToolConfig | None
    lone: bool = False
    minor: int | None = None
    texts: tuple[tuple[str, str], ...] = ()
    tree_id: str = field(init=False)
    base_id: str | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tree_id", self.tree.id)
        # A lone side has no configuration, so that equal ones of different bases are the same.
        object.__setattr__(self, "base_id", None if self.lone else self.base.id)


@dataclass(frozen=True)
class Answer:
    """mypy's errors about one side (``path, line, code, message``), or why it could not say.

    ``blocked``: something in the code or its configuration stops mypy; ``failed``: mypy did not come to an end.
    """

    errors: tuple[Error, ...] = ()
    blocked: str | None = None
    failed: str | None = None


@dataclass(frozen=True)
class _Made:
    answer: Answer
    cache: str | None = None


def check_all(
    pairs: Sequence[tuple[Side | None, Side]], gate: str, context: Context
) -> list[tuple[Answer | None, Answer]]:
    """Return mypy's answers for each pair of a base's side (``None`` where there is nothing) and a head's.

    Answers about bases come from the cache and go there: the run that makes them sees no head. Raises
    ``CouldNotJudgeError`` where nothing could be run at all.
    """
    around = environment(context, ("mypy",)) if pairs else []
    bases = list(dict.fromkeys(base for base, _ in pairs if base is not None))
    keys = {side: _keys(side, gate, around) for side in bases} if context.cache.directory is not None else {}
    seeds = {base: found for base, (_, kept) in keys.items() if (found := context.cache.get(kept)) is not None}
    known = {
        base: _from_json(found) for base, (key, _) in keys.items() if (found := context.cache.get(key)) is not None
    }
    made = _run([(b, seeds.get(b)) for b in bases if b not in known], context, keep=True)
    for side, result in made.items():
        if side in keys and result.answer.failed is None:
            context.cache.put(keys[side][0], [result.answer.errors, result.answer.blocked])
            if result.cache is not None:
                context.cache.put(keys[side][1], result.cache)
    seeds |= {side: result.cache for side, result in made.items() if result.cache is not None}
    heads = {head: seeds.get(base) if base is not None else None for base, head in pairs}
    judged = _run(list(heads.items()), context, keep=False)
    answers = known | {side: result.answer for side, result in made.items()}
    return [(answers[base] if base is not None else None, judged[head].answer) for base, head in pairs]


def _keys(side: Side, gate: str, around: list[Any]) -> tuple[str, str]:
    """Return the keys of a base's answer, and of mypy's cache for its tree."""
    config = [side.config.path, side.config.digest] if side.config is not None else None
    common = [gate, around, config, side.minor, python_digest(side.tree)]
    return key_of(*common, side.files, side.also), key_of(*common, "cache")


def _from_json(value: Any) -> Answer:
    errors, blocked = value
    return Answer(tuple((path, line, code, message) for path, line, code, message in errors), blocked)


def _run(sides: Sequence[tuple[Side, str | None]], context: Context, *, keep: bool) -> dict[Side, _Made]:
    if not sides:
        return {}
    lone = [(n, side) for n, (side, _) in enumerate(sides) if side.lone]
    shown = show(context, [side.tree for _, side in lone], alone=keep and context.cache.directory is not None)
    mounts = list(shown.mounts)
    others = [_other(n, side, seed, context, mounts) for n, (side, seed) in enumerate(sides) if not side.lone]
    job = {
        "python": str(context.interpreter.executable),
        "minor": context.interpreter.version[1],
        "site_packages": [str(p) for p in context.interpreter.site_packages],
        "jobs": context.jobs,
        "seconds": SECONDS_A_SIDE,
        "lone_seconds": SECONDS_A_LONE_SIDE,
        "lone": [{**_item(n, side), "tree": shown.paths[side.tree_id]} for n, side in lone],
        "others": [{**other, "keep": keep} for other in others],
    }
    limits = Limits(wall_seconds=_HOURS, cpu_seconds=_HOURS, stdout_bytes=512 * MIB)
    records, stopped = run_and_salvage(
        context, context.own, SCRIPT, job, mounts, limits, runtimes=context.interpreter.runtimes
    )
    found = {record["id"]: _made(record) for record in records}
    missing = _Made(Answer(failed=stopped or "mypy said nothing about it."))
    return {side: found.get(n, missing) for n, (side, _) in enumerate(sides)}


def _item(number: int, side: Side) -> dict[str, Any]:
    return {"id": number, "files": side.files, "also": side.also, "texts": dict(side.texts)}


def _other(number: int, side: Side, seed: str | None, context: Context, mounts: list[Mount]) -> dict[str, Any]:
    """Return the job's part for one side and add its mounts.

    Base and head of a change are shown at the same place, one in either run: mypy's cache knows files by path.
    """
    place = f"{ROOT}/{hashlib.sha256(side.base.id.encode()).hexdigest()[:16]}"
    if any(m.target == f"{place}/tree" for m in mounts):
        place = f"{place}-{number}"
    tree = Mount(context.workspace.tree(side.tree), f"{place}/tree")
    base = Mount(context.workspace.tree(side.base), f"{place}/base")
    mounts += [tree, base]
    archive = None
    if seed is not None:
        kept = Mount(_written(context, seed), f"{place}/seed.tar.gz")
        mounts.append(kept)
        archive = locate(context, kept)
    return {
        **_item(number, side),
        "tree": locate(context, tree),
        "base": locate(context, base),
        "config": side.config.path if side.config is not None else None,
        "minor": side.minor,
        "seed": archive,
    }


def _written(context: Context, seed: str) -> Path:
    path = context.workspace.directory() / "seed.tar.gz"
    path.write_bytes(base64.b64decode(seed))
    return path


def _made(record: dict[str, Any]) -> _Made:
    if (failed := record.get("failed")) is not None:
        return _Made(Answer(failed=f"mypy did not come to an end: {failed}."))
    return _Made(_from_json([record["errors"], record["blocked"]]), record["cache"])
