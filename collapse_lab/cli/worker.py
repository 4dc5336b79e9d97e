"""`collapse-lab worker`: this host takes arms of studies from a queue."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from collapse_lab.cli.options import bases_directory


@click.command("worker")
@click.option("--queue", required=True, metavar="NAME", help="The queue, as `collapse-lab run --queue` names it.")
@click.option("--redis", metavar="URL", help="Where the queue is [REDIS_URL].")
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), help="Where runs behind a share are kept.")
@click.option("--burst", is_flag=True, help="Leave when the queue is empty.")
@click.option(
    "--silence",
    type=click.IntRange(3, 86_400),
    default=60,
    show_default=True,
    metavar="SECONDS",
    help="After so long without a sign of life this worker counts as dead, and its arm is taken up by another.",
)
def command(queue: str, redis: str | None, folder: Path | None, burst: bool, silence: int) -> int:
    """Take arms one after the other, each in a fresh process, until stopped. Start one a core, or one a GPU.

    Ctrl-C, or SIGTERM, puts the arm at hand back; it goes on from what has been made. Credentials come from the
    environment: REDIS_URL, AWS_ACCESS_KEY_ID, ...

    Exit status: 0 when it was stopped or the queue was empty, 2 where it must not take part (another revision).
    """
    try:
        from collapse_lab.arm_queue import QueueError, connect
        from collapse_lab.worker import ArmWorker
    except ImportError as error:
        raise click.ClickException(f"A queue needs more ({error}): pip install 'exogate[lab]'.") from error
    runs = folder or bases_directory() / "runs"
    try:
        worker = ArmWorker(
            queue, connect(redis, patient=True), runs.resolve(), bases_directory().resolve(), silence, _say
        )
    except QueueError as error:
        raise click.ClickException(str(error)) from error
    _say(f"waiting for arms in queue {queue}")
    worker.work(burst=burst, logging_level="WARNING")
    if worker.refusal is not None:
        raise click.ClickException(f"This worker takes no more arms: {worker.refusal}")
    return 0


def _say(line: str) -> None:
    click.echo(f"{datetime.now():%H:%M:%S} {line}", err=True)
