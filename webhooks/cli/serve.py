"""`exogate serve`: the web process of the App."""

from __future__ import annotations

import click

from webhooks.cli import settings_or_usage

_INSTALL = "exogate serve needs what the App needs; install it: pip install 'exogate[app]'"


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Where to listen.")
@click.option("--port", type=click.IntRange(1, 65_535), metavar="PORT", help="The port; otherwise PORT, or 8000.")
@click.option("--processes", type=click.IntRange(1), default=2, show_default=True, help="How many processes serve.")
def command(host: str, port: int | None, processes: int) -> None:
    """Take GitHub's webhooks, put what they ask for into the queue, and answer.

    POST /webhooks/github, GET /healthz, /readyz and /metrics. Redis (REDIS_URL) and the ledger (DATABASE_URL) must
    run; `exogate worker` does the work. Ctrl-C ends it.

    Exit status: 0 stopped; 2 wrong usage or settings; 3 the ledger cannot be used.
    """
    settings = settings_or_usage()
    try:
        from webhooks.web import serve
    except ModuleNotFoundError as error:
        raise click.ClickException(f"{_INSTALL} ({error.name} is missing)") from error
    serve(f"{host}:{port or settings.port}", processes)
