"""`exogate provenance`: where commits were declared to come from."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli.output import say, use_colour, width


@click.command("provenance")
@click.argument("revisions", metavar="[REV-RANGE]", required=False)
@click.option("--repo", type=click.Path(path_type=Path), default=Path(), help="The repository; it may be bare.")
@click.option(
    "--format", "form", type=click.Choice(("terminal", "json", "jsonl")), default="terminal", show_default=True
)
def command(revisions: str | None, repo: Path, form: str) -> None:
    """Say, for each commit of REV-RANGE (all of HEAD's without one) and in sum, what was declared.

    A commit without any sign is `undeclared`; that does not mean that a person wrote it.
    """
    from app.git import GitError  # start-up imports only what a command needs
    from app.local import SourceError, check_repository, has_commits
    from app.provenance import report
    from app.provenance.local import declared
    from app.provenance.seen import quote

    if revisions is not None and (not revisions or revisions.startswith("-")):
        raise click.UsageError(f"{revisions!r} is no range of commits. Give one such as main..my-branch.")
    try:
        check_repository(repo)
        result = declared(repo, *([revisions] if revisions else []))
    except SourceError as error:
        raise click.ClickException(str(error)) from error
    except GitError as error:
        if revisions is None and not has_commits(repo):
            raise click.ClickException(f"{repo} has no commits yet, so there is nothing to read.") from error
        raise click.ClickException(f"{error}. Give a range of commits such as main..my-branch.") from error
    if form == "json":
        say(report.json_report(result), nl=False)
    elif form == "jsonl":
        for line in report.jsonl_report(result):
            say(line, nl=False)
        for remark in result.remarks:
            # Each line is a commit or the sum, so what could not be read is said beside them.
            click.echo(quote(remark), err=True)
    else:
        from rich.console import Console

        report.render_terminal(result, Console(width=width(), no_color=not use_colour(), highlight=False))
