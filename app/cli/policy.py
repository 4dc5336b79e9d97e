"""`exogate policy`: list, show and check policies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli.output import say
from app.cli.policy_check import check

if TYPE_CHECKING:
    from gates.policy import Policy


@click.group("policy")
def command() -> None:
    """List, show and check policies."""


command.add_command(check)


@command.command("list")
def list_policies() -> None:
    """List the shipped policies."""
    from gates.presets import preset, preset_names

    for name in preset_names():
        say(f"{name:<16} {preset(name).description}")


@command.command("show")
@click.argument("name")
def show(name: str) -> None:
    """Print a policy with everything that it extends filled in."""
    import yaml

    from app.policy_source import asked_for
    from app.reporting.text import visible

    policy = _loaded(lambda: asked_for(name)[0])
    body = policy.model_dump(mode="json", exclude={"name", "description", "labels"}, exclude_none=True)
    body["gates"] = {
        gate: {"level": rule.level, "settings": policy.settings_of(gate).model_dump(mode="json")}
        | ({"only_for": list(rule.only_for)} if "only_for" in rule.model_fields_set else {})
        for gate, rule in policy.gates.items()
    }
    if policy.labels:
        body["labels"] = {key: rule.model_dump(exclude_unset=True) for key, rule in policy.labels.items()}
    say(f"# {policy.name}: {visible(policy.description.strip())}\n# hash: {policy.hash}")
    say(yaml.safe_dump(body, sort_keys=False, default_flow_style=False), nl=False)


@command.command("validate")
@click.argument("file", type=click.Path(path_type=Path))
def validate(file: Path) -> None:
    """Check a policy file; every problem is named with its line."""
    from app.policy_source import from_file

    policy = _loaded(lambda: from_file(file))
    blocking = [name for name, rule in policy.gates.items() if rule.level == "block"]
    advising = [name for name, rule in policy.gates.items() if rule.level == "advise"]
    say(f"{file} is valid: policy {policy.name}, hash {policy.hash[:12]}.")
    say(f"  blocking: {', '.join(blocking) or 'none'}")
    say(f"  advising: {', '.join(advising) or 'none'}")
    for line in _labels(policy):
        say(line)
    if not blocking or not policy.enforce:
        why = "no gate blocks" if policy.enforce else "`enforce: false` makes every gate advise"
        say(f"  Note: {why}, so this policy accepts every change.")


def _labels(policy: Policy) -> list[str]:
    from app.reporting.text import visible

    off = [key for key, rule in policy.labels.items() if rule.show == "off"]
    named = [f"{key} is called {rule.name!r}" for key, rule in policy.labels.items() if rule.name is not None]
    shown = (("labels off", off), ("labels named", named))
    return [f"  {what}: {visible(', '.join(lines))}" for what, lines in shown if lines]


def _loaded(load: Callable[[], Policy]) -> Policy:
    from gates.policy import PolicyError

    try:
        return load()
    except PolicyError as error:
        raise click.ClickException(str(error)) from error
