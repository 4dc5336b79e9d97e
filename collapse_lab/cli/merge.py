"""`collapse-lab merge`: arms that were run apart from each other, together."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import click

from collapse_lab.report.reading import ReportError


@click.command("merge")
@click.argument("runs", nargs=-1, required=True, metavar="RUN...", type=click.Path(path_type=Path))
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to write what is put together.",
)
def command(runs: tuple[Path, ...], out: Path) -> None:
    """Put the RUNs of one study's arms (`run --arms`, each with an --out of its own) together in --out.

    They must be of the same study, revision, versions and rounds. `report`, `compare`, `evidence` and `verify-paper`
    take the result as they take a run; `run` does not go on from it. Called again, it is written anew.
    """
    from collapse_lab.merging import MergeError, merge, write
    from collapse_lab.report.reading import read

    try:
        opened = [read(folder) for folder in runs]
        merged = merge(opened, shlex.join(["collapse-lab", *sys.argv[1:]]))
        path = write(merged, opened, out)
    except (ReportError, MergeError) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{error.filename} cannot be written: {error.strerror}.") from error
    click.echo("\n".join(merged.notes), nl=bool(merged.notes))
    arms = len(merged.summary["arms"])
    click.echo(f"{arms} arms of {len(runs)} runs. {path}\nNext: collapse-lab report {out}")
