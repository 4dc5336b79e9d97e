"""`collapse-lab diagnose`: how the samples of a run end as programs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collapse_lab.diagnosis import Diagnosed

_SHOWN = 4


@click.command("diagnose")
@click.argument("run", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--round", "only", type=click.IntRange(0, 100), help="This round alone [all that are done].")
@click.option("--samples", type=click.IntRange(1), default=500, show_default=True, help="Of an arm and round, at most.")
@click.option("--workers", type=click.IntRange(1, 512), help="Programs at a time [one a core].")
def command(run: Path, only: int | None, samples: int, workers: int | None) -> None:
    """Compile and run raw samples of each arm and round of RUN as programs, in the sandbox, 5 processor seconds each.

    Counted by class of exception. Strict is what ran without one; relaxed is that, and what asked for a module that
    is not installed (the sandbox has Python's standard library alone). The tables are RUN/tables/diagnosis.csv and
    diagnosis-endings.csv; `collapse-lab report` shows them. Called again, it goes on where it stood.
    """
    from collapse_lab.diagnosis import DiagnosisError, diagnose
    from collapse_lab.models.pretrained import ModelUnavailable
    from collapse_lab.remote import RemoteError
    from gates.sandbox.spec import SandboxError

    try:
        diagnose(run, only, samples, workers or len(os.sched_getaffinity(0)), lambda one: click.echo(_said(one)))
    except (DiagnosisError, ModelUnavailable, RemoteError, SandboxError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{run / 'tables' / 'diagnosis.csv'}\nNext: collapse-lab report {run}")


def _said(one: Diagnosed) -> str:
    shares = ", ".join(
        f"{words} {number / one.samples:.1%}"
        for words, number in (("compiled", one.compiled), ("strict", one.strict), ("relaxed", one.relaxed))
    )
    most = [(name, number) for name, number in one.endings.items() if name != "ran"][:_SHOWN]
    rest = "; ".join(f"{name} {number}" for name, number in most) or "nothing else"
    return f"{one.label}, seed {one.seed}, round {one.round}: {one.samples} samples, {shares}; {rest}"
