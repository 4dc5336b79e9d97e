"""`collapse-lab evidence`: cards that policies carry, from runs."""

from __future__ import annotations

from pathlib import Path

import click

from collapse_lab.report.reading import ReportError


@click.command("evidence")
@click.argument("runs", nargs=-1, required=True, metavar="RUN...", type=click.Path(path_type=Path))
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to write the cards; gates/evidence/ holds those that ship.",
)
def command(runs: tuple[Path, ...], out: Path) -> None:
    """Write an evidence card for each policy that the RUNs measured, and exposure.json from a run with hybrid arms.

    A policy that several of them measured gets the card of the one that gave a verdict, then of the one with more seeds
    times rounds; of equals the one named later.
    """
    from collapse_lab.evidence.choose import chosen, measured
    from collapse_lab.evidence.write import write
    from collapse_lab.report.reading import read

    try:
        found = chosen([measured(str(folder), read(folder)) for folder in runs])
    except ReportError as error:
        raise click.ClickException(str(error)) from error
    try:
        said = write(found, out)
    except OSError as error:
        raise click.ClickException(f"{error.filename} cannot be written: {error.strerror}.") from error
    click.echo("\n".join([*found.notes, *said]))
