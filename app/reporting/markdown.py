"""The report as GitHub Flavored Markdown: for a job's summary, a check run, a comment."""

from __future__ import annotations

from collections.abc import Callable

from app.reporting import words
from app.reporting.evidence_link import evidence_page
from app.reporting.fit import Section, fit
from app.reporting.next_steps import summarise
from app.reporting.text import clip, code, markdown
from app.reporting.words import Tone
from app.review_types import Review
from gates.decision import Judged
from gates.verdict import Finding

# "The maximum length of the `summary` is 65535 characters" (REST API, "Create a check run", output.summary). Bytes are
# counted, which is never fewer; a job's summary may have 1 MiB.
CHECK_RUN_LIMIT = 65_535
# A reason or message is a sentence or two; what is longer is in the JSON. Clipped before it is escaped, so that
# no cut falls inside an entity.
LONGEST_TEXT = 600
_LONGEST_PATH = 300
_LONGEST_NAME = 80

_SYMBOLS = {Tone.GOOD: "✅", Tone.BAD: "❌", Tone.WARN: "⚠️", Tone.QUIET: "➖"}
_TABLE = ("| | Gate | Weight | Reason | Time |", "|---|---|---|---|---:|")


def render(review: Review, *, limit: int = CHECK_RUN_LIMIT, dashboard: str | None = None) -> str:
    """Return the report in at most *limit* bytes of UTF-8; *dashboard* is the address of ours, if it has one.

    Whatever does not fit is left out in whole lines, the least urgent first, and counted. Untrusted text renders
    as itself: it makes no markup, link, mention or reference.
    """
    sections = [_head(review, dashboard), _next(review), _gates(review), *_findings(review), _notes(review)]
    return fit([s for s in sections if s.opening or s.items], limit, _omitted)


def _omitted(count: int) -> str:
    return f"\n{words.counted(count, 'more part')} of this report did not fit; see the JSON report"


def _head(review: Review, dashboard: str | None) -> Section:
    line = words.headline(review)
    facts = [
        f"- **Change** {_text(words.change_line(review))}",
        f"- **Origin** {_text(words.provenance_line(review.provenance))}",
        f"- **Policy** {_text(words.policy_line(review))}",
    ]
    if evidence := words.evidence_line(review):
        page = evidence_page(review.policy.hash, dashboard)
        facts.append(f"- **Evidence** {_text(evidence)}{f' ([its page]({page}))' if page else ''}")
    return Section([f"## {_SYMBOLS[line.tone]} {line.word}{_rest(line.rest)}", "", *facts], [], [], _more("line"))


def _rest(rest: str) -> str:
    """Return the headline's second part; it starts with a space or a comma that must stay."""
    start = rest[: len(rest) - len(rest.lstrip(" ,:"))]
    return start + _text(rest[len(start) :])


def _next(review: Review) -> Section:
    return Section(["", "### Next", ""], [f"- {_text(step)}" for step in summarise(review)], [], _more("step"))


def _gates(review: Review) -> Section:
    rows = [_gate_row(judged) for judged in words.in_order(review.verdicts)]
    return Section(["", *_TABLE] if rows else [], rows, [], _more_gates)


def _more_gates(count: int) -> str:
    return f"| | {words.counted(count, 'more gate')} | | see the JSON report | |"


def _gate_row(judged: Judged) -> str:
    verdict = judged.verdict
    # A no-break space: a narrow column would put the word below its mark, and double every row.
    mark = f"{_SYMBOLS[words.OUTCOME_TONES[verdict.outcome]]}\u00a0{verdict.outcome.value}"
    name = code(clip(verdict.gate, _LONGEST_NAME), in_table=True)
    return f"| {mark} | {name} | {words.weight(judged)} | {_text(verdict.reason)} | {verdict.seconds:.1f} s |"


def _findings(review: Review) -> list[Section]:
    return [_gate_findings(j) for j in words.in_order(review.verdicts) if j.verdict.findings]


def _gate_findings(judged: Judged) -> Section:
    findings = words.by_importance(judged.verdict.findings)
    name = f"<b>{markdown(clip(judged.verdict.gate, _LONGEST_NAME))}</b>"
    shown = findings[: words.SHOWN_PER_GATE]
    opening = ["", f"<details><summary>{name}: {words.counted(len(findings), 'finding')}</summary>", ""]
    items = [_finding(finding) for group in words.by_file(shown).values() for finding in group]
    return Section(opening, items, ["", "</details>"], _more("finding"), len(findings) - len(shown))


def _finding(finding: Finding) -> str:
    lines = words.place(finding)
    path = "the change as a whole" if finding.path is None else code(clip(finding.path, _LONGEST_PATH))
    where = f"{path}, line {lines}" if lines else path
    return f"- {where}: **{finding.severity.value}** {_text(finding.message)} {code(clip(finding.rule, _LONGEST_NAME))}"


def _notes(review: Review) -> Section:
    return Section(
        ["", "### Notes", ""] if review.notes else [], [f"- {_text(note)}" for note in review.notes], [], _more("note")
    )


def _more(noun: str) -> Callable[[int], str]:
    def line(count: int) -> str:
        return f"- {words.counted(count, 'more ' + noun)}; see the JSON report"

    return line


def _text(text: str) -> str:
    return markdown(clip(text, LONGEST_TEXT))
