"""`python -m app.demo [DIRECTORY]`: build the sample repository, review each branch, show one report whole."""

from __future__ import annotations

import sys
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from app.demo.sample import Branch, branches, build
from app.reporting.dispatch import render
from app.review import Request, review
from app.review_types import Review
from gates.decision import Decision
from gates.verdict import Outcome

_SHOWN_WHOLE = "copilot/rounding"
_COLOURS = {Decision.ACCEPT: "green", Decision.REJECT: "red", Decision.ERROR: "yellow"}


def main() -> int:
    """Run the demonstration; the exit status says whether every branch could be judged."""
    directory = Path(sys.argv[1] if len(sys.argv) > 1 else ".demo/shop")
    console = Console(width=None if sys.stdout.isatty() else 100)
    build(directory)
    console.print(f"A sample repository stands in {directory}, with its policy in .github/exogate.yml: standard.\n")
    reviews: list[tuple[Branch, Review]] = []
    for branch in branches():
        with console.status(f"exogate review --base main --head {branch.branch}"):
            reviews.append((branch, review(Request(directory, "main", branch.branch))))
    console.print(_table(reviews))
    whole = next(result for branch, result in reviews if branch.branch == _SHOWN_WHOLE)
    console.print(f"\nOne of them in full: exogate review --repo {directory} --base main --head {_SHOWN_WHOLE}\n")
    print(render(whole, "terminal", width=console.width, colour=console.is_terminal and not console.no_color))  # noqa: T201
    return 3 if any(result.decision is Decision.ERROR for _, result in reviews) else 0


def _table(reviews: list[tuple[Branch, Review]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("branch", "what it is", "declared", "decision", "gates that reject"):
        table.add_column(heading, overflow="fold")
    for branch, result in reviews:
        declared = result.provenance.status.value
        if result.provenance.harnesses:
            declared += f" ({', '.join(result.provenance.harnesses)})"
        colour = _COLOURS[result.decision]
        table.add_row(branch.branch, branch.about, declared, f"[{colour}]{result.decision.value}[/]", _against(result))
    return table


def _against(result: Review) -> str:
    """Name the gates that spoke against the change; advisory ones in brackets."""
    names = []
    for judged in result.verdicts:
        if judged.verdict.outcome in (Outcome.REJECT, Outcome.ERROR):
            name = judged.verdict.gate + (" could not judge" if judged.verdict.outcome is Outcome.ERROR else "")
            names.append(name if judged.blocking else f"({name})")
    return ", ".join(names) or "none"


if __name__ == "__main__":
    sys.exit(main())
