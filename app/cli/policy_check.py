"""`exogate policy check`: what is known of a policy, and whether that is enough."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli.exits import Exit
from app.cli.output import say

if TYPE_CHECKING:
    from gates.evidence.find import PolicyEvidence
    from gates.evidence.measure import Plan


def _share(_: click.Context, __: click.Parameter, value: float | None) -> float | None:
    if value is not None and not (math.isfinite(value) and 0 <= value <= 1):
        raise click.BadParameter("a share lies from 0 to 1, as in 0.8.")
    return value


@click.command("check")
@click.argument("wanted", required=False, metavar="[FILE|NAME]")
@click.option("--min-retention", type=float, callback=_share, metavar="SHARE", help="Demand that so much is kept.")
@click.option(
    "--evidence",
    "folders",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder with further cards; may be given more than once.",
)
@click.option("--study", type=click.Path(dir_okay=False, path_type=Path), help="Write a study that measures it there.")
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True)
def check(
    wanted: str | None, min_retention: float | None, folders: tuple[Path, ...], study: Path | None, form: str
) -> int:
    """Say what was measured for a policy: a preset, or a file [.github/exogate.yml where there is one, else standard].

    With --min-retention the low end of the measured 95 % interval must reach it.

    Exit status: 0 nothing speaks against it, 1 refused, or it keeps less than --min-retention, 2 wrong usage or an
    invalid policy, 3 --min-retention was asked for and nothing was measured that could answer it.
    """
    from app.policy_evidence import Checked, as_json, as_text
    from app.policy_source import CONFIG_PATHS, DEFAULT, asked_for
    from gates.evidence.find import find
    from gates.evidence.refusal import refusal
    from gates.evidence.shelf import shelf
    from gates.policy import PolicyError

    asked = wanted if wanted is not None else next((path for path in CONFIG_PATHS if Path(path).is_file()), DEFAULT)
    try:
        policy, source = asked_for(asked, endogenous_alone=True)
        cards = shelf(folders)
    except PolicyError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"--evidence: {error.filename} cannot be read: {error.strerror}.") from error
    evidence = find(policy, cards)
    checked = Checked(
        policy=policy,
        source=source,
        evidence=evidence,
        refused=refusal(policy, cards),
        problems=cards.problems,
        measure=_plan(asked, evidence, is_file=source != "preset", study=study),
        written=study is not None,
        least=min_retention,
    )
    if study is not None and checked.measure is not None:
        _write(checked.measure, study)
    say(as_json(checked) if form == "json" else as_text(checked), nl=False)
    return {"accept": Exit.ACCEPTED, "reject": Exit.REJECTED, "error": Exit.COULD_NOT_JUDGE}[checked.conclusion]


def _plan(asked: str, evidence: PolicyEvidence, *, is_file: bool, study: Path | None) -> Plan | None:
    """Return how to measure a policy that was not; a study is written for one that was, too, where that is asked."""
    from gates.evidence.measure import NameTakenError, plan

    if evidence.status == "measured" and study is None:
        return None
    try:
        return plan(asked, is_file=is_file, study=study or Path("measure.yml"))
    except NameTakenError as error:
        if study is not None:
            raise click.ClickException(str(error)) from error
        return None


def _write(plan: Plan, study: Path) -> None:
    from app.cli.output import check_output, write

    check_output(study)
    write(plan.text, study)
