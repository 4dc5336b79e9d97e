"""The report for a person at a terminal: the decision first, then why, then where, then what to do."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from app.reporting import words
from app.reporting.evidence_link import evidence_page
from app.reporting.next_steps import summarise
from app.reporting.text import clip, visible
from app.reporting.words import Tone
from app.review_types import Review
from gates.decision import Judged
from gates.verdict import Outcome, Severity

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

# Below this a table has no room for its reason; wider lines are hard to read.
MIN_WIDTH, MAX_WIDTH = 60, 200
_ROOM_FOR_TIME = 80
# A reason or message is a sentence or two; what is longer is in the JSON.
LONGEST_TEXT = 600
_LONGEST_REASON = 400
_LONGEST_PATH = 160

_STYLES = {Tone.GOOD: "green", Tone.BAD: "red", Tone.WARN: "yellow", Tone.QUIET: "dim"}
_SYMBOLS = {Tone.GOOD: "✓", Tone.BAD: "✗", Tone.WARN: "!", Tone.QUIET: "-"}
_SEVERITY_STYLES = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}


def render(review: Review, *, width: int, colour: bool, dashboard: str | None = None) -> str:
    """Return the report, at most *width* columns wide (60 to 200), ending in a newline.

    *dashboard* is the address of ours, if it has one. Without *colour* it holds no escape sequence at all. Untrusted
    text is shown with its control and invisible characters as escapes.
    """
    out = io.StringIO()
    console = _console(out, max(MIN_WIDTH, min(MAX_WIDTH, width)), colour=colour)
    _print_head(console, review, dashboard)
    if review.verdicts:
        console.print()
        console.print(_gates(review, timed=console.width >= _ROOM_FOR_TIME))
    _print_findings(console, review)
    _print_list(console, "Notes", review.notes)
    _print_list(console, "Next", summarise(review))
    return "\n".join(line.rstrip() for line in out.getvalue().split("\n"))


def _console(out: io.StringIO, width: int, *, colour: bool) -> Console:
    from rich.console import Console

    # Every property that rich would otherwise take from the environment is said here: the result depends on
    # the arguments alone.
    return Console(
        file=out,
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=False,
        _environ={},
    )


def _print_head(console: Console, review: Review, dashboard: str | None) -> None:
    line = words.headline(review)
    style = _STYLES[line.tone]
    console.print(_text((f"{_SYMBOLS[line.tone]} {line.word}", f"bold {style}"), (_safe(line.rest), style)))
    facts = _grid()
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    facts.add_row("change", _text((_safe(words.change_line(review)), "")))
    facts.add_row("origin", _text((_safe(words.provenance_line(review.provenance)), "")))
    facts.add_row("policy", _text((_safe(words.policy_line(review)), "")))
    if evidence := words.evidence_line(review):
        facts.add_row("evidence", _text((_safe(evidence), "")))
        if page := evidence_page(review.policy.hash, dashboard):
            facts.add_row("", _text((_safe(page), "dim")))
    console.print(_indented(facts))


def _gates(review: Review, *, timed: bool) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", expand=False)
    table.add_column("", no_wrap=True)
    table.add_column("gate", no_wrap=True)
    table.add_column("weight", no_wrap=True)
    table.add_column("reason", overflow="fold", ratio=1)
    if timed:
        table.add_column("time", no_wrap=True, justify="right")
    for judged in words.in_order(review.verdicts):
        table.add_row(*_gate_row(judged)[: len(table.columns)])
    return table


def _gate_row(judged: Judged) -> tuple[Text, ...]:
    verdict = judged.verdict
    tone = words.OUTCOME_TONES[verdict.outcome]
    if verdict.outcome is Outcome.REJECT and not judged.blocking:
        tone = Tone.WARN
    style = _STYLES[tone]
    quiet = style if tone is Tone.QUIET else ""
    return (
        _text((f"{_SYMBOLS[words.OUTCOME_TONES[verdict.outcome]]} {verdict.outcome.value}", style)),
        _text((clip(visible(verdict.gate), 24), f"bold {quiet}".strip())),
        _text((words.weight(judged), quiet or "dim")),
        _text((clip(visible(verdict.reason), _LONGEST_REASON), quiet)),
        _text((f"{verdict.seconds:.1f} s", "dim")),
    )


def _print_findings(console: Console, review: Review) -> None:
    for judged in words.in_order(review.verdicts):
        findings = words.by_importance(judged.verdict.findings)
        if not findings:
            continue
        gate = clip(visible(judged.verdict.gate), 24)
        console.print()
        console.print(_text((gate, "bold"), (f"  {words.counted(len(findings), 'finding')}", "dim")))
        for path, group in words.by_file(findings[: words.SHOWN_PER_GATE]).items():
            where = "the change as a whole" if path is None else clip(visible(path), _LONGEST_PATH)
            console.print(_indented(_text((where, "cyan"))))
            rows = _grid()
            rows.add_column(no_wrap=True, justify="right", style="dim", min_width=5)
            rows.add_column(no_wrap=True)
            rows.add_column(overflow="fold", ratio=1)
            for finding in group:
                message = _text((_safe(finding.message), ""), (f"  {clip(visible(finding.rule), 60)}", "dim"))
                level = _text((finding.severity.value, _SEVERITY_STYLES[finding.severity]))
                rows.add_row(words.place(finding), level, message)
            console.print(_indented(rows))
        more = len(findings) - words.SHOWN_PER_GATE
        if more > 0:
            console.print(_indented(_text((f"{more:,} more; see --format json", "dim"))))


def _print_list(console: Console, title: str, lines: tuple[str, ...] | list[str]) -> None:
    if not lines:
        return
    console.print()
    console.print(_text((title, "bold")))
    for line in lines[: words.SHOWN_PER_GATE]:
        row = _grid()
        row.add_column(no_wrap=True, style="dim")
        row.add_column(overflow="fold", ratio=1)
        row.add_row("-", _text((_safe(line), "")))
        console.print(_indented(row))
    more = len(lines) - words.SHOWN_PER_GATE
    if more > 0:
        console.print(_indented(_text((f"{more:,} more; see --format json", "dim"))))


def _grid() -> Table:
    from rich.table import Table

    return Table.grid(padding=(0, 2, 0, 0), pad_edge=False)


def _indented(what: Table | Text) -> object:
    from rich.padding import Padding

    return Padding(what, (0, 0, 0, 2))


def _text(*parts: tuple[str, str]) -> Text:
    from rich.text import Text

    return Text.assemble(*parts)


def _safe(text: str) -> str:
    return clip(visible(text), LONGEST_TEXT)
