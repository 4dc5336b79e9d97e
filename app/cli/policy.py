"""`exogate policy`: list, show and check policies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from gates.policy import Policy


@click.group("policy")
def command() -> None:
    """List, show and check policies."""


@command.command("list")
def list_policies() -> None:
    """List the shipped policies."""
    from gates.presets import preset, preset_names

    for name in preset_names():
        click.echo(f"{name:<16} {preset(name).description}")


@command.command("show")
@click.argument("name")
def show(name: str) -> None:
    """Print a policy with everything that it extends filled in."""
    import yaml

    policy, _ = _load(name)
    body = policy.model_dump(mode="json", exclude={"name", "description"})
    body["gates"] = {
        gate: {"level": rule.level, "settings": policy.settings_of(gate).model_dump(mode="json")}
        | ({"only_for": list(rule.only_for)} if "only_for" in rule.model_fields_set else {})
        for gate, rule in policy.gates.items()
    }
    click.echo(f"# {policy.name}: {policy.description}\n# hash: {policy.hash}")
    click.echo(yaml.safe_dump(body, sort_keys=False, default_flow_style=False), nl=False)


@command.command("validate")
@click.argument("file", type=click.Path(path_type=Path))
def validate(file: Path) -> None:
    """Check a policy file; every problem is named with its line."""
    if not file.is_file():
        raise click.ClickException(f"{file} is no file.")
    policy, _ = _load(str(file))
    blocking = [name for name, rule in policy.gates.items() if rule.level == "block"]
    advising = [name for name, rule in policy.gates.items() if rule.level == "advise"]
    click.echo(f"{file} is valid: policy {policy.name}, hash {policy.hash[:12]}.")
    click.echo(f"  blocking: {', '.join(blocking) or 'none'}")
    click.echo(f"  advising: {', '.join(advising) or 'none'}")


def _load(wanted: str) -> tuple[Policy, str]:
    from app.policy_source import asked_for
    from gates.policy import PolicyError

    try:
        return asked_for(wanted)
    except PolicyError as error:
        raise click.ClickException(str(error)) from error
