"""`exogate up`: the whole App, with a Redis and a database of its own."""

from __future__ import annotations

import secrets

import click

from app.cli.exits import Exit
from app.cli.output import say
from webhooks.cli import settings_or_usage

_INSTALL = "exogate up needs what the App needs; install it: pip install 'exogate[app]'"


@click.command("up")
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Where to listen.")
@click.option("--port", type=click.IntRange(1, 65_535), metavar="PORT", help="The port; otherwise PORT, or 8000.")
@click.option("--processes", type=click.IntRange(1), default=2, show_default=True, help="How many processes serve.")
@click.option("--workers", type=click.IntRange(1), default=2, show_default=True, help="How many reviews at a time.")
@click.option("--local", is_flag=True, help="Let you see and do everything on the dashboard, on this machine only.")
def command(host: str, port: int | None, processes: int, workers: int, local: bool) -> int:
    """Run the App: web, workers, an embedded Redis, and SQLite unless DATABASE_URL names another database.

    Everything is kept in EXOGATE_DATA_DIR. Ctrl-C ends all of it; what was in the queue goes on at the next start.

    Exit status: 0 stopped; 2 wrong usage or settings; 3 something could not be started.
    """
    settings = settings_or_usage()
    try:
        from app.dashboard.origin import is_loopback
        from webhooks.children import ChildError, Family
        from webhooks.embedded import EmbeddedError, alone, programs, redis_server, socket_for
        from webhooks.process import log_to_stderr
    except ModuleNotFoundError as error:
        raise click.ClickException(f"{_INSTALL} ({error.name} is missing)") from error
    if local and not is_loopback(host):
        raise click.ClickException(
            f"--local is for this machine only, and {host} is reached from others. Leave one out."
        )
    log_to_stderr()
    bind = f"{host}:{port or settings.port}"
    token = secrets.token_urlsafe(32) if local else ""
    for sentence in settings.missing:
        say(sentence)
    try:
        with alone(settings.data_dir), socket_for(settings.data_dir.absolute()) as socket:
            family = Family(programs(settings, redis_server(), socket, bind, processes, workers, token))
            family.run(lambda: _begun(bind, token))
    except (EmbeddedError, ChildError) as error:
        click.echo(f"Error: {error}", err=True)
        return Exit.COULD_NOT_JUDGE
    say("Stopped.")
    return Exit.ACCEPTED


def _begun(bind: str, token: str) -> None:
    say(f"Exogate listens at http://{bind}/webhooks/github. Ctrl-C ends it.")
    if token:
        say(f"The dashboard, for you on this machine: http://{bind}/signin/local?token={token}")
    else:
        say(f"The dashboard: http://{bind}/")
