"""What several commands take: the study, and how much of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from collapse_lab.arms import ArmsError, Cell, cells
from collapse_lab.studies import StudyError, open_study
from collapse_lab.study import Study


def study_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add STUDY, --arms, --seeds, --rounds and --quick to a command."""
    for option in (
        click.option("--quick", is_flag=True, help="The study's short form: fewer arms, seeds and rounds."),
        click.option("--rounds", type=click.IntRange(1, 100), help="Stop after so many rounds."),
        click.option("--seeds", type=click.IntRange(1, 1000), help="Run the first so many seeds only."),
        click.option("--arms", default="*", metavar="PATTERN", help="Run the arms whose name matches, as in a shell."),
        click.argument("study"),
    ):
        function = option(function)
    return function


def read_study(name: str, arms: str, seeds: int | None, rounds: int | None, *, quick: bool) -> tuple[Study, list[Cell]]:
    """Return the study and its chosen arms. Raises ``click.ClickException`` where that does not work."""
    try:
        study = open_study(name, quick=quick)
        if rounds is not None and rounds > study.rounds:
            raise click.ClickException(f"Study {study.name} has {study.rounds} rounds; --rounds {rounds} is more.")
        return study, cells(study, arms, seeds)
    except (StudyError, ArmsError) as error:
        raise click.ClickException(str(error)) from error


def default_out(study: Study, *, quick: bool) -> Path:
    """Return the folder for results where none is named."""
    return Path("runs") / (f"{study.name}-quick" if quick else study.name)


def bases_directory() -> Path:
    """Return where trained bases are kept for every study that can use them."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "exogate" / "lab"
