"""`exogate gates`: what there is to judge with."""

from __future__ import annotations

import json
from typing import Any

import click

from app.cli.output import say


@click.command("gates")
@click.option("--format", "form", type=click.Choice(("terminal", "json")), default="terminal", show_default=True)
def command(form: str) -> None:
    """List the gates: name, kind, version, what each needs, and its default settings."""
    from gates import registry

    rows = [_describe(name) for name in registry.names()]
    if form == "json":
        say(json.dumps(rows, indent=2))
        return
    for row in rows:
        say(f"{click.style(row['name'], bold=True)}  {row['summary']}")
        needs = ", ".join(row["needs"]) or "nothing"
        say(f"    {row['kind']}, version {row['version']}, needs {needs}")
        for key, value in row["settings"].items():
            say(f"    {key}: {json.dumps(value)}")


def _describe(name: str) -> dict[str, Any]:
    from gates import registry

    try:
        gate = registry.get(name)
    except registry.BrokenGateError as error:
        return {"name": name, "kind": "unknown", "version": "?", "needs": [], "summary": str(error), "settings": {}}
    return {
        "name": name,
        "kind": gate.kind.value,
        "version": gate.version,
        "needs": sorted(need.value for need in gate.needs),
        "summary": gate.summary,
        "settings": gate.settings_type().model_dump(mode="json"),
    }
