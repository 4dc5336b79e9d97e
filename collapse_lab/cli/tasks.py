"""`collapse-lab tasks`: what the model is asked to write."""

from __future__ import annotations

import click

from collapse_lab.study import PocketTasks
from collapse_lab.tasks import open_source


@click.command("tasks")
@click.option("--examples", default=3, show_default=True, type=click.IntRange(0, 100), help="Tasks to show in full.")
def command(examples: int) -> None:
    """Show the benchmarks of the pocket study, how they are made up, and some tasks in full."""
    source = open_source(PocketTasks())
    for name, benchmark in source.benchmarks().items():
        strata = {s: sum(t.stratum == s for t in benchmark.tasks) for s in ("head", "middle", "tail")}
        said = ", ".join(f"{n} {s}" for s, n in strata.items())
        click.echo(f"{name}: {len(benchmark.tasks)} tasks ({said}), hash {benchmark.hash[:12]}")
        for task in benchmark.tasks[:examples]:
            click.echo(f"\n# {task.id}: {task.family}, {task.stratum}\n{task.program(task.reference)}")
            click.echo(f"# hidden: {task.entry_point}(*{task.hidden[0].arguments}) == {task.hidden[0].expected}")
