"""`collapse-lab studies`: what can be run."""

from __future__ import annotations

import click

from collapse_lab.arms import cells
from collapse_lab.studies import models_of, names, open_study


@click.command("studies")
def command() -> None:
    """List the shipped studies: their size, and the question each of them asks."""
    for name in names():
        models = models_of(name)
        study = open_study(name, model=models[0] if models else None)
        arms = len({cell.label for cell in cells(study)})
        size = f"{arms} arms, {len(study.seeds)} seeds, {study.rounds} rounds"
        several = f"; --model {', '.join(models)}" if models else ""
        click.echo(f"{name:32} {size}{several}\n{'':4}{study.question}")
