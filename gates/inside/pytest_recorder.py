"""The pytest plug-in that sees each test's outcome; given to pytest as an object, never by name.

Records: ``item`` (a collected test), ``uncollected`` (a file that failed or was skipped while it was collected),
``collected`` (how many), ``start``, ``phase`` and ``end`` of each test.
"""

from __future__ import annotations

import hashlib
import inspect
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from _pytest.outcomes import Exit, Skipped

if TYPE_CHECKING:
    from gates.inside import pytest_child
    from gates.inside.pytest_guard import Guard
else:
    import pytest_child
    from pytest_guard import Guard

_MESSAGE = 600
_ID = 700
_FRAMES = 12


class Canary(pytest.Item):
    """A test that always fails: where it is reported as anything else, the reports are worth nothing."""

    def runtest(self) -> None:
        """Fail."""
        raise AssertionError("canary")

    def repr_failure(self, excinfo: Any, style: Any = None) -> str:
        """Return a short text; pytest's own costs a tenth of a second."""
        return "canary"

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Return where it is, for messages."""
        return self.path, None, self.name


class Frame:
    """What every run has: the tree is importable in time, and no summary is made."""

    def __init__(self, job: dict[str, Any]) -> None:
        self._plugins: list[str] = job["plugins"]
        self._markers: list[str] = job["markers"]

    @pytest.hookimpl(tryfirst=True)
    def pytest_load_initial_conftests(self, early_config: Any) -> None:
        """Let the tree in, now that the installed plug-ins are loaded, and then plug-ins that the base keeps in it."""
        pytest_child.open_tree()
        for name in self._plugins:
            early_config.pluginmanager.import_plugin(name)

    def pytest_configure(self, config: Any) -> None:
        """Declare the head's marks too: under ``--strict-markers`` an unknown one would stop its file."""
        for line in self._markers:
            config.addinivalue_line("markers", line)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: Any) -> None:
        """Leave out the summary: nobody reads it, and some plug-ins import much to write theirs."""
        manager = session.config.pluginmanager
        nobody = manager.subset_hook_caller("pytest_terminal_summary", manager.get_plugins())
        session.config.hook.pytest_terminal_summary = nobody


class Recorder(Frame):
    """Tells what pytest does with each test, and watches that pytest itself stays as it was."""

    def __init__(self, say: Callable[[Any], None], root: Path, job: dict[str, Any]) -> None:
        super().__init__(job)
        self._root = os.path.realpath(root)
        self._guard = Guard(self._root)
        self._raised: dict[str, BaseException] = {}
        self._traces: dict[tuple[str, str], list[list[Any]]] = {}
        self._select = frozenset(job["select"])
        self._lied: list[str] = []
        self._emit = say

    def tampered(self) -> list[str]:
        """Return what was found changed, by name."""
        return sorted({*self._guard.changed(), *self._lied})

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, config: Any, items: list[Any]) -> None:
        """Keep the selected tests; all of a parametrised function's cases count as it."""
        if not self._select:
            return
        kept = [
            i for i in items if not self._select.isdisjoint((i.nodeid, i.nodeid.partition("[")[0], self._origin(i)))
        ]
        chosen = set(kept)
        gone = [i for i in items if i not in chosen]
        if gone:
            config.hook.pytest_deselected(items=gone)
        items[:] = kept

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: Any) -> None:
        """Say which tests there are."""
        for item in session.items:
            self._emit({"k": "item", "id": short_id(item.nodeid), "origin": short_id(self._origin(item))})
        self._emit({"k": "collected", "n": len(session.items)})

    def pytest_collectreport(self, report: Any) -> None:
        """Say which files could not be collected."""
        if report.outcome == "passed":
            return
        message = self._message(report)
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
            record["message"] = self._message(report)
            record["trace"] = self._traces.pop((report.nodeid, report.when), [])
        self._emit(record)

    def pytest_internalerror(self, excrepr: Any) -> None:
        """Say that pytest itself failed."""
        self._emit({"k": "internal", "message": _cut(str(excrepr).strip().splitlines()[-1:])})

    def _origin(self, item: Any) -> str:
        """Return where a test function is written, in the form of its id; "" where that cannot be told.

        A method that a class inherits is collected under the class, and written elsewhere.
        """
        outer: Any = getattr(item, "function", None)
        function: Any = inspect.unwrap(outer) if callable(outer) else None
        path = getattr(getattr(function, "__code__", None), "co_filename", "")
        if not path.startswith(self._root + os.sep):
            return ""
        return "::".join((path[len(self._root) + 1 :], *function.__qualname__.split(".")))

    def _seen(self, item: Any, when: str, outcome: Any) -> None:
        info = outcome.excinfo
        if info is not None and not isinstance(info[1], (Skipped, Exit)):
            self._raised[f"{item.nodeid}::{when}"] = info[1]

    def _message(self, report: Any) -> str:
        return _last_words(report).replace(self._root + os.sep, "")

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


def _last_words(report: Any) -> str:
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
