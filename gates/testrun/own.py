"""The trees in which a head's own tests run: their files are the head's, what judges them is the base's."""

from __future__ import annotations

from dataclasses import dataclass

from gates.change import Change, Snapshot, Status
from gates.testconfig import read_pytest_config
from gates.testfiles import TestLayout
from gates.testrun.conftest_rules import bound_names, objection
from gates.testrun.manifest import is_manifest
from gates.testrun.trees import Overlay
from gates.verdict import Finding, Severity

_CONFTEST = "conftest.py"
# What no test can depend on, by the file's ending.
_PROSE = (".md", ".rst", ".adoc", ".txt", ".png", ".svg", ".jpg", ".gif")


@dataclass(frozen=True)
class OwnTrees:
    """``head`` is the head's code, ``base`` the base's, both with the head's tests and their support files.

    Configuration and ``conftest.py`` are the base's in both, save for those ``conftest.py`` files that only add to
    the base's: ``added`` names these, ``findings`` tells of the others. A manifest goes with its side's code; pytest
    is told the base's, and the ``markers`` that the head declares beside it: a mark by itself does nothing.
    """

    head: Snapshot
    base: Snapshot
    added: tuple[str, ...]
    findings: tuple[Finding, ...]
    markers: tuple[str, ...] = ()


def own_trees(change: Change, layout: TestLayout) -> OwnTrees:
    """Build both trees; *layout* must know the head's directories of tests as well."""
    added, findings = _conftests(change)

    def ruled(path: str) -> bool:
        return layout.is_runner_config(path) and path not in added

    def brought(path: str) -> bool:
        return layout.judges(path) and not ruled(path)

    def replaced(path: str) -> bool:
        return ruled(path) and not is_manifest(path)

    declared = read_pytest_config(change.base).lines("markers")
    markers = tuple(line for line in read_pytest_config(change.head).lines("markers") if line not in declared)
    return OwnTrees(
        Overlay(change.head, change.base, replaced),
        Overlay(change.base, change.head, brought),
        added,
        findings,
        markers,
    )


def code_paths(change: Change, layout: TestLayout) -> list[str]:
    """Return the changed paths that are neither tests, nor configuration of their runner, nor prose."""
    return [f.path for f in change.files if not layout.judges(f.path) and not f.path.lower().endswith(_PROSE)]


def _conftests(change: Change) -> tuple[tuple[str, ...], tuple[Finding, ...]]:
    """Return the changed ``conftest.py`` files that only add, and a finding for each of the others."""
    added, findings = [], []
    names = {
        path: bound_names(change.base.read(path))
        for path, entry in change.base.entries.items()
        if _is_conftest(path) and entry.is_file
    }
    for file in change.files:
        if not _is_conftest(file.path):
            continue
        entry = change.head.entries.get(file.path) if file.status is not Status.DELETED else None
        if entry is None or not entry.is_file:
            findings.append(_finding(file.path, None, "it is gone"))
            continue
        before = change.base.entries.get(file.path)
        base = change.base.read(file.path) if before is not None and before.is_file else None
        others = (name for path, bound in names.items() if path != file.path for name in bound)
        problem = objection(base, change.head.read(file.path), others)
        if problem is None:
            added.append(file.path)
        else:
            findings.append(_finding(file.path, *problem))
    return tuple(added), tuple(findings)


def _is_conftest(path: str) -> bool:
    return path.rpartition("/")[2] == _CONFTEST


def _finding(path: str, line: int | None, why: str) -> Finding:
    message = f"The change does more to {path} than add fixtures: {why}. The base's was used in its place."
    return Finding(path, line, "conftest-changed", message, Severity.WARNING)
