"""`exogate review`: judge a change of a local repository."""

from __future__ import annotations

import os
from pathlib import Path

import click

from app.cli.exits import Exit
from app.cli.output import check_output, use_colour, width, write
from app.cli.progress import Progress

_FORMATS = ("terminal", "json", "markdown", "sarif")


def _gate_names(_: click.Context, __: click.Parameter, value: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in (value or "").split(",") if name.strip()))


@click.command("review")
@click.option("--repo", type=click.Path(path_type=Path), default=Path(), help="The repository; it may be bare.")
@click.option("--base", required=True, metavar="REF", help="The branch that the change is for.")
@click.option("--head", required=True, metavar="REF", help="The change's last commit.")
@click.option("--policy", metavar="NAME|FILE", help="A preset or a file; otherwise the base's .github/exogate.yml.")
@click.option("--gates", callback=_gate_names, metavar="A,B", help="Only these gates.")
@click.option("--format", "form", type=click.Choice(_FORMATS), default="terminal", show_default=True)
@click.option("--output", type=click.Path(path_type=Path), help="Write the report to this file.")
@click.option("--pr-body", type=click.Path(path_type=Path, dir_okay=False), help="A file with the pull request's text.")
@click.option("--branch", metavar="NAME", help="The pull request's branch, where --head is a commit id.")
@click.option("--python", envvar="EXOGATE_PYTHON", metavar="PATH", help="The Python that runs the repository's tests.")
@click.option("--sandbox", envvar="EXOGATE_SANDBOX", metavar="NAME", help="bubblewrap, container or runner.")
@click.option("--no-cache", is_flag=True, help="Neither read nor keep results about the base.")
def command(
    repo: Path,
    base: str,
    head: str,
    policy: str | None,
    gates: tuple[str, ...],
    form: str,
    output: Path | None,
    pr_body: Path | None,
    branch: str | None,
    python: str | None,
    sandbox: str | None,
    no_cache: bool,
) -> int:
    """Judge the change that HEAD makes since it left BASE.

    Exit status: 0 accepted, 1 rejected by a blocking gate, 2 wrong usage or an invalid policy (nothing was
    judged), 3 a blocking gate could not judge.
    """
    from app.local import SourceError
    from app.review import Request, review
    from gates.cache import Cache, default_directory
    from gates.interpreter import InterpreterError
    from gates.policy import PolicyError
    from gates.registry import BrokenGateError, UnknownGateError
    from gates.sandbox.spec import SandboxError

    check_output(output)  # said now and not after minutes of work
    with Progress() as progress:
        request = Request(
            repo=repo,
            base=base,
            head=head,
            policy=policy,
            gates=gates,
            branch=branch,
            pull_body=_read_body(pr_body),
            python=python,
            sandbox=sandbox,
            cache=Cache(None if no_cache else default_directory()),
            progress=progress.update,
        )
        try:
            result = review(request)
        except (SourceError, PolicyError, UnknownGateError, BrokenGateError, InterpreterError, SandboxError) as error:
            raise click.ClickException(_sentence(error)) from error
    request.cache.prune()
    write(_render(result, form, to_file=output is not None), output)
    return _status(result.decision.value)


def _sentence(error: Exception) -> str:
    return str(error.args[0]) if isinstance(error, LookupError) and error.args else str(error)


def _read_body(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except OSError as error:
        raise click.ClickException(f"--pr-body: {path} cannot be read: {error.strerror}.") from error


def _render(result: object, form: str, *, to_file: bool) -> str:
    from app.reporting.dispatch import render
    from app.reporting.evidence_link import dashboard_of
    from app.review_types import Review

    assert isinstance(result, Review)
    columns, colour = 100 if to_file else width(), not to_file and use_colour()
    return render(result, form, width=columns, colour=colour, dashboard=dashboard_of(os.environ))


def _status(decision: str) -> int:
    return {"accept": Exit.ACCEPTED, "reject": Exit.REJECTED, "error": Exit.COULD_NOT_JUDGE}[decision]
