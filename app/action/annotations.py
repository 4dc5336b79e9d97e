"""Findings as workflow commands, the most important first, within what a runner takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.reporting import words
from app.reporting.text import clip, visible
from app.review_types import Review
from gates.decision import Judged
from gates.verdict import Finding, Outcome, Severity

# "10 warning annotations, 10 error annotations, and 10 notice annotations per step" (GitHub Docs, "Using workflow run
# logs", annotations).
MOST_OF_A_KIND = 10
_LONGEST_MESSAGE = 1_000
_LONGEST_TITLE = 120
_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_DATA, ":": "%3A", ",": "%2C"}


class Kind(StrEnum):
    """How GitHub shows an annotation; the words are the commands' names."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


_ADVICE = {Severity.ERROR: Kind.WARNING, Severity.WARNING: Kind.WARNING, Severity.NOTE: Kind.NOTICE}


@dataclass(frozen=True, slots=True)
class Annotation:
    """One remark at a place of the head, or at none."""

    kind: Kind
    title: str
    message: str
    path: str | None = None
    line: int | None = None
    end_line: int | None = None

    def command(self) -> str:
        """Return the workflow command, on one line, in which no text can end a field or begin a command."""
        properties = {"title": clip(self.title, _LONGEST_TITLE)}
        if self.path is not None:
            properties["file"] = self.path
            properties |= {"line": str(self.line)} if self.line is not None and self.line > 0 else {}
            is_range = self.line is not None and self.end_line is not None and self.end_line > self.line > 0
            properties |= {"endLine": str(self.end_line)} if is_range else {}
        fields = ",".join(f"{name}={_escape(value, _PROPERTY)}" for name, value in properties.items())
        return f"::{self.kind.value} {fields}::{_escape(clip(self.message, _LONGEST_MESSAGE), _DATA)}"


def annotations_of(review: Review) -> Iterator[Annotation]:
    """Yield a remark for each finding, and for each verdict that people must see and that has none."""
    for judged in words.in_order(review.verdicts):
        verdict = judged.verdict
        if not verdict.findings and verdict.outcome in (Outcome.REJECT, Outcome.ERROR):
            kind = Kind.ERROR if judged.blocking else Kind.WARNING
            yield Annotation(kind, f"{verdict.gate}: {verdict.outcome.value}", verdict.reason)
        for finding in words.by_importance(verdict.findings):
            yield _of_finding(judged, finding)


def commands(annotations: Sequence[Annotation]) -> list[str]:
    """Return the commands: of each kind those that fit, the last place saying how many more there are."""
    lines = []
    for kind in Kind:
        some = [annotation for annotation in annotations if annotation.kind is kind]
        kept = some if len(some) <= MOST_OF_A_KIND else some[: MOST_OF_A_KIND - 1]
        lines += [annotation.command() for annotation in kept]
        if more := len(some) - len(kept):
            lines.append(
                Annotation(kind, "exogate", f"{more} more; see the job's summary and the JSON report.").command()
            )
    return lines


def _of_finding(judged: Judged, finding: Finding) -> Annotation:
    is_reason = judged.blocking and judged.verdict.outcome is Outcome.REJECT and finding.severity is not Severity.NOTE
    kind = Kind.ERROR if is_reason else _ADVICE[finding.severity]
    title = f"{judged.verdict.gate}: {finding.rule}"
    return Annotation(kind, title, finding.message, finding.path, finding.line, finding.end_line)


def _escape(text: str, table: Mapping[str, str]) -> str:
    return "".join(table.get(char, char) for char in visible(text))
