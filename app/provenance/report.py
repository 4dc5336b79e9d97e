"""What `exogate provenance` prints: JSON, JSON lines, or tables for people."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from app.provenance.detector import ChangeProvenance, CommitProvenance
from app.provenance.seen import quote
from app.provenance.types import Provenance, Status

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

SCHEMA_VERSION = "1.0"
"""The version of ``provenance.schema.json``: the major number changes when a reader would have to."""

_SAID = {
    Status.AI_DECLARED: ("bold magenta", "Declared as written with AI."),
    Status.MIXED: ("bold yellow", "Declared in part as written with AI."),
    Status.HUMAN_ATTESTED: ("bold green", "Attested by a person as written by people."),
    Status.UNDECLARED: ("bold", "Nothing is declared. That does not mean that a person wrote it."),
}
_MOST_ROWS = 30


def commit_dict(one: CommitProvenance) -> dict[str, Any]:
    """Return one commit's part of the report."""
    return {"commit": one.commit.sha, **_declared(one.provenance)}


def sum_dict(whole: Provenance) -> dict[str, Any]:
    """Return the sum: a commit's keys, of which ``commit`` is ``None``, and the added lines by status."""
    return {"commit": None, **_declared(whole), "lines": dict(whole.lines)}


def _declared(provenance: Provenance) -> dict[str, Any]:
    keys = ("status", "harnesses", "model_families", "models", "signals", "ignored")
    full = provenance.as_dict()
    return {key: full[key] for key in keys}


def report_dict(result: ChangeProvenance) -> dict[str, Any]:
    """Return the whole report, valid against ``provenance.schema.json``."""
    return {
        "schema_version": SCHEMA_VERSION,
        "rules": result.sum.rules,
        "sum": sum_dict(result.sum),
        "commits": [commit_dict(one) for one in result.commits],
        "remarks": list(result.remarks),
    }


def json_report(result: ChangeProvenance) -> str:
    """Return the report as one indented JSON document."""
    return json.dumps(report_dict(result), indent=2, ensure_ascii=False) + "\n"


def jsonl_report(result: ChangeProvenance) -> Iterator[str]:
    """Yield a JSON line for each commit, newest first, and a last one for the sum, whose ``commit`` is null."""
    for one in result.commits:
        yield json.dumps(commit_dict(one), ensure_ascii=False) + "\n"
    yield json.dumps(sum_dict(result.sum), ensure_ascii=False) + "\n"


def render_terminal(result: ChangeProvenance, console: Console) -> None:
    """Print the sum, the signals, those not counted, and a table of the commits.

    Text of commits is stripped of control characters and never read as markup.
    """
    for part in _parts(result):
        console.print(part)


def _parts(result: ChangeProvenance) -> Iterator[RenderableType]:
    yield _summary(result)
    if result.sum.signals:
        rows = Counter(
            (s.id, s.tier.value, s.role.value, s.harness, s.model or s.model_family, s.field)
            for s in result.sum.signals
        )
        yield _table(
            "Signals", ("signal", "tier", "role", "harness", "model", "field", "times"), _counted(rows.most_common())
        )
    if result.sum.ignored:
        seen = Counter((i.id, i.field, i.reason) for i in result.sum.ignored)
        yield _table("Seen and not counted", ("signal", "field", "reason", "times"), _counted(seen.most_common()))
    if result.commits:
        yield _table("Commits", ("commit", "status", "harness", "model", "subject"), map(_commit_row, result.commits))


def _summary(result: ChangeProvenance) -> RenderableType:
    from rich.text import Text

    whole = result.sum
    style, sentence = _SAID[whole.status]
    text = Text.assemble((whole.status.value, style), f"  {sentence}\n")
    for name, values in (
        ("harness", whole.harnesses),
        ("model family", whole.model_families),
        ("model", whole.models),
        ("added lines", tuple(f"{number} {status}" for status, number in whole.lines.items())),
        ("commits", _states(result.commits)),
    ):
        if values:
            text.append(f"  {name}: {quote(', '.join(values))}\n")
    text.append(f"  rule set: {whole.rules}\n")
    for remark in result.remarks:
        text.append(f"  {quote(remark)}\n", "yellow")
    return text


def _states(commits: Iterable[CommitProvenance]) -> tuple[str, ...]:
    return tuple(f"{number} {state}" for state, number in Counter(c.provenance.status.value for c in commits).items())


def _counted(rows: Iterable[tuple[Sequence[str], int]]) -> Iterator[tuple[str, ...]]:
    return ((*row, str(times)) for row, times in rows)


def _commit_row(one: CommitProvenance) -> Sequence[str]:
    found = one.provenance
    subject = one.commit.message.lstrip("\n").partition("\n")[0]
    return (one.commit.sha[:10], found.status.value, ", ".join(found.harnesses), ", ".join(found.models), subject)


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column, no_wrap=column in ("commit", "status", "tier", "role", "times"), overflow="fold")
    every = list(rows)
    for row in every[:_MOST_ROWS]:
        table.add_row(*(Text(quote(cell)) for cell in row))
    if len(every) > _MOST_ROWS:
        table.caption = f"and {len(every) - _MOST_ROWS} more; the JSON report lists all."
    return table
