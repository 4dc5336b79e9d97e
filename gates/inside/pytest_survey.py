"""One run of all tests that notes which lines of the changed files each of them runs."""

from __future__ import annotations

import dis
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from gates.inside import pytest_child
    from gates.inside.pytest_recorder import Frame, short_id
else:
    import pytest_child
    from pytest_recorder import Frame, short_id

_LOADING = ""
_realpath = os.path.realpath  # a test may replace it


class Chosen(Frame):
    """Keeps the tests of the given ids (as ``short_id`` writes them)."""

    def __init__(self, tests: list[str], job: dict[str, Any]) -> None:
        super().__init__(job)
        self._tests = frozenset(tests)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """Drop all others."""
        items[:] = [item for item in items if short_id(item.nodeid) in self._tests]


class Lines:
    """A trace function for the lines of a few files."""

    def __init__(self, root: Path, files: dict[str, list[int]]) -> None:
        real = os.path.realpath(root)
        self._names: dict[str, str | None] = {f"{real}{os.sep}{path}": path for path in files}
        self._wanted = {path: frozenset(lines) for path, lines in files.items()}
        self.current = _LOADING
        self.seen: dict[str, dict[str, set[int]]] = {}
        self._known: dict[tuple[str, Any], set[int]] = {}

    def start(self) -> None:
        """Watch this thread and those started from now on."""
        threading.settrace(self._call)
        sys.settrace(self._call)

    def _call(self, frame: Any, event: str, argument: Any) -> Any:
        name = frame.f_code.co_filename
        if name not in self._names:  # tests/../src/m.py is what a path put together in a conftest looks like
            self._names[name] = self._names.get(_realpath(name))
        path = self._names[name]
        if path is None:
            return None
        seen = self.seen.setdefault(self.current, {}).setdefault(path, set())
        # Watching costs time, which tests may measure: a function is left alone once all its lines were seen.
        left = self._lines_of(frame.f_code, path) - seen
        if not left:
            return None

        def line(frame: Any, event: str, argument: Any) -> Any:
            if event == "line" and frame.f_lineno in left:
                seen.add(frame.f_lineno)
                left.discard(frame.f_lineno)
            return line if left else None

        return line

    def _lines_of(self, code: Any, path: str) -> set[int]:
        known = self._known.get((path, code))
        if known is None:
            lines = {line for _, line in dis.findlinestarts(code) if line is not None}
            known = self._known[path, code] = lines & self._wanted[path]
        return set(known)

    def of(self, test: str) -> dict[str, list[int]]:
        """Return the lines that a test ran, by file."""
        return {path: sorted(lines) for path, lines in self.seen.get(test, {}).items()}


class Survey(Frame):
    """Notes each test's outcome, time and lines."""

    def __init__(self, lines: Lines, job: dict[str, Any]) -> None:
        super().__init__(job)
        self._lines = lines
        self.tests: dict[str, dict[str, Any]] = {}
        self.uncollected: list[str] = []

    def pytest_collectreport(self, report: Any) -> None:
        """Note a file that cannot be collected."""
        if report.outcome == "failed":
            self.uncollected.append(short_id(report.nodeid))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: Any) -> None:
        """Note which tests there are."""
        for item in session.items:
            self.tests[short_id(item.nodeid)] = {"outcome": "missing", "seconds": 0.0}

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: Any) -> Iterator[None]:
        """Attribute what runs now to this test; a debugger's or a test's own trace function is put back."""
        self._lines.current = short_id(item.nodeid)
        self._lines.start()
        yield
        self._lines.current = _LOADING

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Note how a phase went."""
        test = self.tests[short_id(report.nodeid)]
        test["seconds"] += report.duration
        if report.outcome == "failed":
            test["outcome"] = "failed"
        elif test["outcome"] == "missing":
            if report.outcome == "skipped":
                test["outcome"] = "skipped"
            elif report.when == "call":
                test["outcome"] = "other" if hasattr(report, "wasxfail") else "passed"


def run(copy: Path, job: dict[str, Any], told: Callable[[bytes], None]) -> int:
    """Run all tests in *copy*, tell what was noted as one JSON text, and return pytest's exit status."""
    lines = Lines(copy, job["files"])
    survey = Survey(lines, job)
    lines.start()
    code = int(pytest.main(pytest_child.arguments(copy, {**job, "files": []}), plugins=[survey]))
    sys.settrace(None)
    for name, test in survey.tests.items():
        test["lines"] = lines.of(name)
    text = {
        "tests": survey.tests,
        "loaded": lines.of(_LOADING),
        "modules": pytest_child.imported(copy),
        "uncollected": survey.uncollected,
    }
    told(json.dumps(text).encode("ascii"))
    return code
