"""`collapse-lab plan`: what a study would cost."""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass
from typing import Any

import click

from collapse_lab.arms import Cell
from collapse_lab.cli.options import read_study, study_options
from collapse_lab.cost import Cost, Estimate, Hardware, estimate, machines
from collapse_lab.models.known import Known, known
from collapse_lab.models.model import Training
from collapse_lab.models.several import several
from collapse_lab.sittings import Sitting, sittings
from collapse_lab.studies import StudyError, models_of
from collapse_lab.study import CodeTasks, PretrainedModel, Study

_MINUTES_BELOW, _GIGABYTES_FROM = 2.0, 1e10
_WIDTH = 118


@dataclass(frozen=True)
class Planned:
    """What a study's arms would take: at most, and where every quota is filled as soon as it can be."""

    study: Study
    cells: list[Cell]
    rounds: int
    most: Estimate
    least: Estimate

    @classmethod
    def of(cls, study: Study, cells: list[Cell], rounds: int) -> Planned:
        """Return it for some arms up to a round."""
        most, least = (estimate(study, cells, rounds, least=fewest) for fewest in (False, True))
        return cls(study, cells, rounds, most, least)

    @property
    def labels(self) -> list[str]:
        """The arms, each once."""
        return list(dict.fromkeys(cell.label for cell in self.cells))

    def hours(self, machine: Hardware) -> tuple[float, float]:
        """Return the least and the most hours."""
        return self.least.hours(machine), self.most.hours(machine)

    def alone(self, sitting: Sitting) -> Planned:
        """Return what one sitting takes."""
        return Planned.of(self.study, [cell for cell in self.cells if cell.label in sitting.labels], self.rounds)


@click.command("plan")
@study_options
@click.option("--hardware", metavar="NAME", help="For this machine only, such as h200.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with the sittings that arms can be run in.")
def command(
    study: str,
    model: str | None,
    source: str | None,
    arms: str,
    sitting: str | None,
    seeds: int | None,
    rounds: int | None,
    quick: bool,
    hardware: str | None,
    as_json: bool,
) -> None:
    """Say what `run` with the same words would do and cost, before anything starts. Nothing is written or fetched.

    Of a study of several models, without --model: what each of them takes.
    """
    found = _machines(hardware)
    several = _several(study) if model is None else ()
    plans = []
    for name in several or (model,):
        asked = read_study(study, arms, seeds, rounds, quick=quick, model=name, source=source, sitting=sitting)
        plans.append(Planned.of(asked.study, asked.cells, rounds or asked.study.rounds))
    if as_json:
        rows = [_row(plan, found) for plan in plans]
        click.echo(json.dumps(rows if several else rows[0], indent=1))
    elif several:
        _list(plans, found)
    else:
        _tell(plans[0], found)


def _several(study: str) -> tuple[str, ...]:
    try:
        return models_of(study)
    except StudyError as error:
        raise click.ClickException(str(error)) from error


def _machines(wanted: str | None) -> list[Hardware]:
    known = machines()
    found = [machine for machine in known if wanted is None or wanted.lower() in machine.name.lower().split()]
    if not found:
        listed = ", ".join(machine.name for machine in known)
        raise click.ClickException(f"No machine is called {wanted!r}. There are: {listed}. Write a word of one.")
    return found


def _tell(plan: Planned, found: list[Hardware]) -> None:
    study, most, memory = plan.study, plan.most, _memory(plan.study)
    whole = most.whole
    click.echo(textwrap.fill(f"{study.name}: {study.question}", _WIDTH, subsequent_indent="  "))
    seeds = len({cell.seed for cell in plan.cells})
    click.echo(f"\n{len(plan.labels)} arms x {seeds} seeds, {plan.rounds} rounds each:")
    click.echo(_wrapped("; ".join(plan.labels), "  "))
    extra = len(most.arms) - len(plan.cells)
    if extra:
        click.echo(f"  and {extra} that their random controls are matched with")
    least = "" if plan.least == most else ", at most: quotas may need less"
    click.echo(
        f"\n{most.weights:,} weights a model, {whole.models} models, {len(most.bases)} of them bases\n{_tuned(plan)}"
        f"tokens  {_tokens(whole)}, {_short(whole.read)} read{least}\n"
        f"FLOPs   {whole.flops(most.weights):.2g}\n"
        f"gates   {_short(whole.judged)} programs judged or run\n"
        f"disk    {_disk(most.disk_bytes)}{_meanwhile(study, most.weights)}"
    )
    if memory:
        click.echo(memory)
    if prose := _prose(plan):
        click.echo(prose)
    click.echo("\nTime, bases included (those that are kept from earlier studies cost nothing):")
    for machine in found:
        click.echo(f"  {_span(plan.hours(machine)):>16}  {machine.name}{_longest(plan, machine)}")
        click.echo(_wrapped(machine.source, " " * 20))
    if note := _assumed(study):
        click.echo(_wrapped(note, ""))


def _tuned(plan: Planned) -> str:
    """Return a line on what a pretrained base learns before round 0, where it does."""
    model = plan.study.model
    if not isinstance(model, PretrainedModel) or model.tuned is None:
        return ""
    tokens = sum(base.trained for base in plan.most.bases)
    return f"base    tuned before round 0 on {model.tuned.documents:,} human documents, {_short(tokens)} tokens\n"


def _meanwhile(study: Study, weights: int) -> str:
    """Return what an arm takes beside what it leaves: of pretrained models the last round's weights stay."""
    if study.model.kind != "pretrained":
        return ""
    return f" in the end, and {_disk(4 * weights)} more for each arm while it runs"


def _list(plans: list[Planned], found: list[Hardware]) -> None:
    first = plans[0]
    click.echo(textwrap.fill(first.study.question, _WIDTH))
    click.echo(
        f"\n{len(plans)} models x {len(first.labels)} arms x {len({c.seed for c in first.cells})} seeds, ", nl=False
    )
    click.echo(f"{first.rounds} rounds each:\n{_wrapped('; '.join(first.labels), '  ')}\n")
    for plan in plans:
        click.echo(f"{plan.study.name}\n  {_tokens(plan.most.whole)}; {_disk(plan.most.disk_bytes)}")
        for machine in found:
            click.echo(f"  {_span(plan.hours(machine))} on {machine.name}{_longest(plan, machine)}")
    click.echo("\nWhere there are two times, the first is for quotas that are filled as soon as they can be.")
    for machine in found:
        click.echo(_wrapped(f"{machine.name}: {machine.source}", ""))
    click.echo(_wrapped(_assumed(first.study), ""))
    click.echo("Choose one with --model.")


def _row(plan: Planned, found: list[Hardware]) -> dict[str, Any]:
    """Return a plan as plain values. Hours are the least and the most."""
    whole = plan.most.whole
    model = plan.study.model
    return {
        "study": plan.study.name,
        "model": model.name if isinstance(model, PretrainedModel) else None,
        "tuned_on": model.tuned.documents if isinstance(model, PretrainedModel) and model.tuned else None,
        "rounds": plan.rounds,
        "seeds": sorted({cell.seed for cell in plan.cells}),
        "arms": plan.labels,
        "sittings": [
            {"name": one.name, "arms": one.arms, "hours": {m.name: plan.alone(one).hours(m) for m in found}}
            for one in sittings(plan.study, plan.cells)
        ],
        "weights": plan.most.weights,
        "tokens": {"trained": whole.trained, "written": whole.written, "read": whole.read},
        "disk_bytes": plan.most.disk_bytes,
        "hours": {machine.name: plan.hours(machine) for machine in found},
        "assumed": {machine.name: machine.source for machine in found},
    }


def _prose(plan: Planned) -> str:
    """Return how much of what is trained on is natural language, and from where; nothing where none is."""
    shares = sorted({cell.prose_share for cell in plan.cells})
    if not isinstance(plan.study.tasks, CodeTasks) or plan.study.tasks.prose is None or not any(shares):
        return ""
    said = ", ".join(f"{share:.0%}" for share in shares)
    return f"prose   {said} of a round's documents are natural-language texts ({plan.study.tasks.prose.name})"


def _longest(plan: Planned, machine: Hardware) -> str:
    """Return what the longest arm of one seed takes by itself, where there are several."""
    if len(plan.cells) == 1:
        return ""
    each = [Planned.of(plan.study, [cell], plan.rounds) for cell in plan.cells if cell.seed == plan.cells[0].seed]
    longest = max(each, key=lambda one: one.hours(machine))
    return f"; the longest arm by itself, {longest.labels[0]}: {_span(longest.hours(machine))} a seed"


def _memory(study: Study) -> str:
    if not isinstance(study.model, PretrainedModel):
        return ""
    row = known(study.model.name)
    # A base that is tuned in all its weights takes what any such training takes.
    if study.training.adapter and (study.model.tuned is None or study.model.tuned.training.adapter):
        return f"memory  {row.asking_bytes / 1e9:.1f} GB of weights, and less for the adapter"
    gigabytes = row.training_bytes / 1e9
    whole = f"memory  {gigabytes:.1f} GB to train (fp32 weights, gradients, AdamW), beside what passes through"
    return whole + _on_each(row, study.training)


def _on_each(model: Known, training: Training) -> str:
    """Return what each of the devices would hold that a training is spread over, where any are named."""
    try:
        count = len(several())
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    if not count:
        return ""
    part, copy = model.training_bytes / count / 1e9, 2 * model.parameters / 1e9
    # Autocast's: see `models/shard.py`.
    more = "" if training.precision == "fp32" or training.recompute else f", beside {copy:.1f} GB of weights in bf16"
    return f"\n        {part:.1f} GB of that on each of {count} devices{more}; times are those of one"


def _assumed(study: Study) -> str:
    if not isinstance(study.model, PretrainedModel):
        return ""
    return (
        "Assumed, not measured: how long prompts and answers are (sizes.py), and that programs are run as fast as "
        "those of the pocket study."
    )


def _tokens(whole: Cost) -> str:
    return f"{_short(whole.trained)} trained on, {_short(whole.written)} written"


def _disk(size: float) -> str:
    return f"{size / 1e6:,.0f} MB" if size < _GIGABYTES_FROM else f"{size / 1e9:,.0f} GB"


def _wrapped(text: str, indent: str) -> str:
    return textwrap.fill(text, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)


def _short(number: float) -> str:
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.3g} {unit}"
    return f"{number:.0f}"


def _span(hours: tuple[float, float]) -> str:
    least, most = (_time(each) for each in hours)
    return most if least == most else f"{least} to {most}"


def _time(hours: float) -> str:
    if hours < 1 / 60:
        return "under 1 min"
    return f"{60 * hours:.0f} min" if hours < _MINUTES_BELOW else f"{hours:,.1f} h"
