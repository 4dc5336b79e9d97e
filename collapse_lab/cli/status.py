"""`collapse-lab status`: how far a run is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from collapse_lab.doing import doing
from collapse_lab.job import Plan, folder_of
from collapse_lab.remote import Remote, RemoteError
from collapse_lab.shared import mirror, share_of


@click.command("status")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def command(folder: Path) -> None:
    """List the arms of the run in FOLDER with the rounds that they have done and their score so far."""
    try:
        plan = Plan.read(folder)
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{folder} holds no run ({error}). Start one: collapse-lab run pocket.") from error
    share = share_of(folder)
    if share is not None:
        try:
            mirror(folder, Remote(share))
        except RemoteError as error:
            click.echo(f"What other hosts did is missing below. {error}", err=True)
    total, first = 0, plan.study.tasks.benchmarks[0].name if plan.study.tasks.kind == "code" else ""
    for number, cell in enumerate(plan.cells()):
        pages = [folder_of(folder, number) / f"round-{t}.json" for t in range(plan.rounds + 1)]
        done = [page for page in pages if page.is_file()]
        total += len(done)
        scores = [_score(json.loads(page.read_text("utf-8")), first) for page in (done[:1] + done[-1:])]
        said = f"{scores[0][0]} {scores[0][1]} -> {scores[-1][1]}" if scores else _begun(folder, number)
        click.echo(f"{len(done)}/{len(pages)} rounds  {said:22}  {cell.name}")
    click.echo(f"{total} of {len(plan.cells()) * (plan.rounds + 1)} rounds are done.")


def _begun(folder: Path, number: int) -> str:
    """Return what an arm without a round is at: its base may be in training."""
    return str(doing(folder, number) or "not begun")


def _score(page: dict[str, Any], first: str) -> tuple[str, str]:
    """Return what a round's score is called, and the score on the benchmark *first*: of drawn answers, or of greedy
    ones where the study draws none."""
    called, sampled, greedy = "pass@1", page["pass_at_1_sampled"], page["pass_at_1_greedy"]
    marks = page["benchmarks"][first].get("marks", {}) if first else {}
    if "bleu" in marks:
        called, sampled, greedy = "BLEU-4", marks["bleu"]["sampled"], marks["bleu"]["greedy"]
    elif marks:
        called = "accuracy"
    found = sampled if sampled is not None else greedy
    return called, "-" if found is None else f"{found:.3f}"
