"""`exogate export`: merged lines by a condition, and a corpus filtered or weighed by them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli.opened import check_agreed, ids, opened, sentences
from app.cli.output import check_output

if TYPE_CHECKING:
    from app.export.choice import Choice, Columns
    from app.export.predicate import Predicate
    from app.ledger.export.rows import Filters
    from app.ledger.ledger import Ledger

_COLUMNS = ("repository", "path", "blob")


@click.command("export")
@click.option("--repo", "repos", multiple=True, metavar="OWNER/NAME", help="A repository that agreed; may be repeated.")
@click.option("--where", "text", metavar="CONDITION", help="Which lines, as above; without one, all.")
@click.option("--format", "form", type=click.Choice(("jsonl", "parquet")), help="How lines are written; else jsonl.")
@click.option("--output", type=click.Path(path_type=Path), help="Where to; lines go to standard output without one.")
@click.option(
    "--apply",
    "corpus",
    type=click.Path(path_type=Path),
    metavar="CORPUS",
    help="Filter this corpus: a Parquet or JSON lines file, or a folder of such files.",
)
@click.option(
    "--weight", "weigh", is_flag=True, help="Keep every known row, with its share of passing lines as weight."
)
@click.option(
    "--min-share",
    "least",
    type=click.FloatRange(0, 1),
    default=1.0,
    show_default=True,
    help="Keep rows of which this share of the lines, or more, pass.",
)
@click.option(
    "--unknown",
    type=click.Choice(("keep", "drop")),
    default="keep",
    show_default=True,
    help="Whether rows and lines pass that the ledger knows nothing about.",
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="NAME=THEIRS",
    help="What the corpus calls repository, path or blob, as in blob=blob_id; may be repeated.",
)
def command(
    repos: tuple[str, ...],
    text: str | None,
    form: str | None,
    output: Path | None,
    corpus: Path | None,
    weigh: bool,
    least: float,
    unknown: str,
    columns: tuple[str, ...],
) -> None:
    """Write merged lines with their provenance, the gates' verdicts and the reviewers' independence.

    Only of repositories that EXOGATE_EXPORT_REPOSITORIES names: whoever runs the App opts them in. Without --repo, of
    all of those. The ledger is the one at DATABASE_URL, else the file in EXOGATE_DATA_DIR.

    \b
    A condition is made of comparisons with and, or, not and parentheses:
      provenance = ai-declared | mixed | human-attested | undeclared
      gates >= PRESET     the merged head held against each blocking gate of it
      gates = passed | failed | unjudged     by the policy that judged it
      reviewers = independent | self | none
      harness = 'Claude Code'    model_family = openai    (unknown: none named)
      merged >= 2026-08-01    merged < 2026-09-01    (UTC)
      path ~ 'src/**/*.py'    (* stands for anything, slashes too)
    For = also !=, in (A, B) and not in (A, B). Example:
      exogate export --repo octo/shop --where 'provenance != ai-declared or gates >= strict'

    Provenance counts people's overrides; what was declared is a column of its own. A gate holds where it accepted or
    had nothing to judge, as long as one of the preset's accepted. Gates judge a whole change: its lines share their
    verdicts. The ledger keeps a policy's hash: where that is a preset's the gates' settings are compared too, else a
    gate counts by its name.

    With --apply: a row of the corpus is a repository, a path and a blob (git's id of the content). It is known where
    the ledger holds a merge that left a file with that content, in that repository by any of its names. The same
    content at another path of the repository counts where the path itself is not known: a file that was renamed or
    copied.

    A row's share is its passing lines by all lines of the file. A line is judged by the merge that brought it; lines
    that later merges left as they were are followed from content to content. Of lines from before the App and from
    pushes without a pull request the ledger knows nothing, and after such a push to a file nothing of its older lines
    either. Where one content came from several merges, what the latest says of a line counts.

    Lines that the ledger knows nothing about pass with --unknown keep, and fail with --unknown drop, which so keeps
    only what the ledger vouches for. Rows that it knows nothing about are kept, with the weight 1, or dropped, and
    counted: a summary is written to standard error.

    Rows stay in order and as they are; a folder's files keep their names. Exit status: 0 done; 2 wrong usage, or what
    was asked is refused; 3 the ledger does not answer now, or the result cannot be written.
    """
    with sentences("exogate export"):
        from app.export.narrow import narrowed
        from app.export.predicate import predicate
        from app.export.where import WhereError, parse
        from app.ledger.export.rows import Filters

        try:
            condition = parse(text) if text is not None else None
        except WhereError as error:
            raise click.UsageError(str(error)) from error
        chosen = predicate(condition) if condition else lambda row: True
        _check_options(corpus, output, form, text)
        if corpus is not None and output is not None:
            from app.export.choice import Choice

            choice = Choice(weigh, unknown == "keep", least)
            _apply(corpus, output, _named(columns), choice, chosen, repos)
        else:
            _lines(repos, narrowed(condition) if condition else Filters(), chosen, form or "jsonl", output)


def _check_options(corpus: Path | None, output: Path | None, form: str | None, text: str | None) -> None:
    context = click.get_current_context()
    given = click.core.ParameterSource.COMMANDLINE
    if corpus is None:
        alone = {"weigh": "--weight", "least": "--min-share", "unknown": "--unknown", "columns": "--column"}
        for name, option in alone.items():
            if context.get_parameter_source(name) is given:
                raise click.UsageError(f"{option} is about a corpus: name one with --apply.")
        if form == "parquet" and output is None:
            raise click.UsageError("Parquet is no text: name a file with --output.")
    else:
        if form is not None:
            raise click.UsageError("A corpus keeps its form: --format is not for --apply.")
        if output is None or text is None:
            raise click.UsageError(f"--apply needs {'--output' if output is None else '--where'}.")
        if context.get_parameter_source("least") is given and context.params["weigh"]:
            raise click.UsageError("--weight keeps every row, so --min-share has nothing to decide.")
    check_output(output if corpus is None or not corpus.is_dir() else None)


def _named(columns: Sequence[str]) -> Columns:
    from app.export.choice import Columns

    told = dict(column.partition("=")[::2] for column in columns)
    for name, theirs in told.items():
        if name not in _COLUMNS or not theirs:
            raise click.UsageError(f"--column {name}: say one of {', '.join(_COLUMNS)}, as in blob=blob_id.")
    return Columns(**told)


def _agreed(repos: Sequence[str]) -> tuple[Ledger, list[int]]:
    """Return the ledger, and the repositories that were asked for; without any, all that agreed and are known."""
    ledger, settings = opened()
    for name in repos:
        check_agreed(settings, name)
    if repos:
        return ledger, sorted({one for name in repos for one in ids(ledger, name)})
    known = {one for name in settings.export_repositories for one in ledger.repository_ids(name)}
    if not known:
        raise click.ClickException(
            "The ledger knows no repository that agreed. Name those that did in EXOGATE_EXPORT_REPOSITORIES."
        )
    return ledger, sorted(known)


def _lines(repos: Sequence[str], filters: Filters, chosen: Predicate, form: str, output: Path | None) -> None:
    from app.cli.pour import pour, replacing
    from app.ledger.export.jsonl import jsonl
    from app.ledger.export.parquet import parquet

    ledger, repository_ids = _agreed(repos)
    rows = (row for row in ledger.export(repository_ids, filters) if chosen(row))
    if form == "parquet" and output is not None:
        with replacing(output) as target:
            parquet(rows, target)
    else:
        pour(jsonl(rows), output)


def _apply(
    corpus: Path, output: Path, columns: Columns, choice: Choice, chosen: Predicate, repos: Sequence[str]
) -> None:
    from app.cli.output import OutputError
    from app.cli.pour import replacing
    from app.export.apply import apply, check_places
    from app.export.choice import CorpusError
    from app.export.known import Knowledge

    try:
        check_places(corpus, output)
        ledger, repository_ids = _agreed(repos)
        names = {one: ledger.repository_names(one) for one in repository_ids}
        knowledge = Knowledge(ledger.merged(repository_ids), chosen, names)
        if knowledge.merges_without_contents:
            click.echo(
                f"Merges whose contents the ledger does not know, because they were written before it kept them: "
                f"{knowledge.merges_without_contents:,}.",
                err=True,
            )
        tally = apply(corpus, output, replacing, columns, knowledge, choice)
    except CorpusError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise OutputError(f"{error.filename or output}: {error.strerror}. The corpus was not written.") from error
    verb = "kept" if choice.keep_unknown else "dropped"
    mean = f" Mean weight: {tally.mean_weight:.4f}." if choice.weigh else ""
    dropped = tally.read - tally.kept
    click.echo(
        f"{tally.read:,} rows read: {tally.kept:,} kept, {dropped:,} dropped. Unknown to the ledger: "
        f"{tally.unknown:,}, which were {verb}.{mean}",
        err=True,
    )
