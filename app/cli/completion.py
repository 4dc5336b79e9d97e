"""`exogate completion`: completion for bash, zsh and fish, made by click."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command("completion")
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
def command(shell: str) -> None:
    """Print the completion script; `eval "$(exogate completion bash)"` in a start-up file switches it on."""
    from app.cli import cli

    maker = get_completion_class(shell)
    assert maker is not None
    click.echo(maker(cli, {}, "exogate", "_EXOGATE_COMPLETE").source())
