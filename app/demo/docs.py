"""`python -m app.demo.docs`: remake what the README shows - its tables, and the pictures of a review."""

from __future__ import annotations

import io
import re
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

from app.demo.cards import evidence_page, preset_cards, with_cards
from app.demo.inputs import with_inputs
from app.demo.sample import build
from app.demo.summary import draw
from app.reporting.dispatch import render
from app.review import Request, review
from app.review_types import Review
from gates import registry

_BEGIN, _END = "<!-- gates: made by `make docs` -->", "<!-- end of gates -->"
_COLUMNS = 104
_SHOWN = "copilot/rounding"


def gates_table() -> str:
    """Return the README's table of gates, from the gates themselves."""
    rows = ["| gate | what it decides | needs |", "|---|---|---|"]
    for name in registry.BUILT_IN:
        gate = registry.get(name)
        needs = ", ".join(sorted(need.value for need in gate.needs)) or "-"
        rows.append(f"| `{name}` | {gate.summary} | {needs} |")
    return "\n".join(rows)


def with_table(readme: str) -> str:
    """Return the README's text with a fresh table of gates between its marks."""
    before, _, rest = readme.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}\n{gates_table()}\n{_END}{after}"


def picture(result: Review) -> str:
    """Return an SVG of what the terminal shows of a review; it refers to nothing outside itself."""
    console = Console(record=True, width=_COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text(f"$ exogate review --base main --head {_SHOWN}\n", style="bold"))
    console.print(Text.from_ansi(render(result, "terminal", width=_COLUMNS, colour=True)))
    return re.sub(r"@font-face \{.*?\}", "", console.export_svg(title="exogate review"), flags=re.DOTALL)


def main() -> None:
    """Write them into the checkout that the current directory is."""
    readme = Path("README.md")
    if not readme.is_file():
        sys.exit("There is no README.md here; run this in a checkout of Exogate.")
    text = with_cards(with_table(readme.read_text("utf-8")), preset_cards())
    readme.write_text(with_inputs(text, Path("action.yml")), "utf-8")
    evidence = Path("gates/evidence/README.md")
    evidence.write_text(evidence_page(evidence.read_text("utf-8")), "utf-8")
    with tempfile.TemporaryDirectory() as scratch:
        repo = Path(scratch) / "shop"
        build(repo)
        result = review(Request(repo, "main", _SHOWN))
    Path(".github/review.svg").write_text(picture(result), "utf-8")
    if not draw(result, Path(".github/summary.png")):
        sys.stderr.write("There is no Chromium, so the picture of the job summary was left as it is.\n")


if __name__ == "__main__":
    main()
