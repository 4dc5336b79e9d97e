"""`collapse-lab run`: a study from its start, or from where it stood."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from collapse_lab.cli.options import bases_directory, default_out, read_study, study_options
from collapse_lab.cli.progress import Shown
from collapse_lab.job import Plan
from collapse_lab.manifest import ManifestError, claim
from collapse_lab.models.several import several
from collapse_lab.remote import Remote, RemoteError
from collapse_lab.run import Progress, run
from collapse_lab.shared import claim_share, mirror, mirror_logs
from collapse_lab.study import PretrainedModel, Study
from collapse_lab.summary import write_summary
from collapse_lab.tasks import open_source
from collapse_lab.tasks.task import Benchmark

_LOOK_SECONDS = 1.0
# Every look at a store of objects is a listing that is paid for.
_SHARE_LOOK_SECONDS = 5.0


@click.command("run")
@study_options
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Where results go [runs/STUDY].")
@click.option("--workers", type=click.IntRange(1, 512), help="Arms at a time [one a core].")
@click.option("--keep-models", is_flag=True, help="Keep every round's pretrained weights [the last round's].")
@click.option("--queue", metavar="NAME", help="Let workers take the arms: collapse-lab worker --queue NAME.")
@click.option("--redis", metavar="URL", help="Where the queue is [REDIS_URL].")
@click.option("--share", metavar="URL", help="What hosts share: s3://BUCKET/FOLDER, ... [the folder of --out].")
def command(
    study: str,
    model: str | None,
    source: str | None,
    arms: str,
    sitting: str | None,
    seeds: int | None,
    rounds: int | None,
    quick: bool,
    out: Path | None,
    workers: int | None,
    keep_models: bool,
    queue: str | None,
    redis: str | None,
    share: str | None,
) -> int:
    """Run STUDY (a shipped one's name, or a file). Called again with the same words, it goes on where it stood.

    With --queue the arms are run by workers, on any number of hosts. They share the folder of --out (on a file system
    that all have under the same path), or what --share names. With --sitting a part of the arms is run by itself, into
    runs/STUDY-sittings/NAME (and what --share names, below it); `collapse-lab merge` puts the parts together.

    Exit status: 0 when every arm came to its end, 1 when some failed, 2 where nothing could be run.
    """
    if queue and workers:
        raise click.UsageError("--workers is for arms on this host. Start workers: collapse-lab worker --queue NAME.")
    if redis and not queue:
        raise click.UsageError("--redis says where a queue is. Name it with --queue.")
    asked = read_study(study, arms, seeds, rounds, quick=quick, model=model, source=source, sitting=sitting)
    opened, chosen = asked.study, asked.cells
    _see_that_all_is_there(opened, here=queue is None)
    folder = out or default_out(opened, quick=quick, sitting=asked.sitting)
    if share and asked.sitting:
        # Pages lie by an arm's place in its run: those of two sittings would take each other's place.
        share = f"{share.rstrip('/')}/{asked.sitting}"
    plan = Plan(opened, asked.pattern, seeds, rounds or opened.rounds, str(bases_directory()), keep_models)
    try:
        claim(folder, opened)
        home = Remote(share) if share else None
        if home is not None:
            claim_share(home, opened)
        with Shown(folder, chosen, plan.rounds) as shown:
            if queue:
                ended = _queued(folder, plan, queue, redis, home, shown)
            else:
                ended = run(folder, plan, workers or len(os.sched_getaffinity(0)), shown.update, home)
        if home is not None:
            mirror(folder, home)
            mirror_logs(folder, home)
    except (ManifestError, RemoteError) as error:
        raise click.ClickException(str(error)) from error
    for number, why in ended.failed.items():
        click.echo(f"Arm {chosen[number].name} failed: {why}", err=True)
    path = write_summary(folder, quick=quick, command=shlex.join(["collapse-lab", *sys.argv[1:]]))
    click.echo(f"{len(ended.done)} of {len(chosen)} arms ended. {path}\nNext: collapse-lab report {folder}")
    return 1 if ended.failed else 0


def _see_that_all_is_there(study: Study, *, here: bool) -> None:
    """See that benchmarks can be opened, and *here*, where arms are run, the pool, the texts, the weights and the
    devices: an hour later would be late to say so."""
    try:
        source = open_source(study.tasks)
        benchmarks = source.benchmarks()
        if here and isinstance(study.model, PretrainedModel):
            from collapse_lab.models.pretrained import identity_of

            if several():
                from collapse_lab.models.device import homes

                homes()
            for number in (0, *(() if study.model.foreign is None else (1,))):
                identity_of(study.model, number)
            if study.model.tuned:
                from collapse_lab.models.tuned import see_that_there_are_enough

                see_that_there_are_enough(study.model.tuned, source)
        if here:
            _ = source.identity
            _see_texts(study, benchmarks)
    except ValueError as error:
        raise click.ClickException(str(error)) from error


def _see_texts(study: Study, benchmarks: Mapping[str, Benchmark]) -> None:
    """See that there are as many natural-language texts as a round may mix in. Raises ``ValueError``."""
    if study.mixes_prose:
        from collapse_lab.arms import cells
        from collapse_lab.documents import most_texts
        from collapse_lab.pools.prose import prose_of

        prose_of(study, benchmarks).draw(0, most_texts(study, cells(study)))


def _queued(folder: Path, plan: Plan, queue: str, redis: str | None, share: Remote | None, shown: Shown) -> Progress:
    """Run the arms by workers, and watch them."""
    try:
        from redis.exceptions import RedisError

        from collapse_lab.arm_queue import QueueError, connect, open_queue
        from collapse_lab.queued import Watch
    except ImportError as error:
        raise click.ClickException(f"A queue needs more ({error}): pip install 'exogate[lab]'.") from error
    started = False
    try:
        watch = Watch(
            folder, plan, open_queue(queue, connect(redis)), share, _SHARE_LOOK_SECONDS if share else _LOOK_SECONDS
        )
        count = watch.start()
        started = True
        click.echo(f"{count} arms put into queue {queue}.", err=True)
        return watch.follow(shown.update)
    except QueueError as error:
        raise click.ClickException(str(error)) from error
    except RedisError as error:
        raise click.ClickException(
            f"Redis does not answer any more ({error}). Workers go on with the arms that they have; the same command "
            "looks again."
        ) from error
    except KeyboardInterrupt:
        if not started:
            raise
        click.echo(
            f"The arms in queue {queue} go on without this command. The same command shows them again, and writes "
            f"the summary; collapse-lab status {folder} says how far they are.",
            err=True,
        )
        sys.exit(130)
