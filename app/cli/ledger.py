"""`exogate ledger`: what was judged and merged, for people and for training pipelines."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.cli.opened import check_agreed, ids, opened, sentences
from app.cli.output import check_output, use_colour, width

if TYPE_CHECKING:
    from app.ledger.export.rows import Filters, Row

_STATUSES = ("ai-declared", "mixed", "human-attested", "undeclared")
_DAY = click.DateTime(("%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"))
_FILTERS = (
    click.option("--since", type=_DAY, metavar="TIME", help="Merged then (UTC, as in 2026-08-01) or later."),
    click.option(
        "--provenance", multiple=True, type=click.Choice(_STATUSES), help="Lines of this provenance; may be repeated."
    ),
    click.option("--gates-passed", is_flag=True, help="Changes whose blocking gates all accepted."),
    click.option(
        "--reviewers",
        type=click.Choice(("independent", "self", "none")),
        help="Changes with an approval of someone independent, with their own tool's only, or with none.",
    ),
)


@click.group("ledger")
def command() -> None:
    """Show and export what was judged and merged.

    The ledger is the one at DATABASE_URL, else the file in EXOGATE_DATA_DIR. Exit status: 0 done; 2 wrong usage, or
    what was asked is refused; 3 the ledger does not answer now.
    """


def _filtered(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that narrow the rows, handed over as one ``filters``; and say what goes wrong in sentences."""

    @wraps(function)
    def run(
        since: datetime | None, provenance: tuple[str, ...], gates_passed: bool, reviewers: str | None, **given: Any
    ) -> None:
        with sentences("exogate ledger"):
            from app.ledger.export.rows import Filters
            from app.ledger.words import Reviewers

            moment = since.replace(tzinfo=UTC) if since else None
            whose = Reviewers(reviewers) if reviewers else None
            filters = Filters(moment, frozenset(provenance), gates_passed, whose, given.pop("number", None))
            function(filters=filters, **given)

    for option in reversed(_FILTERS):
        run = option(run)
    return run


@command.command("show")
@click.option("--repository", metavar="OWNER/NAME", help="The repository; otherwise all are listed.")
@click.option("--number", type=int, metavar="N", help="One pull request.")
@_filtered
def show(repository: str | None, filters: Filters) -> None:
    """Show a repository's newest reviews, overrides and merges; the filters narrow the merges."""
    from rich.console import Console

    from app.ledger.show import render_repositories, render_repository

    ledger, _ = opened()
    console = Console(width=width(), no_color=not use_colour(), highlight=False)
    if repository is None:
        render_repositories(ledger, console)
    else:
        render_repository(ledger, repository, ids(ledger, repository), filters, console)


@command.command("export")
@click.option("--repository", required=True, metavar="OWNER/NAME", help="The repository; it must have agreed.")
@click.option("--number", type=int, metavar="N", help="One pull request.")
@_filtered
@click.option(
    "--format",
    "form",
    type=click.Choice(("jsonl", "parquet", "agent-trace", "git-ai-notes")),
    default="jsonl",
    show_default=True,
    help="git-ai-notes is a stream for `git fast-import --force`, which puts notes at refs/notes/ai-remote/exogate.",
)
@click.option("--output", type=click.Path(path_type=Path), help="The file to write to; otherwise standard output.")
def export(repository: str, filters: Filters, form: str, output: Path | None) -> None:
    """Write a repository's merged lines and whose they are declared, people's overrides counted.

    Only for repositories that EXOGATE_EXPORT_REPOSITORIES names: whoever runs the App opts them in.
    """
    from app.cli.pour import pour, replacing

    check_output(output)
    ledger, settings = opened()
    check_agreed(settings, repository)
    if form == "parquet" and output is None:
        raise click.UsageError("Parquet is no text: name a file with --output.")
    rows = ledger.export(ids(ledger, repository), filters)
    if form == "parquet" and output is not None:
        from app.ledger.export.parquet import parquet

        with replacing(output) as target:
            parquet(rows, target)
    else:
        pour(_chunks(form, rows), output)


def _chunks(form: str, rows: Iterable[Row]) -> Iterable[bytes]:
    from app.ledger.export.agent_trace import agent_trace
    from app.ledger.export.git_ai import git_ai_notes
    from app.ledger.export.jsonl import jsonl

    return {"jsonl": jsonl, "agent-trace": agent_trace, "git-ai-notes": git_ai_notes}[form](rows)
