"""Sides of many changes given to one tool in one run; what is known of bases is remembered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from gates.cache import key_of
from gates.change import Snapshot
from gates.gate import Context
from gates.sandbox.spec import MIB, Limits
from gates.toolconfig import ToolConfig
from gates.toolrun import run_and_salvage
from gates.tooltrees import show

_HOURS = 6 * 3600


@dataclass(frozen=True)
class Side:
    """Files of one snapshot to be judged together, with the configuration of a base.

    ``own`` is what the tool's script must know about single files, by path. Equal sides get the same answer.
    """

    tree: Snapshot = field(compare=False)
    base: Snapshot = field(compare=False)
    files: tuple[str, ...]
    config: ToolConfig | None
    own: tuple[tuple[str, Any], ...] = ()
    tree_id: str = field(init=False)
    base_id: str | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tree_id", self.tree.id)
        # Without a configuration nothing is taken from the base, and sides of different bases can be one group.
        object.__setattr__(self, "base_id", self.base.id if self.config is not None else None)

    @property
    def is_base(self) -> bool:
        """Whether nothing of a head is in it."""
        return self.tree.id == self.base.id and not self.own

    @property
    def config_key(self) -> list[str] | None:
        """The configuration, as part of a cache's key."""
        return [self.config.path, self.config.digest] if self.config is not None else None


@dataclass(frozen=True)
class Answer:
    """What a tool said of one side (its script's record), or why it could not."""

    said: Mapping[str, Any] = field(default_factory=dict)
    failed: str | None = None


@dataclass(frozen=True)
class Tool:
    """A tool with a script that takes groups of items; see ``gates/inside/run_pylint.py`` for the form of its job.

    ``own`` is what the script calls a side's ``own``. A side that takes longer than *seconds* is not judged. ``key``
    returns everything that the tool's answer about a side depends on, as JSON.
    """

    name: str
    script: str
    own: str
    seconds: float
    key: Callable[[Side, Context], list[Any]]
    more: Callable[[Context], dict[str, Any]] = lambda _: {}


def ask(tool: Tool, sides: Sequence[Side], gate: str, context: Context) -> dict[Side, Answer]:
    """Return the tool's answer about every side; equal sides are judged once.

    Answers about bases come from the cache and go there; they are then made by a run that sees no head. Raises
    ``CouldNotJudgeError`` where nothing could be run at all.
    """
    wanted = list(dict.fromkeys(sides))
    if context.cache.directory is None:
        return _run(tool, wanted, context, alone=False)
    keys = {side: key_of(gate, *tool.key(side, context)) for side in wanted if side.is_base}
    known = {side: Answer(said) for side, key in keys.items() if (said := context.cache.get(key)) is not None}
    bases = [side for side in keys if side not in known]
    heads = [side for side in wanted if side not in keys]
    with ThreadPoolExecutor(max_workers=max(1, min(2, context.jobs))) as pool:
        made_of_bases = pool.submit(_run, tool, bases, context, alone=True)
        made_of_heads = pool.submit(_run, tool, heads, context, alone=False)
    made = made_of_bases.result()
    for side, answer in made.items():
        if answer.failed is None:
            context.cache.put(keys[side], dict(answer.said))
    return known | made | made_of_heads.result()


def _run(tool: Tool, sides: Sequence[Side], context: Context, *, alone: bool) -> dict[Side, Answer]:
    if not sides:
        return {}
    snapshots = [s for side in sides for s in ([side.tree] if side.config is None else [side.tree, side.base])]
    shown = show(context, snapshots, alone=alone)
    groups: dict[tuple[str | None, ToolConfig | None], list[int]] = {}
    for number, side in enumerate(sides):
        groups.setdefault((side.base_id, side.config), []).append(number)
    job = {
        **tool.more(context),
        "jobs": context.jobs,
        "seconds": tool.seconds,
        "groups": [
            {
                "base": shown.paths[base] if base is not None else None,
                "config": f"{shown.paths[base]}/{config.path}" if base is not None and config is not None else None,
                "items": [_item(tool, n, sides[n], shown.paths) for n in numbers],
            }
            for (base, config), numbers in groups.items()
        ],
    }
    limits = Limits(wall_seconds=_HOURS, cpu_seconds=_HOURS, stdout_bytes=256 * MIB)
    records, stopped = run_and_salvage(
        context, context.own, tool.script, job, shown.mounts, limits, runtimes=context.interpreter.runtimes
    )
    found = _by_number(tool, list(groups.values()), records)
    missing = Answer(failed=stopped or f"{tool.name} said nothing about it.")
    return {side: found.get(number, missing) for number, side in enumerate(sides)}


def _item(tool: Tool, number: int, side: Side, paths: Mapping[str, str]) -> dict[str, Any]:
    return {"id": number, "tree": paths[side.tree_id], "files": side.files, tool.own: dict(side.own)}


def _by_number(tool: Tool, groups: Sequence[Sequence[int]], records: Sequence[dict[str, Any]]) -> dict[int, Answer]:
    found: dict[int, Answer] = {}
    for record in records:
        failed = record.get("failed")
        if "group" in record:
            why = f"{tool.name} could not start with the base's configuration: {failed}."
            found.update({n: Answer(failed=why) for n in groups[record["group"]] if n not in found})
        elif failed is not None:
            found[record["id"]] = Answer(failed=f"{tool.name} did not come to an end: {failed}.")
        else:
            found[record["id"]] = Answer({key: value for key, value in record.items() if key != "id"})
    return found
