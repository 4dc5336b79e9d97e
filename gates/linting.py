"""Many sides of many changes given to pylint in one run; what is known of bases is remembered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from gates.cache import key_of
from gates.change import Snapshot
from gates.gate import Context
from gates.sandbox.spec import MIB, Limits
from gates.toolconfig import ToolConfig
from gates.toolrun import ForgedRecordError, ScriptFailedError, run_script
from gates.tooltrees import environment, python_digest, show

SCRIPT = "run_pylint.py"
# A change that keeps pylint busy for longer is not judged; the others are.
SECONDS_A_SIDE = 300.0
_HOURS = 6 * 3600


@dataclass(frozen=True)
class Side:
    """Files of one snapshot to lint together, with the configuration of a base; ``unheard`` as the script has it."""

    tree: Snapshot = field(compare=False)
    files: tuple[str, ...]
    base: Snapshot = field(compare=False)
    config: ToolConfig | None
    unheard: tuple[tuple[str, tuple[int, ...]], ...] = ()
    tree_id: str = field(init=False)
    base_id: str | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tree_id", self.tree.id)
        # Without a configuration nothing is taken from the base, and sides of different bases can share a linter.
        object.__setattr__(self, "base_id", self.base.id if self.config is not None else None)

    @property
    def is_base(self) -> bool:
        """Whether nothing of a head is in it."""
        return self.tree.id == self.base.id and not self.unheard


@dataclass(frozen=True)
class Answer:
    """What pylint said of one side: the script's messages and score, or why it could not."""

    messages: tuple[dict[str, Any], ...] = ()
    score: float | None = None
    complaints: tuple[str, ...] = ()
    failed: str | None = None


def lint_all(sides: Sequence[Side], gate: str, context: Context) -> dict[Side, Answer]:
    """Return pylint's answer for every side; equal sides are linted once.

    Answers about bases come from the cache and go there; they are then made by a run that sees no head. Raises
    ``CouldNotJudgeError`` where nothing could be run at all.
    """
    wanted = list(dict.fromkeys(sides))
    if context.cache.directory is None:
        return _run(wanted, context, alone=False)
    around = environment(context, ("pylint", "astroid")) if wanted else []
    keys = {side: _key(side, gate, around) for side in wanted if side.is_base}
    known = {side: _from_json(found) for side, key in keys.items() if (found := context.cache.get(key)) is not None}
    made = _run([s for s in keys if s not in known], context, alone=True)
    for side, answer in made.items():
        if answer.failed is None:
            context.cache.put(keys[side], [answer.messages, answer.score, answer.complaints])
    return {**known, **made, **_run([s for s in wanted if s not in keys], context, alone=False)}


def _key(side: Side, gate: str, around: list[Any]) -> str:
    config = [side.config.path, side.config.digest] if side.config is not None else None
    return key_of(gate, around, config, python_digest(side.tree), side.files)


def _from_json(value: Any) -> Answer:
    messages, score, complaints = value
    return Answer(tuple(messages), score, tuple(complaints))


def _run(sides: Sequence[Side], context: Context, *, alone: bool) -> dict[Side, Answer]:
    if not sides:
        return {}
    shown = show(context, [s for side in sides for s in _snapshots(side)], alone=alone)
    groups: dict[tuple[str | None, ToolConfig | None], list[int]] = {}
    for number, side in enumerate(sides):
        groups.setdefault((side.base_id, side.config), []).append(number)
    job = {
        "site_packages": [str(p) for p in context.interpreter.site_packages],
        "jobs": context.jobs,
        "seconds": SECONDS_A_SIDE,
        "groups": [
            {
                "base": shown.paths[base] if base is not None else None,
                "config": f"{shown.paths[base]}/{config.path}" if base is not None and config is not None else None,
                "items": [_item(n, sides[n], shown.paths) for n in numbers],
            }
            for (base, config), numbers in groups.items()
        ],
    }
    limits = Limits(wall_seconds=_HOURS, cpu_seconds=_HOURS, stdout_bytes=256 * MIB)
    stopped = "pylint was not run on it."
    try:
        records = run_script(
            context, context.own, SCRIPT, job, shown.mounts, limits, runtimes=context.interpreter.runtimes
        )
    except ForgedRecordError:
        raise
    except ScriptFailedError as error:
        records, stopped = error.records, str(error)
    return _answers(sides, list(groups.values()), records, stopped)


def _snapshots(side: Side) -> list[Snapshot]:
    return [side.tree] if side.config is None else [side.tree, side.base]


def _item(number: int, side: Side, paths: dict[str, str]) -> dict[str, Any]:
    return {"id": number, "tree": paths[side.tree_id], "files": side.files, "unheard": dict(side.unheard)}


def _answers(
    sides: Sequence[Side], groups: list[list[int]], records: list[dict[str, Any]], stopped: str
) -> dict[Side, Answer]:
    """Return each side's answer; sides of which no record speaks were *stopped*."""
    found: dict[int, Answer] = {}
    for record in records:
        failed = record.get("failed")
        if "group" in record:
            why = f"pylint could not start with the base's configuration: {failed}."
            found.update({n: Answer(failed=why) for n in groups[record["group"]] if n not in found})
        elif failed is not None:
            found[record["id"]] = Answer(failed=f"pylint did not come to an end: {failed}.")
        else:
            found[record["id"]] = Answer(tuple(record["messages"]), record["score"], tuple(record["complaints"]))
    return {side: found.get(number, Answer(failed=stopped)) for number, side in enumerate(sides)}
