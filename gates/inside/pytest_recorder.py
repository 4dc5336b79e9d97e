"""The pytest plug-in that sees each test's outcome; given to pytest as an object, never by name.

Records: ``item`` (a collected test), ``uncollected`` (a file that failed or was skipped while it was collected),
``collected`` (how many), ``start``, ``phase`` and ``end`` of each test.
"""

from __future__ import annotations

import hashlib
import os
from typing import Any, Callable, Iterator

import pytest
import pytest_guard
from _pytest.outcomes import Exit, Skipped

_MESSAGE = 600
_ID = 700
_FRAMES = 12


class Canary(pytest.Item):
    """A test that always fails: where it is reported as anything else, the reports are worth nothing."""

    def runtest(self) -> None:
        """Fail."""
        raise AssertionError("canary")

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Return where it is, for messages."""
        return self.path, None, self.name


class Recorder:
    """Tells what pytest does with each test, and watches that pytest itself stays as it was."""

    def __init__(self, say: Callable[[Any], None], root: str, select: list[str]) -> None:
        say_ = say
        self._root = os.path.realpath(root)
        self._guard = pytest_guard.Guard(self._root)
        self._raised: dict[str, BaseException] = {}
        self._traces: dict[tuple[str, str], list[list[Any]]] = {}
        self._select = frozenset(select)
        self._lied: list[str] = []
        # The way out is a local of a closure, not an attribute that a search by name finds.
        self._emit = lambda record: say_(record)

    def tampered(self) -> list[str]:
        """Return what was found changed, by name."""
        return sorted({*self._guard.changed(), *self._lied})

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, config: Any, items: list[Any]) -> None:
        """Keep the selected tests; all of a parametrised function's cases count as it."""
        if not self._select:
            return
        kept = [i for i in items if i.nodeid in self._select or i.nodeid.partition("[")[0] in self._select]
        gone = [i for i in items if i not in set(kept)]
        if gone:
            config.hook.pytest_deselected(items=gone)
        items[:] = kept

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: Any) -> None:
        """Say which tests there are."""
        for item in session.items:
            self._emit({"k": "item", "id": short_id(item.nodeid)})
        self._emit({"k": "collected", "n": len(session.items)})

    def pytest_collectreport(self, report: Any) -> None:
        """Say which files could not be collected."""
        if report.outcome == "passed":
            return
        message = _message(report)
        self._emit({"k": "uncollected", "id": short_id(report.nodeid), "outcome": report.outcome, "message": message})

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session: Any) -> Iterator[None]:
        """Show the canary to pytest before the first test and after the last."""
        if not session.config.option.collectonly:
            self._check_canary(session)
        yield
        if not session.config.option.collectonly and not session._setupstate.stack:
            self._check_canary(session)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: Any) -> Iterator[None]:
        """Frame a test's records, and look at pytest after it."""
        self._emit({"k": "start", "id": short_id(item.nodeid)})
        yield
        self._guard.look()
        self._emit({"k": "end", "id": short_id(item.nodeid)})

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: Any) -> Iterator[None]:
        """See what setting up raised."""
        self._seen(item, "setup", (yield))

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: Any) -> Iterator[None]:
        """See what the test raised."""
        self._seen(item, "call", (yield))

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item: Any, call: Any) -> Iterator[None]:
        """Keep the failing call's path through the tree; the report holds it as text only."""
        if call.excinfo is not None:
            self._traces[item.nodeid, call.when] = self._trace(call.excinfo)
        yield

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        """Say what came of a phase."""
        raised = self._raised.pop(f"{report.nodeid}::{report.when}", None)
        expected = hasattr(report, "wasxfail")
        if raised is not None and report.outcome == "passed" and not expected:
            self._lied.append(f"the report of {short_id(report.nodeid)}")
        record = {
            "k": "phase",
            "id": short_id(report.nodeid),
            "when": report.when,
            "outcome": report.outcome,
            "xfail": expected,
            "seconds": round(float(report.duration), 4),
        }
        if report.outcome not in ("passed", "rerun"):
            record["message"] = _message(report)
            record["trace"] = self._traces.pop((report.nodeid, report.when), [])
        self._emit(record)

    def pytest_internalerror(self, excrepr: Any) -> None:
        """Say that pytest itself failed."""
        self._emit({"k": "internal", "message": _cut(str(excrepr).strip().splitlines()[-1:])})

    def _seen(self, item: Any, when: str, outcome: Any) -> None:
        info = outcome.excinfo
        if info is not None and not isinstance(info[1], (Skipped, Exit)):
            self._raised[f"{item.nodeid}::{when}"] = info[1]

    def _trace(self, excinfo: Any) -> list[list[Any]]:
        """Return ``[path, line]`` of the frames within the tree, outermost first."""
        frames: list[list[Any]] = []
        prefix = self._root + os.sep
        for entry in excinfo.traceback:
            path = str(entry.path)
            if path.startswith(prefix):
                frames.append([path[len(prefix) :], entry.lineno + 1])
        return frames[-_FRAMES:]

    def _check_canary(self, session: Any) -> None:
        from _pytest.runner import runtestprotocol

        canary = Canary.from_parent(session, name="exogate-canary")
        reports = runtestprotocol(canary, log=False, nextitem=None)
        self._raised = {}
        if [(r.when, r.outcome) for r in reports if r.when == "call"] != [("call", "failed")]:
            self._lied.append("a failing test was reported as passed")


def short_id(node: str) -> str:
    """Return a node id of bounded length; long ones keep their beginning and a hash."""
    if len(node) <= _ID:
        return node
    digest = hashlib.sha256(node.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{node[:_ID]}...{digest}"


def _message(report: Any) -> str:
    """Return the last thing that an error said, in a line or two."""
    longrepr = report.longrepr
    crash = getattr(longrepr, "reprcrash", None)
    if crash is not None:
        return _cut(str(crash.message).splitlines())
    if isinstance(longrepr, tuple) and len(longrepr) == 3:
        return _cut([str(longrepr[2])])
    lines = [line for line in str(longrepr).splitlines() if line.strip()]
    wanted = [line[1:].strip() for line in lines if line.startswith("E ")]
    return _cut(wanted[-2:] or lines[-1:])


def _cut(lines: list[str]) -> str:
    return " ".join(" ".join(lines[:4]).split())[:_MESSAGE]
