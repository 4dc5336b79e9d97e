"""`collapse-lab studies`: what can be run."""

from __future__ import annotations

import click

from collapse_lab.arms import cells
from collapse_lab.studies import names, open_study


@click.command("studies")
def command() -> None:
    """List the shipped studies: their size, and the question each of them asks."""
    for name in names():
        study = open_study(name)
        arms = len({cell.label for cell in cells(study)})
        size = f"{arms} arms, {len(study.seeds)} seeds, {study.rounds} rounds"
        click.echo(f"{name:18} {size}\n{'':18} {study.question}")
