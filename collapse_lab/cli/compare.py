"""`collapse-lab compare`: two arms against each other."""

from __future__ import annotations

from pathlib import Path

import click

from collapse_lab.report.reading import ReportError


@click.command("compare")
@click.argument("a")
@click.argument("b")
@click.option(
    "--run", "run", type=click.Path(path_type=Path), help="The run that arms without a DIR of their own are of."
)
@click.option("--benchmark", help="Which benchmark [the first].")
@click.option("--round", "t", type=click.IntRange(0, 1000), help="Which round [the last that both have].")
def command(a: str, b: str, run: Path | None, benchmark: str | None, t: int | None) -> None:
    """Compare arm A with arm B, paired by base, seed and task. An arm is LABEL (of --run DIR) or DIR:LABEL."""
    from collapse_lab.report.compare import compare, sentences
    from collapse_lab.report.reading import read

    try:
        (one, first), (two, second) = _arm(a, run), _arm(b, run)
        opened = {folder: read(folder) for folder in {one, two}}
        found = compare(opened[one], first, opened[two], second, benchmark, t)
    except ReportError as error:
        raise click.ClickException(str(error)) from error
    click.echo("\n".join(sentences(found)))


def _arm(named: str, run: Path | None) -> tuple[Path, str]:
    """Return the folder and the label that an argument names."""
    folder, colon, label = named.rpartition(":")
    if colon and folder:
        return Path(folder), label
    if run is None:
        raise ReportError(f"Of which run is arm {named!r}? Add --run DIR, or write DIR:{named}.")
    return run, named
