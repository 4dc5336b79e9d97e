"""`exogate action`: review the change that a job of GitHub Actions is about."""

from __future__ import annotations

import os
from pathlib import Path

import click

from app.cli.output import say, write


@click.command("action")
@click.option(
    "--commands",
    "commands_file",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="Write the workflow commands (annotations) to this file, which whoever started this prints.",
)
def command(commands_file: Path) -> int:
    """Judge what the event of this job brings, and write its summary, outputs, annotations, SARIF and JSON.

    What this prints is for reading and may quote the change: print it between `::stop-commands::`, as
    deploy/action/review.sh does. Exit status: 0, or as the input fail-on asks: 1 rejected, 3 could not judge;
    2 where the workflow or the policy cannot be used.
    """
    from app.action.inputs import InputError
    from app.action.run import act
    from app.reporting.text import visible

    try:
        told = act(os.environ)
    except InputError as error:
        raise click.ClickException(str(error)) from error
    write("".join(f"{line}\n" for line in told.commands) or "\n", commands_file)
    for line in told.log.split("\n"):
        say(visible(line))
    return told.status
