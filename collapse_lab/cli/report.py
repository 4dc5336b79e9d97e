"""`collapse-lab report`: the page, the pictures and the tables of runs."""

from __future__ import annotations

import os
from pathlib import Path

import click

from collapse_lab.report.reading import ReportError


@click.command("report")
@click.argument("folders", nargs=-1, required=True, metavar="DIR...", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to write [DIR; with several: what holds them].",
)
def command(folders: tuple[Path, ...], out: Path | None) -> None:
    """Write report.html, plots/ and tables/ of the run in each DIR. With several, one page has a chapter for each."""
    from collapse_lab.report.build import build

    chosen = out or (folders[0] if len(folders) == 1 else Path(os.path.commonpath([f.resolve() for f in folders])))
    try:
        page = build(folders, chosen)
    except ReportError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{page}\nTables: {chosen / 'tables'} (CSV, Parquet). Pictures: {chosen / 'plots'} (SVG, PNG).")
