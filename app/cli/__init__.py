"""The `exogate` command. One command a file; a command's module is imported when it is called."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from types import FrameType
from typing import NoReturn

import click

from app import __version__
from app.cli.exits import Exit
from app.cli.output import OutputError, drop_output, use_colour

_COMMANDS = {
    "review": ("app.cli.review", "Judge a change of a local git repository by a policy."),
    "provenance": ("app.cli.provenance", "Say where commits were declared to come from."),
    "policy": ("app.cli.policy", "List, show and check policies."),
    "gates": ("app.cli.gates", "List the gates, what they need and their settings."),
    "doctor": ("app.cli.doctor", "Find out what works on this machine, and what to do where it does not."),
    "action": ("app.cli.action", "Judge what the event of a GitHub Actions job brings."),
    "publish": ("app.cli.publish", "Put on a pull request what a run without rights found out about it."),
    "ledger": ("app.cli.ledger", "Show or export what the GitHub App has judged."),
    "export": ("app.cli.export", "Write merged lines for training pipelines, or filter a corpus by them."),
    "completion": ("app.cli.completion", "Print the completion script for a shell."),
}
# Packages that build on this one bring commands of their own: `webhooks` brings the GitHub App's.
_JOINING = "exogate.commands"
_OURS = ("app", "gates", "webhooks")


class _Lazy(click.Group):
    """A group that knows its commands' names and help without importing them."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; where nobody reads its output to the end, it has done what was asked."""
        ctx.color = None if use_colour() else False
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            drop_output()
            return Exit.ACCEPTED

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which people meet them."""
        return [*_COMMANDS, *_joining()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        try:
            if cmd_name in _COMMANDS:
                command: click.Command = import_module(_COMMANDS[cmd_name][0]).command
                return command
            joining = _joining()
            return joining[cmd_name].load() if cmd_name in joining else None
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] in _OURS:
                raise
            raise click.UsageError(
                f"`exogate {cmd_name}` needs {error.name}, which is not installed: pip install 'exogate[app]'."
            ) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table above."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])
        if joining := _joining():
            with formatter.section("The GitHub App"):
                formatter.write_text(f"{', '.join(joining)}: see exogate COMMAND --help.")


def _joining() -> dict[str, EntryPoint]:
    return {point.name: point for point in sorted(entry_points(group=_JOINING))}


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="exogate")
def cli() -> None:
    """Run exogenous gates on changes, say where code was declared to come from, and decide by a policy."""


def main() -> None:
    """Run the command line; every ending has its exit status (see ``Exit``)."""
    signal.signal(signal.SIGTERM, _terminated)
    try:
        status = cli.main(prog_name="exogate", standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("Stopped.", err=True)
        _leave(128 + (signal.SIGTERM if _terminated.called else signal.SIGINT))
    except click.UsageError as error:
        error.show()
        sys.exit(Exit.USAGE)
    except click.ClickException as error:
        click.echo(f"Error: {_harmless(error.format_message())}", err=True)
        sys.exit(Exit.USAGE)
    except OutputError as error:
        click.echo(f"Error: {_harmless(str(error))}", err=True)
        drop_output()
        sys.exit(Exit.COULD_NOT_JUDGE)
    except Exception as error:
        click.echo(
            f"exogate failed and judged nothing: {type(error).__name__}: {error}\n"
            "This is a defect. Set EXOGATE_DEBUG=1 to see where, and please report it.",
            err=True,
        )
        if _debugging():
            raise
        sys.exit(Exit.COULD_NOT_JUDGE)
    _leave(status if isinstance(status, int) else Exit.ACCEPTED)


class _Terminated:
    """Lets SIGTERM end the command as Ctrl-C does, so that nothing is left behind."""

    called = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.called = True
        raise KeyboardInterrupt


_terminated = _Terminated()


def _leave(status: int) -> NoReturn:
    """Exit at once. Python would wait for the threads of gates that nobody waits for any more."""
    if threading.active_count() > 1:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError, AttributeError):
                stream.flush()
        os._exit(status)
    sys.exit(status)


def _harmless(message: str) -> str:
    """Return a complaint in which no name (a path, a branch, a key) can act on the terminal."""
    from app.reporting.text import visible

    return "\n".join(visible(line) for line in message.split("\n"))


def _debugging() -> bool:
    return bool(os.environ.get("EXOGATE_DEBUG"))
