"""`collapse-lab verify-paper`: the paper's numbers beside those of runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from collapse_lab.paper import Compared, Measured, Paper
from collapse_lab.report.reading import ReportError
from collapse_lab.report.table import shown

_TITLES = ("model", "of", "gate", "round", "published", "measured", "drawn", "run", "how it differs")


@click.command("verify-paper")
@click.argument("runs", nargs=-1, metavar="[RUN]...", type=click.Path(path_type=Path))
@click.option("--markdown", is_flag=True, help="As a table for a page, in place of one for the terminal.")
def command(runs: tuple[Path, ...], markdown: bool) -> None:
    """Put the numbers known of arXiv 2606.28438 beside what the RUNs measured; blank where none did.

    A score is greedy pass@1; `drawn` is that of sampled answers, which the paper has not. Intervals are of 95 %: over
    tasks, and over seeds where there are several. A letter says how a run's settings differ from the paper's; without
    any they are the same, as far as can be said.
    """
    from collapse_lab.paper import load, unasked, verify
    from collapse_lab.report.reading import read

    try:
        opened, paper = [read(folder) for folder in runs], load()
        click.echo(text(paper, verify(paper, opened), unasked(paper, opened), markdown=markdown))
    except ReportError as error:
        raise click.ClickException(str(error)) from error


def text(paper: Paper, compared: Sequence[Compared], notes: Sequence[str], *, markdown: bool) -> str:
    """Return the table, what its letters mean, and what can be said of no run."""
    letters: dict[tuple[str, ...], str] = {}
    rows = [_row(one, found, letters) for one in compared for found in one.measured or (None,)]
    drawn = any(row[_TITLES.index("drawn")] for row in rows)
    chosen = [number for number, title in enumerate(_TITLES) if drawn or title != "drawn"]
    table = [[row[number] for number in chosen] for row in (_TITLES, *rows)]
    parts = [_markdown(table) if markdown else _plain(table)]
    if letters:
        parts.append("\n".join(_listed(letters, markdown=markdown)))
    cells = sum(1 for one in compared if one.measured)
    parts.append(f"{cells} of {len(compared)} published numbers have a measured one beside them.")
    parts += [" ".join(notes)] if notes else []
    bullet = "- "
    parts.append("What holds of every run here:\n" + "\n".join(f"{bullet}{line}" for line in paper.differs))
    return "\n\n".join(parts)


def _row(one: Compared, found: Measured | None, letters: dict[tuple[str, ...], str]) -> tuple[str, ...]:
    cell = one.cell
    published = shown(one.published, "share")
    head = (cell.model or "not known", cell.what, cell.gate, str(cell.round), published)
    if found is None:
        return (*head, "", "", "", "")
    if found.differs:
        letters.setdefault(found.differs, _letter(len(letters)))
    values = ("" if value is None else shown(value, "share") for value in (found.value, found.drawn))
    return (*head, *values, f"{found.run}: {found.label}", letters.get(found.differs, "nothing"))


def _letter(number: int) -> str:
    """Return a, b, ... z, aa, ab, ..."""
    before, last = divmod(number, 26)
    return (_letter(before - 1) if before else "") + chr(ord("a") + last)


def _listed(letters: dict[tuple[str, ...], str], *, markdown: bool) -> list[str]:
    return [f"{'- ' if markdown else ''}{letter}: {'; '.join(differs)}" for differs, letter in letters.items()]


def _plain(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(f"{value:{width}}" for value, width in zip(r, widths, strict=True)).rstrip() for r in rows
    )


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(value.replace("|", "\\|") for value in row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])
