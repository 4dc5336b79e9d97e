"""What a tool says of the head and did not already say of the base. Pure: findings in, findings out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from gates.change import Change, FileChange
from gates.diff import Hunk, split_lines
from gates.verdict import Finding

# Places that tools write into their messages. They move with the code and do not make a message another one.
_PLACES = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?<=\blines )\d+(?:(?:-|, | and )\d+)*",
        r"(?<=\bline )\d+",
        r"(?<=\bcolumn )\d+",
        r"(?<=:\[)\d+:\d+(?=\])",
        r"(?<=:)\d+(?=(?::\d+)?(?:[:,)\s]|$))",
    )
)

_Key = tuple[str | None, str, str, Hashable]


def normalise(message: str) -> str:
    """Return *message* with line and column numbers replaced by ``N``."""
    for place in _PLACES:
        message = place.sub("N", message)
    return message


@dataclass(frozen=True)
class Sides:
    """A change, seen as two places for findings."""

    change: Change

    @cached_property
    def by_head(self) -> dict[str, FileChange]:
        """The files that both sides may have, by the head's path."""
        return {f.path: f for f in self.change.files}

    @cached_property
    def renamed(self) -> dict[str, str]:
        """The head's path by the base's, where they differ."""
        return {f.old_path: f.path for f in self.change.files if f.old_path not in (None, f.path)}

    def head_path(self, base_path: str | None) -> str | None:
        """Return what the head calls a file of the base."""
        return self.renamed.get(base_path, base_path) if base_path is not None else None

    def base_line(self, finding: Finding) -> int | None:
        """Return the base's number of a head finding's line; ``None`` where the change wrote it."""
        file = self.by_head.get(finding.path or "")
        if file is None or not finding.line:
            return finding.line or 0
        return file.lines.to_base(finding.line)

    def hunk(self, path: str | None, line: int | None, of_lines: Callable[[Hunk], range]) -> int | None:
        """Return which of the file's hunks holds *line*, on the side that *of_lines* names."""
        file = self.by_head.get(path or "")
        if file is None or not line:
            return None
        return next((n for n, hunk in enumerate(file.hunks) if line in of_lines(hunk)), None)


class _Sources:
    """Source lines, read once a file."""

    def __init__(self, change: Change) -> None:
        self._snapshots = {"base": change.base, "head": change.head}
        self._lines: dict[tuple[str, str], list[bytes]] = {}

    def line(self, side: str, path: str | None, number: int | None) -> bytes | None:
        """Return a line without surrounding space; ``None`` where there is none or it is blank."""
        if path is None or not number:
            return None
        lines = self._lines.get((side, path))
        if lines is None:
            lines = self._lines[side, path] = self._read(side, path)
        return lines[number - 1].strip() or None if number <= len(lines) else None

    def _read(self, side: str, path: str) -> list[bytes]:
        try:
            return split_lines(self._snapshots[side].read(path))
        except KeyError:
            return []


def new_findings(base: Iterable[Finding], head: Iterable[Finding], change: Change) -> list[Finding]:
    """Return the *head* findings that no *base* finding accounts for, in their order.

    Each base finding accounts for at most one of the same rule and message (places in the message aside) in the
    same file, renames followed: the one on the line that its own became; else one on a line with the same text;
    else one on the lines that replaced its own (an edited line does not make an old message new). Lines of base
    findings are the base's.
    """
    sides, sources = Sides(change), _Sources(change)
    old, new = list(base), list(head)
    steps: tuple[tuple[Callable[[Finding], Hashable], Callable[[Finding], Hashable]], ...] = (
        (lambda f: f.line or 0, sides.base_line),
        (lambda f: sources.line("base", f.path, f.line), lambda f: sources.line("head", f.path, f.line)),
        (
            lambda f: sides.hunk(sides.head_path(f.path), f.line, lambda h: h.old_lines),
            lambda f: sides.hunk(f.path, f.line, lambda h: h.new_lines),
        ),
    )
    for of_base, of_head in steps:
        base_keys = [_key(f, sides.head_path(f.path), of_base(f)) for f in old]
        head_keys = [_key(f, f.path, of_head(f)) for f in new]
        common = Counter(k for k in base_keys if k) & Counter(k for k in head_keys if k)
        old, new = _without(old, base_keys, common), _without(new, head_keys, common)
    return new


def _key(finding: Finding, path: str | None, place: Hashable) -> _Key | None:
    return None if place is None else (path, finding.rule, normalise(finding.message), place)


def _without(findings: Sequence[Finding], keys: Sequence[_Key | None], taken: Counter[_Key]) -> list[Finding]:
    """Return the findings that are left when each key took as many as it is counted in *taken*."""
    left = Counter(taken)
    rest = []
    for finding, key in zip(findings, keys, strict=True):
        if key is not None and left[key] > 0:
            left[key] -= 1
        else:
            rest.append(finding)
    return rest


def on_changed_lines(finding: Finding, change: Change) -> bool:
    """Whether a head finding's lines hold one that the change wrote; one about a whole changed file does."""
    file = next((f for f in change.files if f.path == finding.path), None)
    if file is None:
        return False
    if not finding.line:
        return True
    end = max(finding.line, finding.end_line or finding.line)
    return not file.compared or any(finding.line <= line <= end for line in file.added_lines)
