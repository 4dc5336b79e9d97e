"""The tree that a command judges: the head's code, with the base's say in what is checked."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby

from gates.cache import key_of
from gates.change import Change, Entry, Snapshot
from gates.foreign import node
from gates.foreign.globs import matcher
from gates.foreign.judging_files import MANIFESTS
from gates.foreign.scripts import scripts
from gates.foreign.settings import CommandSettings
from gates.testrun.trees import Overlay
from gates.verdict import Finding, Severity

_MANIFEST = "package.json"
_LARGEST_MANIFEST = 5 * 1024 * 1024


@dataclass(frozen=True)
class Patched:
    """A snapshot in which some files have another content."""

    below: Snapshot
    contents: Mapping[str, bytes]

    @cached_property
    def id(self) -> str:
        """A name for the content."""
        return "patched-" + key_of(self.below.id, {p: e.blob for p, e in self._entries.items()})

    @cached_property
    def entries(self) -> Mapping[str, Entry]:
        """Every path with what it is."""
        return {**self.below.entries, **self._entries}

    @cached_property
    def _entries(self) -> dict[str, Entry]:
        return {
            path: replace(self.below.entries[path], blob=hashlib.sha256(content).hexdigest(), size=len(content))
            for path, content in self.contents.items()
        }

    def read(self, path: str) -> bytes:
        """Return a file's content. Raises ``KeyError`` for a path that is not there."""
        return self.contents[path] if path in self.contents else self.below.read(path)

    def read_many(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield each path with its content."""
        for patched, group in groupby(paths, self.contents.__contains__):
            if patched:
                yield from ((path, self.contents[path]) for path in group)
            else:
                yield from self.below.read_many(list(group))


def judged_tree(change: Change, command: CommandSettings) -> tuple[Snapshot, list[Finding]]:
    """Return the tree to run on for the head, and a finding for each edit that did not count or that may matter."""
    from_base = _chosen(command)
    merged, findings = _merged_manifests(change, from_base)
    overlay = Overlay(change.head, change.base, from_base)
    tree: Snapshot = Patched(overlay, merged) if merged else overlay
    return tree, [*_edits(change, from_base), *findings]


def _chosen(command: CommandSettings) -> Callable[[str], bool]:
    """Return which paths come from the base: by glob, and the scripts that the command itself executes."""
    by_glob = matcher(command.judging)
    executed = scripts(command.setup) | scripts(command.run)
    return lambda path: path in executed or by_glob(path)


def _merged_manifests(change: Change, from_base: Callable[[str], bool]) -> tuple[dict[str, bytes], list[Finding]]:
    merged: dict[str, bytes] = {}
    findings = []
    for file in change.present():
        path = file.path
        if (
            posixpath.basename(path) != _MANIFEST
            or from_base(path)
            or change.head.entries[path].size > _LARGEST_MANIFEST
        ):
            continue
        before = change.base.entries.get(path)
        content, edited = node.merge(
            change.base.read(path) if before is not None and before.is_file else None, change.head.read(path)
        )
        if edited:
            merged[path] = content
            text = f"The change edits {', '.join(edited)} in {_MANIFEST}. The base's was used."
            findings.append(Finding(path, None, "from-base", text, Severity.NOTE))
    return merged, findings


def _edits(change: Change, from_base: Callable[[str], bool]) -> Iterator[Finding]:
    is_manifest = matcher(MANIFESTS)
    for file in change.files:
        for path in dict.fromkeys(p for p in (file.path, file.old_path) if p is not None):
            if from_base(path):
                text = "The change edits a file that decides what the command checks. The base's was used."
                yield Finding(path, None, "from-base", text, Severity.NOTE)
            elif is_manifest(path):
                text = "The change edits this manifest, which may change what the command checks. Read it."
                yield Finding(path, None, "manifest-edited", text, Severity.WARNING)
