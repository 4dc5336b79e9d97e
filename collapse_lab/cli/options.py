"""What several commands take: the study, and how much of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from collapse_lab.arms import ArmsError, Cell, cells
from collapse_lab.sittings import Sitting, sittings
from collapse_lab.studies import StudyError, open_study
from collapse_lab.study import Study


def study_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add STUDY, --model, --source, --arms, --sitting, --seeds, --rounds and --quick to a command."""
    for option in (
        click.option("--quick", is_flag=True, help="The study's short form: fewer arms, seeds and rounds."),
        click.option("--rounds", type=click.IntRange(1, 100), help="Stop after so many rounds."),
        click.option("--seeds", type=click.IntRange(1, 1000), help="Run the first so many seeds only."),
        click.option(
            "--sitting", metavar="NAME", help="Run one part of the arms that can be run apart: its name, or 0, 1, ..."
        ),
        click.option(
            "--arms", default="*", metavar="PATTERN", help="Run the arms whose name matches, as in a shell; A|B: both."
        ),
        click.option("--source", metavar="PLACE", help="The model's weights: a folder, a GGUF file, or OWNER/NAME."),
        click.option("--model", metavar="NAME", help="Which model, in a study of several."),
        click.argument("study"),
    ):
        function = option(function)
    return function


@dataclass(frozen=True)
class Asked:
    """A study as the options ask for it: its arms' pattern, the arms, and the sitting where one was named."""

    study: Study
    pattern: str
    cells: list[Cell]
    sitting: str | None = None


def read_study(
    name: str,
    arms: str,
    seeds: int | None,
    rounds: int | None,
    *,
    quick: bool,
    model: str | None = None,
    source: str | None = None,
    sitting: str | None = None,
) -> Asked:
    """Return the study and its chosen arms. Raises ``click.ClickException`` where that does not work."""
    try:
        study = open_study(name, quick=quick, model=model, source=_whole(source))
        if rounds is not None and rounds > study.rounds:
            raise click.ClickException(f"Study {study.name} has {study.rounds} rounds; --rounds {rounds} is more.")
        found = cells(study, arms, seeds)
        if sitting is None:
            return Asked(study, arms, found)
        one = _sitting(study, found, sitting)
        return Asked(study, one.arms, cells(study, one.arms, seeds), one.name)
    except (StudyError, ArmsError) as error:
        raise click.ClickException(str(error)) from error


def _sitting(study: Study, found: list[Cell], wanted: str) -> Sitting:
    """Return the part of the arms of that name, or that number."""
    parts = sittings(study, found)
    named = {part.name: part for part in parts} | {str(number): part for number, part in enumerate(parts)}
    if wanted not in named:
        raise click.ClickException(
            f"Study {study.name} has no sitting {wanted!r}. It has: "
            f"{', '.join(f'{number} {part.name}' for number, part in enumerate(parts))}."
        )
    return named[wanted]


def _whole(source: str | None) -> str | None:
    """Return the full path of weights that lie here: a run goes on from other folders, too."""
    return str(Path(source).resolve()) if source and Path(source).exists() else source


def default_out(study: Study, *, quick: bool, sitting: str | None = None) -> Path:
    """Return the folder for results where none is named; sittings lie side by side."""
    name = f"{study.name}-quick" if quick else study.name
    return Path("runs") / name if sitting is None else Path("runs") / f"{name}-sittings" / sitting


def bases_directory() -> Path:
    """Return where trained bases are kept for every study that can use them."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "exogate" / "lab"
