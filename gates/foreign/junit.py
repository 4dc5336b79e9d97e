"""Test results in JUnit's XML, as many runners write them (there is no standard; Ant's and Maven's forms are read).

The file was written by judged code: it may be a bomb, a lie or no XML at all. A lie cannot be seen here; the rest ends
in ``ReportError``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

MOST_CASES = 200_000
MOST_DEPTH = 100
_LONGEST_NAME = 1_000
_LONGEST_MESSAGE = 300


class ReportError(ValueError):
    """A report that cannot be read; the message says why in a sentence."""


class State(StrEnum):
    """How a test ended, from best to worst."""

    PASSED = "passed"
    SKIPPED = "skipped"
    FAILED = "failed"


_WORSE = list(State)
_STATES = {"failure": State.FAILED, "error": State.FAILED, "skipped": State.SKIPPED, "disabled": State.SKIPPED}


@dataclass(frozen=True, slots=True)
class Case:
    """One test: how it ended, where it stands (as its runner says) and the failure's message."""

    state: State
    file: str | None = None
    line: int | None = None
    message: str = ""


@dataclass(frozen=True)
class JUnitReport:
    """Tests by id (``class::name``), each once with its worst end; ``counts`` says how often an id was seen."""

    cases: dict[str, Case] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)


def read(documents: Iterable[bytes], root: str = "") -> JUnitReport:
    """Read one or several reports as one. ``root`` is the directory that absolute places start with.

    Raises ``ReportError``.
    """
    target = _Cases(root)
    for document in documents:
        # No DTD at all: neither entities that grow (bombs) nor entities that read files.
        parser = DefusedXMLParser(target=target, forbid_dtd=True)
        target.begin()
        try:
            parser.feed(document)
            parser.close()
        except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
            if isinstance(error, ReportError):
                raise
            raise ReportError(f"It is no XML that can be trusted: {type(error).__name__}.") from error
        if not target.is_junit:
            raise ReportError("It is XML, but no JUnit report: its root is neither <testsuites> nor <testsuite>.")
    return JUnitReport(target.cases, target.counts)


class _Cases:
    """Collects the cases while the parser runs: no tree is built, so the size in memory stays small."""

    def __init__(self, root: str) -> None:
        self._root = root.rstrip("/") + "/"
        self.cases: dict[str, Case] = {}
        self.counts: Counter[str] = Counter()
        self.begin()

    def begin(self) -> None:
        """Get ready for the next document."""
        self.is_junit = False
        self._path: list[str] = []
        self._suites: list[str] = []
        self._case: dict[str, str] | None = None
        self._state = State.PASSED
        self._message = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Enter an element."""
        tag = tag.rpartition("}")[2]
        if not self._path:
            self.is_junit = tag in ("testsuites", "testsuite")
        self._path.append(tag)
        if len(self._path) > MOST_DEPTH:
            raise ReportError(f"Its elements are nested more than {MOST_DEPTH} deep.")
        if tag == "testsuite":
            self._suites.append(attributes.get("name", ""))
        elif tag == "testcase":
            self._case, self._state, self._message = attributes, State.PASSED, ""
            if attributes.get("status") in ("notrun", "disabled", "skipped"):
                self._state = State.SKIPPED
        elif self._case is not None and self._path[-2] == "testcase" and tag in _STATES:
            self._worsen(_STATES[tag], attributes.get("message", ""))

    def _worsen(self, state: State, message: str) -> None:
        if _WORSE.index(state) > _WORSE.index(self._state):
            self._state, self._message = state, message[:_LONGEST_MESSAGE]

    def end(self, tag: str) -> None:
        """Leave an element."""
        tag = self._path.pop()
        if tag == "testsuite":
            self._suites.pop()
        elif tag == "testcase" and self._case is not None:
            self._add(self._case)
            self._case = None

    def data(self, text: str) -> None:
        """Pass over text: captured output belongs to nobody here."""

    def close(self) -> None:
        """Return nothing; the collected cases are the result."""

    def _add(self, attributes: dict[str, str]) -> None:
        group = attributes.get("classname") or (self._suites[-1] if self._suites else "")
        key = f"{group}::{attributes.get('name', '')}"[:_LONGEST_NAME]
        self.counts[key] += 1
        if self.counts.total() > MOST_CASES:
            raise ReportError(f"It lists more than {MOST_CASES:,} tests.")
        known = self.cases.get(key)
        if known is None or _WORSE.index(self._state) > _WORSE.index(known.state):
            file = attributes.get("file", "").removeprefix(self._root).removeprefix("./")
            self.cases[key] = Case(self._state, file or None, _number(attributes.get("line")), self._message)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and 0 < len(text) < 10 and int(text) else None
