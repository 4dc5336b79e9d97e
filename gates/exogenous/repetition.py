r"""The ``repetition`` gate: text that repeats itself, and text that is too short to mean anything.

The measure is that of the quality gate in arXiv:2606.28438: among the non-blank lines, stripped, the share of those
that occurred before; and the number of tokens. There a completion with more than .5 repeated lines (.3 in the
paper's revised configuration) or fewer than 50 tokens is filtered out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import Field

from gates.change import MAX_DIFF_BYTES, Change, FileChange
from gates.diff import split_lines
from gates.gate import Context, Kind, Need, Settings
from gates.verdict import Finding, Severity, Verdict

NAME = "repetition"
_TOKEN = re.compile(r"\w+|[^\w\s]")


class RepetitionSettings(Settings):
    """What is too much repetition, or too little text.

    ``max_repeated_share``: a file rejects above this share of repeated lines. ``min_lines``: the share is judged
    where the change wrote at least so many non-blank lines. ``min_tokens``: the change rejects below so many tokens
    in all. ``suffixes``: the files that count.
    """

    max_repeated_share: float = Field(default=0.5, ge=0, le=1)
    min_lines: int = Field(default=10, ge=0)
    min_tokens: int = Field(default=0, ge=0)
    suffixes: tuple[str, ...] = (".py",)


@dataclass(frozen=True, slots=True)
class Measure:
    """What was written in one file: non-blank lines, how many repeat an earlier one, tokens, the first repetition."""

    lines: int
    repeated: int
    tokens: int
    first_repeated: int | None

    @property
    def share(self) -> float:
        """The repeated lines' share, 0 to 1; 0 where nothing was written."""
        return self.repeated / self.lines if self.lines else 0.0


def measure(lines: Sequence[tuple[int, str]]) -> Measure:
    r"""Measure numbered lines. Tokens are the matches of ``\w+|[^\w\s]``: words and single signs, in any language."""
    seen: set[str] = set()
    count = repeated = tokens = 0
    first: int | None = None
    for number, line in lines:
        text = line.strip()
        if not text:
            continue
        count += 1
        tokens += len(_TOKEN.findall(text))
        if text in seen:
            repeated += 1
            first = first or number
        seen.add(text)
    return Measure(count, repeated, tokens, first)


def written(change: Change, file: FileChange) -> list[tuple[int, str]]:
    """Return the lines of a file that the change wrote, numbered; all of them for a new file."""
    lines = split_lines(change.head.read(file.path))
    return [(n, line.decode("utf-8", "replace")) for n, line in enumerate(lines, 1) if file.touches(n)]


@dataclass(frozen=True)
class RepetitionGate:
    """Rejects a change that repeats its own lines, or is shorter than it should be.

    Only what the change wrote counts, each file against itself: a line that repeats one which was there before is
    no repetition (``duplication`` looks for that). Files above 5 MB are data and do not count.

    Score: the largest share of repeated lines among the judged files, from 0 to 1; lower is better.
    """

    name: str = NAME
    version: str = "1"
    kind: Kind = Kind.EXOGENOUS
    summary: str = "what the change wrote does not repeat itself and is long enough"
    needs: frozenset[Need] = frozenset()
    settings_type: type[Settings] = RepetitionSettings

    def judge(self, changes: Sequence[Change], settings: RepetitionSettings, context: Context) -> list[Verdict]:
        """Judge each change by itself."""
        del context
        return [_judge(change, settings) for change in changes]


def _judge(change: Change, settings: RepetitionSettings) -> Verdict:
    if not change.files and settings.min_tokens:
        return Verdict.reject(NAME, f"The change wrote nothing; at least {settings.min_tokens} tokens are asked for.")
    entries = change.head.entries
    files = [
        f for f in change.present() if f.path.endswith(settings.suffixes) and entries[f.path].size <= MAX_DIFF_BYTES
    ]
    measures = {f.path: measure(written(change, f)) for f in files}
    measures = {path: m for path, m in measures.items() if m.lines}
    if not measures:
        return Verdict.skip(NAME, f"The change wrote no line in a {' or '.join(settings.suffixes)} file.")
    judged = {path: m for path, m in measures.items() if m.lines >= settings.min_lines}
    score = max((m.share for m in judged.values()), default=0.0)
    findings = tuple(_finding(p, m) for p, m in judged.items() if m.share > settings.max_repeated_share)
    tokens = sum(m.tokens for m in measures.values())
    if findings:
        limit = f"{settings.max_repeated_share:.0%} are allowed"
        return Verdict.reject(
            NAME, f"{findings[0].path}: {findings[0].message} At most {limit}.", score=score, findings=findings
        )
    if tokens < settings.min_tokens:
        reason = f"The change wrote {tokens} tokens; at least {settings.min_tokens} are asked for."
        return Verdict.reject(NAME, reason, score=score)
    return Verdict.accept(NAME, f"At most {score:.0%} of a file's written lines repeat an earlier one.", score=score)


def _finding(path: str, found: Measure) -> Finding:
    message = f"{found.repeated} of the {found.lines} lines written here repeat an earlier one ({found.share:.0%})."
    return Finding(path, found.first_repeated, "repeated-lines", message, Severity.ERROR)


GATE = RepetitionGate()
