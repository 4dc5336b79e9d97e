"""What a run of tests said, put together from the records of ``gates/inside/run_pytest.py``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

# pytest's exit codes after which there is no result to read (_pytest/config/__init__.py, ExitCode).
_UNUSABLE_EXITS = {3: "pytest failed internally", 4: "pytest refused its command line or configuration"}
_ALL_PASSED = 0
_TOO_LATE = "the tests did not finish in the time given"


class TestOutcome(StrEnum):
    """How one test ended."""

    __test__ = False

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"
    XFAILED = "xfailed"
    XPASSED = "xpassed"
    MISSING = "missing"

    @property
    def is_good(self) -> bool:
        """Whether the test ran and found nothing wrong."""
        return self in (TestOutcome.PASSED, TestOutcome.XPASSED)

    @property
    def is_bad(self) -> bool:
        """Whether the test found something wrong, or never came to an end."""
        return self in (TestOutcome.FAILED, TestOutcome.ERROR, TestOutcome.MISSING)


@dataclass(frozen=True)
class TestResult:
    """One test: its outcome, the last thing its error said, and the tree's lines that the error came through.

    ``origin`` is the function it is made of, written like an id; it differs where a class inherits its tests.
    """

    __test__ = False

    id: str
    outcome: TestOutcome
    message: str = ""
    trace: tuple[tuple[str, int], ...] = ()
    seconds: float = 0.0
    origin: str = ""

    @property
    def path(self) -> str:
        """The test file."""
        return self.id.partition("::")[0]

    @property
    def function(self) -> str:
        """The test's id without its parameters."""
        return self.id.partition("[")[0]


@dataclass(frozen=True)
class TestRun:
    """A whole run.

    ``problem`` says why the run did not come to its proper end (it hung, died, was stopped), ``None`` where it did;
    tests that had not reported by then are ``MISSING``. ``running`` is the test that was running at that moment.
    ``uncollected`` maps files to the reason why their tests could not be found. ``distrust`` says why nothing that
    the run reported can be believed. ``limit`` is the wall time in seconds that the run was given.
    """

    __test__ = False

    tests: Mapping[str, TestResult] = field(default_factory=dict)
    uncollected: Mapping[str, str] = field(default_factory=dict)
    problem: str | None = None
    running: str | None = None
    distrust: tuple[str, ...] = ()
    seconds: float = 0.0
    limit: float = 0.0

    @property
    def timed_out(self) -> bool:
        """Whether the run's time was used up."""
        return self.problem == _TOO_LATE

    def with_outcome(self, *outcomes: TestOutcome) -> list[TestResult]:
        """Return the tests that ended in one of *outcomes*, in the order in which they ran."""
        return [t for t in self.tests.values() if t.outcome in outcomes]

    @property
    def good(self) -> list[TestResult]:
        """The tests that ran and found nothing wrong."""
        return [t for t in self.tests.values() if t.outcome.is_good]

    def as_json(self) -> dict[str, Any]:
        """Return a JSON value that ``from_json`` reads."""
        return {
            "tests": [
                [t.id, t.outcome.value, t.message, [list(f) for f in t.trace], t.seconds, t.origin]
                for t in self.tests.values()
            ],
            "uncollected": dict(self.uncollected),
            "problem": self.problem,
            "running": self.running,
            "distrust": list(self.distrust),
            "seconds": self.seconds,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> TestRun:
        """Read what ``as_json`` wrote."""
        tests = (
            TestResult(name, TestOutcome(outcome), message, tuple((p, n) for p, n in trace), seconds, origin)
            for name, outcome, message, trace, seconds, origin in value["tests"]
        )
        return cls(
            {t.id: t for t in tests},
            value["uncollected"],
            value["problem"],
            value["running"],
            tuple(value["distrust"]),
            value["seconds"],
        )


@dataclass
class _Phases:
    """What has been heard of one test so far."""

    origin: str = ""
    outcome: TestOutcome | None = None
    message: str = ""
    trace: tuple[tuple[str, int], ...] = ()
    seconds: float = 0.0
    ended: bool = False

    def hear(self, record: Mapping[str, Any]) -> None:
        """Take one ``phase`` record; what is bad is not made good by a later phase."""
        self.seconds += float(record["seconds"])
        outcome = _phase_outcome(record)
        if outcome is None or (self.outcome is not None and self.outcome.is_bad):
            return
        self.outcome = outcome
        if outcome is not TestOutcome.PASSED:
            self.message = str(record.get("message", ""))
            self.trace = tuple((str(p), int(n)) for p, n in record.get("trace", ()))


def _phase_outcome(record: Mapping[str, Any]) -> TestOutcome | None:
    """Return what a phase says about its test, ``None`` where it says nothing."""
    outcome, when, xfail = record["outcome"], record["when"], bool(record.get("xfail"))
    if outcome == "failed":
        return TestOutcome.FAILED if when == "call" else TestOutcome.ERROR
    if outcome == "skipped":
        return TestOutcome.XFAILED if xfail else TestOutcome.SKIPPED
    if outcome == "passed" and when == "call":
        return TestOutcome.XPASSED if xfail else TestOutcome.PASSED
    return None


def assemble(records: Iterable[Mapping[str, Any]], stopped: str | None = None) -> TestRun:
    """Put a run together from its records. *stopped* says why they ended early, where they did.

    A record that does not have the form it should have counts as forged: the run is then not believed.
    """
    heard = _Heard()
    for record in records:
        try:
            heard.take(record)
        except (KeyError, TypeError, ValueError):
            heard.malformed += 1
    return heard.run(stopped)


class _Heard:
    """All that a run's records said, in one pass."""

    def __init__(self) -> None:
        self.tests: dict[str, _Phases] = {}
        self.uncollected: dict[str, str] = {}
        self.collected: int | None = None
        self.running: str | None = None
        self.exit: int | None = None
        self.internal: str | None = None
        self.tampered: list[str] = []
        self.finish: Mapping[str, Any] | None = None
        self.malformed = 0

    def take(self, record: Mapping[str, Any]) -> None:
        """Take one record. Raises ``KeyError``, ``TypeError`` or ``ValueError`` for one of a wrong form."""
        getattr(self, _TAKERS[record["k"]])(record)

    def take_item(self, record: Mapping[str, Any]) -> None:
        """A test was found."""
        self.tests[str(record["id"])] = _Phases(origin=str(record["origin"]))

    def take_uncollected(self, record: Mapping[str, Any]) -> None:
        """A file could not be collected."""
        self.uncollected[str(record["id"])] = f"{_SAID[record['outcome']]}: {record['message']}"

    def take_collected(self, record: Mapping[str, Any]) -> None:
        """All tests were found."""
        self.collected = int(record["n"])

    def take_start(self, record: Mapping[str, Any]) -> None:
        """A test begins."""
        self.running = str(record["id"])

    def take_phase(self, record: Mapping[str, Any]) -> None:
        """A test was set up, called, or torn down."""
        self.tests.setdefault(str(record["id"]), _Phases()).hear(record)

    def take_end(self, record: Mapping[str, Any]) -> None:
        """A test is over."""
        self.tests[str(record["id"])].ended = True
        self.running = None

    def take_tampered(self, record: Mapping[str, Any]) -> None:
        """The guard speaks."""
        self.tampered = [str(name) for name in record["names"]]

    def take_internal(self, record: Mapping[str, Any]) -> None:
        """Something in pytest itself failed."""
        self.internal = str(record["message"])

    def take_done(self, record: Mapping[str, Any]) -> None:
        """The child is done."""
        self.exit = int(record["exit"])

    def take_finish(self, record: Mapping[str, Any]) -> None:
        """The reporter's last word."""
        self.finish = record

    def run(self, stopped: str | None) -> TestRun:
        """Return the run."""
        problem = stopped or self._problem()
        return TestRun(
            tests={name: self._result(name, phases) for name, phases in self.tests.items()},
            uncollected=self.uncollected,
            problem=problem,
            running=self.running if problem else None,
            distrust=tuple(self._distrust()),
            seconds=sum(p.seconds for p in self.tests.values()),
        )

    def _result(self, name: str, phases: _Phases) -> TestResult:
        outcome = phases.outcome if phases.ended and phases.outcome is not None else TestOutcome.MISSING
        return TestResult(name, outcome, phases.message, phases.trace, round(phases.seconds, 4), phases.origin)

    def _problem(self) -> str | None:
        """Return why the run did not come to its proper end, or ``None``."""
        finish = self.finish
        if finish is None:
            return "the run ended before it had reported everything"
        if finish["timeout"]:
            return _TOO_LATE
        if finish["flood"]:
            return "the tests reported more than any real suite does"
        status = finish["status"]
        if self.exit is None:
            why = f" ({self.internal})" if self.internal else ""
            return f"the process that ran the tests ended by itself with {_status(status)} before it was done{why}"
        if status != self.exit:
            return f"pytest reported exit status {self.exit}, but its process ended with {_status(status)}"
        if self.exit in _UNUSABLE_EXITS:
            return f"{_UNUSABLE_EXITS[self.exit]}{f' ({self.internal})' if self.internal else ''}"
        if self.collected is None:
            return "pytest never said which tests it had found"
        return None

    def _distrust(self) -> list[str]:
        reasons = [f"pytest was altered while it ran: {name}" for name in self.tampered]
        forged = self.malformed + int(self.finish["forged"] if self.finish else 0)
        if forged:
            reasons.append(f"{forged} line(s) among the results came from something other than the test runner")
        if (
            self.exit == _ALL_PASSED
            and self.finish
            and any(p.outcome is not None and p.outcome.is_bad for p in self.tests.values())
        ):
            reasons.append("pytest's exit status says that all tests passed, its reports say that some failed")
        return reasons


_TAKERS = {name.removeprefix("take_"): name for name in vars(_Heard) if name.startswith("take_")}
_SAID = {"failed": "could not be collected", "skipped": "was skipped as a whole"}


def _status(status: int | None) -> str:
    if status is None:
        return "an unknown status"
    return f"signal {-status}" if status < 0 else f"exit status {status}"
