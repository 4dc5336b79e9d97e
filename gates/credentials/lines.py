"""The lines of a change in which a credential would be new."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from gates.change import Change, FileChange, is_binary
from gates.diff import split_lines
from gates.sandbox.spec import MIB
from gates.verdict import Finding, Severity

BASELINE = ".secrets.baseline"
MAX_FILE_BYTES = 2 * MIB

# Files full of digests: only credentials with a form of their own are looked for in them.
_DIGESTS = (
    "*.lock", "*.sum", "*-lock.json", "*.lock.json", "*-lock.yaml", "*.resolved", "*.lockb", "*.svg", "*.map", "*.css",
    "*.min.js", "*.ipynb", BASELINE, "*sha256*", "*checksums*", "requirements*.txt",
)  # fmt: skip
# What the keyword detector should take a file for that it does not know by its name.
_LIKE_PROPERTIES = (
    ".env",
    ".env.*",
    "*.env",
    "*.yml",
    "*.yaml",
    ".netrc",
    ".pypirc",
    ".npmrc",
    "*.config",
    "credentials",
    "dockerfile*",
)
_ALLOWED = re.compile(r"pragma: ?(?:allow|white)list[ -](?:nextline[ -])?secret")
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class Unit:
    """One file's new lines with their numbers; ``name`` and ``loose`` as ``inside/scan_secrets.py`` takes them."""

    path: str
    old_path: str | None
    name: str
    loose: bool
    numbers: tuple[int, ...]
    lines: tuple[str, ...]

    def allowances(self) -> Iterator[Finding]:
        """Yield a finding for each new comment that tells a scanner to look away; this one does not obey it."""
        for number, line in zip(self.numbers, self.lines, strict=True):
            if _ALLOWED.search(line):
                message = "The change tells secret scanners to overlook a line. It was scanned all the same."
                yield Finding(self.path, number, "secret-allowlisted", message, Severity.WARNING)


def units(change: Change) -> tuple[list[Unit], list[Finding]]:
    """Return what to scan of a change, and findings about files left out: binary (a note) or too large (an error).

    A line that the change took away somewhere is moved, not new, where it appears again.
    """
    moved = _removed(change)
    found: list[Unit] = []
    notes: list[Finding] = []
    for file in change.present():
        text = _text(change.head.read(file.path))
        if text is None:
            notes.append(_left_out(file, "is binary", Severity.NOTE))
            continue
        if change.head.entries[file.path].size > MAX_FILE_BYTES:
            notes.append(_left_out(file, f"is larger than {MAX_FILE_BYTES // MIB} MB", Severity.ERROR))
            continue
        unit = _unit(file, text, moved)
        if unit.lines:
            found.append(unit)
    return found, notes


def _unit(file: FileChange, text: str, moved: frozenset[str]) -> Unit:
    lines = [
        (number, line)
        for number, line in enumerate(text.split("\n"), 1)
        if file.touches(number) and line.strip() and line.strip() not in moved
    ]
    name = file.path.rpartition("/")[2].lower()
    loose = not any(fnmatchcase(name, glob) for glob in _DIGESTS)
    taken_for = "file.properties" if any(fnmatchcase(name, glob) for glob in _LIKE_PROPERTIES) else name
    return Unit(file.path, file.old_path, taken_for, loose, tuple(n for n, _ in lines), tuple(t for _, t in lines))


def _text(content: bytes) -> str | None:
    """Return the content as text; UTF-16 holds null bytes, so it must not pass for binary."""
    if content.startswith(_UTF_16):
        return content.decode("utf-16", "replace")
    return None if is_binary(content) else content.decode("utf-8", "replace")


def _removed(change: Change) -> frozenset[str]:
    found: set[str] = set()
    for file in change.files:
        entry = change.base.entries.get(file.old_path) if file.old_path else None
        if file.old_path and entry and entry.is_file and file.removed_lines:
            lines = split_lines(change.base.read(file.old_path))
            found.update(lines[n - 1].decode("utf-8", "replace").strip() for n in file.removed_lines if n <= len(lines))
    return frozenset(found)


def _left_out(file: FileChange, why: str, severity: Severity) -> Finding:
    return Finding(file.path, None, "secrets-not-scanned", f"The file {why}: it was not scanned.", severity)
