"""The `collapse-lab` command. One command a file; a command's module is imported when it is called."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.metadata import version

import click

_COMMANDS = {
    "run": "Run a study, or go on with one.",
    "worker": "Take arms of studies from a queue.",
    "plan": "Say what a study would cost, before anything starts.",
    "status": "Say how far a run is.",
    "report": "Make the page, the plots and the tables of one or more runs.",
    "diagnose": "Say how a run's raw samples end as programs, by class of exception.",
    "compare": "Compare two arms of a run, paired by seed and task.",
    "merge": "Put runs of the same study's arms together.",
    "evidence": "Write the evidence cards that policies carry.",
    "verify-paper": "Put the paper's numbers beside those of runs.",
    "studies": "List the studies.",
    "tasks": "Show what the model is asked to write.",
    "harvest": "Gather functions from installed packages as a pool of prompts.",
    "bench": "Measure decoding, training and short studies on a GPU.",
    "doctor": "Find out what works on this machine.",
}


class _Lazy(click.Group):
    """A group that knows its commands' names and help without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which people meet them."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"collapse_lab.cli.{cmd_name.replace('-', '_')}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table above."""
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("exogate"), prog_name="collapse-lab")
def cli() -> None:
    """Measure what a gate policy is worth when a code model is trained again on what the policy let through."""


def main() -> None:
    """Run the command line. Exit status: 0 done, 1 some arms failed, 2 wrong usage or a broken study, 3 a defect."""
    try:
        status = cli.main(prog_name="collapse-lab", standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("Stopped. The same command goes on where it stood.", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    sys.exit(status if isinstance(status, int) else 0)
