"""`collapse-lab run`: a study from its start, or from where it stood."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import click

from collapse_lab.cli.options import bases_directory, default_out, read_study, study_options
from collapse_lab.cli.progress import Shown
from collapse_lab.job import Plan
from collapse_lab.manifest import ManifestError, claim
from collapse_lab.run import run
from collapse_lab.summary import write_summary


@click.command("run")
@study_options
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Where results go [runs/STUDY].")
@click.option("--workers", type=click.IntRange(1, 512), help="Arms at a time [one a core].")
def command(
    study: str, arms: str, seeds: int | None, rounds: int | None, quick: bool, out: Path | None, workers: int | None
) -> int:
    """Run STUDY (a shipped one's name, or a file). Called again with the same words, it goes on where it stood.

    Exit status: 0 when every arm came to its end, 1 when some failed, 2 where nothing could be run.
    """
    opened, chosen = read_study(study, arms, seeds, rounds, quick=quick)
    folder = out or default_out(opened, quick=quick)
    try:
        claim(folder, opened)
    except ManifestError as error:
        raise click.ClickException(str(error)) from error
    plan = Plan(opened, arms, seeds, rounds or opened.rounds, str(bases_directory()))
    with Shown(folder, chosen, plan.rounds) as shown:
        ended = run(folder, plan, workers or len(os.sched_getaffinity(0)), shown.update)
    for number, why in ended.failed.items():
        click.echo(f"Arm {chosen[number].name} failed: {why}", err=True)
    path = write_summary(folder, quick=quick, command=shlex.join(["collapse-lab", *sys.argv[1:]]))
    click.echo(f"{len(ended.done)} of {len(chosen)} arms ended. {path}\nNext: collapse-lab report {folder}")
    return 1 if ended.failed else 0
