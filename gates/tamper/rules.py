"""The ways to weaken a test: one table of stable codes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """What a rule does to a change that breaks it."""

    REJECT = "reject"
    WARN = "warn"
    IGNORE = "ignore"


# Code -> (level unless the settings say otherwise, what it means).
RULES: dict[str, tuple[Level, str]] = {
    "test-deleted": (Level.REJECT, "A test of the base is gone; it was neither moved nor renamed."),
    "test-disabled": (Level.REJECT, "A test is still there, but the runner no longer collects it."),
    "new-skip": (Level.REJECT, "A test that ran is now skipped, always or on a condition."),
    "new-xfail": (Level.REJECT, "A test that had to pass may now fail."),
    "fewer-cases": (Level.REJECT, "A test runs on fewer parameters, examples or loop values."),
    "assertion-removed": (Level.REJECT, "A test asserts less than before."),
    "assertion-unreachable": (
        Level.REJECT,
        "An assertion no longer runs, runs on a condition, or cannot fail the test.",
    ),
    "assertion-loosened": (Level.REJECT, "An assertion holds for more values than before."),
    "raises-widened": (Level.REJECT, "An expected error became a broader class, or its message is no longer matched."),
    "tautology": (Level.REJECT, "An assertion of an existing test became one that always holds."),
    "expectation-changed": (Level.REJECT, "An existing test expects another value than before."),
    "subject-mocked": (Level.REJECT, "A test now replaces the function that it tests."),
    "machinery-patched": (Level.REJECT, "Test code replaces or intercepts what makes tests fail."),
    "autouse-patch": (Level.REJECT, "A new automatic fixture replaces code for every test."),
    "runner-narrowed": (Level.REJECT, "The runner's configuration leaves tests out or hides failures."),
    "unreadable-tests": (Level.REJECT, "A test file can no longer be parsed."),
    "subject-changed": (Level.WARN, "An existing assertion looks at something else than before."),
    "assertions-hidden": (Level.WARN, "Assertions were replaced by a call whose assertions lie outside the change."),
    "retry-added": (Level.WARN, "A test is now repeated when it fails."),
    "runner-edited": (Level.WARN, "The tests' configuration or shared code was edited."),
    "test-data-changed": (Level.WARN, "A file that tests may compare with was edited or deleted."),
}


@dataclass(frozen=True, slots=True, order=True)
class Weakening:
    """One weakening at one place. ``line`` belongs to the head; ``None`` where nothing of it is left there."""

    path: str
    line: int | None
    rule: str
    message: str
