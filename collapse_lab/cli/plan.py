"""`collapse-lab plan`: what a study would cost."""

from __future__ import annotations

import textwrap

import click

from collapse_lab.cli.options import read_study, study_options

_MINUTES_BELOW = 2.0


@click.command("plan")
@study_options
def command(study: str, arms: str, seeds: int | None, rounds: int | None, quick: bool) -> None:
    """Say what `run` with the same words would do and cost, before anything starts. Nothing is written."""
    from collapse_lab.cost import estimate, machines

    opened, chosen = read_study(study, arms, seeds, rounds, quick=quick)
    last = rounds or opened.rounds
    found = estimate(opened, chosen, last)
    whole = found.whole
    click.echo(textwrap.fill(f"{opened.name}: {opened.question}", 118, subsequent_indent="  "))
    labels = dict.fromkeys(cell.label for cell in chosen)
    ran = sorted({cell.seed for cell in chosen})
    click.echo(f"\n{len(labels)} arms x {len(ran)} seeds, {last} rounds each:")
    listed = textwrap.fill("; ".join(labels), 118, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
    click.echo(listed)
    extra = len(found.arms) - len(chosen)
    if extra:
        click.echo(f"  and {extra} that their random controls are matched with")
    click.echo(
        f"\n{found.weights:,} weights a model, {whole.models} models, {len(found.bases)} of them bases\n"
        f"tokens  {_short(whole.trained)} trained on, {_short(whole.written)} written, {_short(whole.read)} read\n"
        f"FLOPs   {whole.flops(found.weights):.2g}\n"
        f"gates   {_short(whole.judged)} programs judged or run\n"
        f"disk    {found.disk_bytes / 1e6:,.0f} MB\n\n"
        "Time, bases included (those that are kept from earlier studies cost nothing):"
    )
    for machine in machines():
        click.echo(f"  {_time(found.hours(machine)):>10}  {machine.name}")
        click.echo(textwrap.fill(machine.source, 118, initial_indent=" " * 14, subsequent_indent=" " * 14))


def _short(number: float) -> str:
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.3g} {unit}"
    return f"{number:.0f}"


def _time(hours: float) -> str:
    return f"{60 * hours:.0f} min" if hours < _MINUTES_BELOW else f"{hours:.1f} h"
