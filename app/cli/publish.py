"""`exogate publish`: put on a pull request what a run without rights found out about it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from app.cli.exits import Exit
from app.cli.output import say

_INSTALL = "exogate publish needs PyGithub; install it: pip install 'exogate[github]'"


@click.command("publish")
@click.option("--repository", envvar="GITHUB_REPOSITORY", required=True, metavar="OWNER/NAME", help="The repository.")
@click.option("--run", type=int, metavar="ID", help="The run; otherwise the one that the workflow_run event names.")
@click.option("--api-url", envvar="GITHUB_API_URL", default="https://api.github.com", show_default=True, metavar="URL")
@click.option(
    "--workflow",
    default=".github/workflows/exogate-review.yml",
    show_default=True,
    metavar="PATH",
    help="The workflow that reviews; another one's runs are refused.",
)
@click.option("--artifact", default="exogate-review", show_default=True, metavar="NAME", help="What the run left.")
@click.option("--file", default="review.json", show_default=True, metavar="NAME", help="The review's file in it.")
@click.option("--labels/--no-labels", default=True, help="Keep the labels of provenance and gates.")
@click.option("--comment/--no-comment", default=True, help="Write one comment and keep it up to date.")
def command(
    repository: str, run: int | None, api_url: str, workflow: str, artifact: str, file: str, labels: bool, comment: bool
) -> int:
    """Publish the review that a run of the review workflow left as an artifact.

    For a workflow on workflow_run with the right to write to pull requests. It runs no code of the pull request,
    takes the artifact for data of its author, and asks GitHub which pull request the run was for. The token comes
    from GITHUB_TOKEN.

    Exit status: 0 published, or there was nothing to publish; 2 wrong usage; 3 the run left no review that can be
    believed, or GitHub did not answer.
    """
    try:
        from app.github.errors import GitHubError
        from app.github.from_run import Request, UnsuitableError, publish_run
    except ModuleNotFoundError as error:
        raise click.ClickException(_INSTALL) from error
    token = os.environ.get("GITHUB_TOKEN", "")
    if not token:
        raise click.ClickException("GITHUB_TOKEN is empty; give the job's token in the step's env.")
    number = run if run is not None else _run_of_event(os.environ.get("GITHUB_EVENT_PATH"))
    request = Request(repository, number, api_url, token, workflow, artifact, file, labels, comment)
    try:
        told = publish_run(request)
    except UnsuitableError as error:
        _line(str(error))
        return Exit.ACCEPTED
    except GitHubError as error:
        _line(str(error))
        return Exit.COULD_NOT_JUDGE
    if told.reason is not None:
        _line(f"Pull request {told.number}: {told.reason}")
    elif told.published.labels:
        _line(f"Pull request {told.number}: {', '.join(told.published.labels)}.")
    else:
        _line(f"Pull request {told.number}: no label of ours holds.")
    for note in told.published.notes:
        _line(note)
    return Exit.ACCEPTED if told.trusted and not told.published.failed else Exit.COULD_NOT_JUDGE


def _line(text: str) -> None:
    """Print a line in which nothing can act on the terminal or on the runner, which reads our output for commands."""
    from app.reporting.text import visible

    say(visible(text).replace("##[", "# #[").replace("::", ": :"))


def _run_of_event(path: str | None) -> int:
    try:
        event = json.loads(Path(path or "").read_text("utf-8"))
        number = event["workflow_run"]["id"]
    except (OSError, ValueError, LookupError, TypeError):
        number = None
    if not isinstance(number, int):
        raise click.ClickException("Name the run with --run: no workflow_run event is at GITHUB_EVENT_PATH.")
    return number
