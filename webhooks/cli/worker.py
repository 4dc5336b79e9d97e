"""`exogate worker`: the workers of the App, and what looks after deliveries and check runs."""

from __future__ import annotations

import click

from app.cli.exits import Exit
from app.cli.output import say
from webhooks.cli import settings_or_usage

_INSTALL = "exogate worker needs what the App needs; install it: pip install 'exogate[app]'"


@click.command("worker")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="How many reviews at a time.")
def command(workers: int) -> int:
    """Do what the queue (REDIS_URL) asks for, and recover deliveries that were missed.

    One that ends is started again. Ctrl-C or SIGTERM lets jobs at hand end for 30 seconds and puts them back then.

    Exit status: 0 stopped; 2 wrong usage or settings; 3 something could not be started.
    """
    settings_or_usage()
    try:
        from webhooks.children import ChildError, Family
        from webhooks.embedded import worker_programs
        from webhooks.process import log_to_stderr
    except ModuleNotFoundError as error:
        raise click.ClickException(f"{_INSTALL} ({error.name} is missing)") from error
    log_to_stderr()
    try:
        Family(worker_programs(workers)).run()
    except ChildError as error:
        click.echo(f"Error: {error}", err=True)
        return Exit.COULD_NOT_JUDGE
    say("Stopped.")
    return Exit.ACCEPTED
