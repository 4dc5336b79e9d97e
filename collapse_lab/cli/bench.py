"""`collapse-lab bench`: what the lab does on a GPU, measured."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from collapse_lab.bench.lines import Line, LinesError, done, read, without, write
from collapse_lab.bench.plan import Kind, Step, steps

_MOST_MINUTES = 8.0


@click.command("bench")
@click.option("--gpu", "kind", flag_value="gpu", help="Measure on the first CUDA device.")
@click.option("--cpu", "kind", flag_value="cpu", help="The same steps with tiny models, to see that they work.")
@click.option("--show", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Print a file's table.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("bench.jsonl"),
    show_default=True,
    help="Where lines are kept; runs of studies lie beside it.",
)
@click.option("--only", default="*", metavar="PATTERN", help="The steps whose name matches, as in a shell; A|B: both.")
@click.option("--again", is_flag=True, help="Forget the lines of these steps first.")
@click.option("--list", "listed", is_flag=True, help="Name the steps, and run none.")
@click.option(
    "--minutes", type=click.FloatRange(0, min_open=True), default=_MOST_MINUTES, show_default=True, help="Of a step."
)
@click.option("--source", "sources", multiple=True, metavar="MODEL=PLACE", help="A model's weights, for studies.")
def command(
    kind: Kind | None,
    show: Path | None,
    out: Path,
    only: str,
    again: bool,
    listed: bool,
    minutes: float,
    sources: tuple[str, ...],
) -> int:
    """Measure how fast each engine writes and how much of the device training uses, and run the mini studies' arms.

    Each step is a process of its own, under a time limit, and its line is printed and kept as soon as it is known.
    Called again, it runs the steps that have no line yet, and those that could not be run here (a package or weights
    were missing). Nothing is estimated: what was not run has no number.

    Exit status: 0 when every step came to its end, 1 when some did not, 2 where nothing could be run.
    """
    if sum((kind is not None, show is not None, listed)) != 1:
        raise click.UsageError("Say one of --gpu, --cpu, --list and --show FILE.")
    try:
        if show is not None:
            click.echo(_shown(read(show)))
            return 0
        wanted = steps(only)
        if not wanted:
            raise click.ClickException(f"No step is called as {only!r} says. See collapse-lab bench --list.")
        if kind is None:
            click.echo("\n".join(step.name for step in wanted))
            return 0
        if kind == "gpu":
            _see_that_there_is_one()
        return _measured(wanted, kind, out, minutes, _places(sources), again=again)
    except LinesError as error:
        raise click.ClickException(str(error)) from error


def _measured(
    wanted: Sequence[Step], kind: Kind, out: Path, minutes: float, sources: dict[str, str], *, again: bool
) -> int:
    from collapse_lab.bench.run import run

    kept = read(out)
    if again:
        kept = without(kept, [step.name for step in wanted], kind)
        write(out, kept)
    there = done(kept, kind)
    left = [step for step in wanted if step.name not in there]
    if len(left) < len(wanted):
        click.echo(f"{len(wanted) - len(left)} of {len(wanted)} steps are in {out} (--again forgets them).", err=True)
    ended: list[Line] = []

    def told(line: Line) -> None:
        ended.append(line)
        click.echo(_said(line))

    run(left, kind, out, 60 * minutes, told, sources)
    click.echo(f"Steps run: {len(ended)}. The table: collapse-lab bench --show {out}", err=True)
    return 1 if any(line.status in ("failed", "late") for line in ended) else 0


def _see_that_there_is_one() -> None:
    try:
        import torch
    except ImportError as error:
        raise click.ClickException(f"The bench needs more ({error}): pip install 'exogate[lab]'.") from error
    if not torch.cuda.is_available():
        raise click.ClickException(
            f"No GPU is here: torch {torch.__version__} sees no CUDA device. Install a driver and a build of torch for "
            "it, or run this on a host that has them (deploy/gpu-runner). `collapse-lab bench --cpu` tries the same "
            "steps with tiny models."
        )


def _places(sources: tuple[str, ...]) -> dict[str, str]:
    """Return where models' weights are, by their names. Folders and files by their whole paths."""
    found = {}
    for each in sources:
        name, equals, place = each.partition("=")
        if not (name and equals and place):
            raise click.UsageError(f"--source {each!r} is not of the form MODEL=PLACE, as qwen2.5-coder-0.5b=FOLDER.")
        found[name] = str(Path(place).resolve()) if Path(place).exists() else place
    return found


def _said(line: Line) -> str:
    from collapse_lab.bench.table import row

    found = row(line)
    asked = f" [{found.asked}: {found.reached}]" if found.asked else ""
    return f"{found.step}: {found.measured}{asked} ({line.seconds:.0f} s)"


def _shown(lines: Sequence[Line]) -> str:
    from collapse_lab.bench.table import text

    if not lines:
        raise click.ClickException("The file has no lines yet. Run steps with --gpu.")
    return text(lines)
