"""The lines that findings point at, out of the clone that the reviews were made from. Nothing is fetched."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.git import git_command, git_environment

AROUND = 3
"""How many lines are shown before and after those of a finding."""
MOST_FILES = 20
_MOST_BYTES = 2_000_000
_LONGEST = 240
_MOST_LINES = 14
_SECONDS = 2.0
_KEPT = 64
_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")
_COMMIT = re.compile("[0-9a-f]{40}(?:[0-9a-f]{24})?")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a difference: its numbers in the base and the head (``None`` where it is not in it)."""

    old: int | None
    new: int | None
    text: str

    @property
    def sign(self) -> str:
        """``+`` for an added line, ``-`` for a removed one, a blank for one of both sides."""
        return "+" if self.old is None else "-" if self.new is None else " "


Diffs = Mapping[str, Sequence[Line]]
"""The lines of each file's difference, by its path."""


class DiffReader:
    """Reads differences of a clone, and keeps the last few: those between two commits never change."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str, str, tuple[str, ...]], Diffs] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, clone: Path, base: str, head: str, paths: Iterable[str]) -> Diffs:
        """Return the differences of those *paths* that can be told here; nothing where the clone is elsewhere.

        A review is readable without them, so nothing that goes wrong here is raised.
        """
        wanted = tuple(sorted(path for path in set(paths) if _is_inside(path)))[:MOST_FILES]
        if not wanted or not (_COMMIT.fullmatch(base) and _COMMIT.fullmatch(head)) or not clone.is_dir():
            return {}
        key = (str(clone), base, head, wanted)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        found = _read(clone, base, head, wanted)
        if found is None:
            return {}
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return found


def _is_inside(path: str) -> bool:
    """Whether git takes it for a path in the repository; for one that it does not it would tell of none at all."""
    return bool(path) and "\0" not in path and not {"", ".", ".."} & set(path.split("/"))


def _read(clone: Path, base: str, head: str, paths: Sequence[str]) -> Diffs | None:
    """Return the differences; ``None`` where git cannot tell them now."""
    shape = ("diff-tree", "-r", "-p", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-color", f"-U{AROUND}")
    command = git_command(clone, "--literal-pathspecs", *shape, "-z", base, head, "--", *paths)
    try:
        patch = _first_bytes(command)
    except (OSError, ValueError):
        return None
    return None if patch is None else parse(os.fsdecode(patch), paths)


def _first_bytes(command: Sequence[str]) -> bytes | None:
    """Return what git says; ``None`` where it fails, takes long, or says more than a page can show."""
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=quiet, stdout=subprocess.PIPE, stderr=quiet, env=git_environment()) as process:
        ending = threading.Timer(_SECONDS, process.kill)
        ending.start()
        try:
            said = process.stdout.read(_MOST_BYTES + 1) if process.stdout else b""
            if len(said) > _MOST_BYTES:
                process.kill()
        finally:
            status = process.wait()
            ending.cancel()
    return None if status or len(said) > _MOST_BYTES else said


def parse(patch: str, paths: Sequence[str]) -> Diffs:
    """Return the lines of a patch by file. Files are told apart by the names that were asked for."""
    found: dict[str, list[Line]] = {}
    openings = {f"diff --git {_named('a', path)} {_named('b', path)}": path for path in paths}
    lines: list[Line] | None = None
    old = new = 0
    inside = False
    for text in patch.split("\n"):
        if text.startswith("diff --git "):
            path = openings.get(text)
            lines, inside = (found.setdefault(path, []) if path is not None else None), False
        elif lines is None:
            continue
        elif hunk := _HUNK.match(text):
            old, new, inside = int(hunk[1]), int(hunk[2]), True
        elif inside and text[:1] in (" ", "+", "-"):
            lines.append(Line(None if text[0] == "+" else old, None if text[0] == "-" else new, text[1:][:_LONGEST]))
            old, new = old + (text[0] != "+"), new + (text[0] != "-")
    return found


_ACTING = re.compile(r'["\\\x00-\x1f\x7f]')
_LETTERS = dict(zip('\a\b\t\n\v\f\r"\\', 'abtnvfr"\\', strict=True))


def _named(side: str, path: str) -> str:
    """Return a path as git writes it, which puts odd ones in quotes."""
    name = f"{side}/{path}"
    if not _ACTING.search(name):
        return name
    return '"' + _ACTING.sub(lambda m: "\\" + _LETTERS.get(m[0], f"{ord(m[0]):03o}"), name) + '"'


def near(diffs: Diffs, path: str | None, first: int | None, last: int | None) -> Sequence[Line]:
    """Return the lines around those that a finding names, in the head's numbers; else in the base's."""
    lines = diffs.get(path, ()) if path is not None else ()
    if first is None or not lines:
        return ()
    until = max(first, last or first)
    for side in ("new", "old"):
        at = [index for index, line in enumerate(lines) if first <= (getattr(line, side) or 0) <= until]
        if at:
            start, end = max(0, at[0] - AROUND), at[-1] + AROUND + 1
            return _of_one_hunk(lines[start:end], at[0] - start)[:_MOST_LINES]
    return ()


def _of_one_hunk(lines: Sequence[Line], at: int) -> Sequence[Line]:
    """Return those lines around the one at *at* between which the file leaves nothing out."""
    start = at
    while start > 0 and _follows(lines[start - 1], lines[start]):
        start -= 1
    end = at + 1
    while end < len(lines) and _follows(lines[end - 1], lines[end]):
        end += 1
    return lines[start:end]


def _follows(one: Line, other: Line) -> bool:
    """Whether a line stands right after another, on a side that both are on; changed ones follow what they change."""
    sides = ((one.old, other.old), (one.new, other.new))
    both = [(before, after) for before, after in sides if before is not None and after is not None]
    return all(after == before + 1 for before, after in both) if both else True
