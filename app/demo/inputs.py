"""The README's tables of the Action's inputs and outputs, from ``action.yml``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

BEGIN, END = "<!-- inputs: made by `make docs` -->", "<!-- end of inputs -->"


def inputs_table(action: Path) -> str:
    """Return both tables as Markdown."""
    document: dict[str, Any] = yaml.safe_load(action.read_text("utf-8"))
    rows = ["| input | what it says | default |", "|---|---|---|"]
    for name, row in document["inputs"].items():
        default = str(row.get("default", ""))
        rows.append(f"| `{name}` | {_cell(row)} | {f'`{default}`' if default else '-'} |")
    rows += ["", "| output | what it holds |", "|---|---|"]
    rows += [f"| `{name}` | {_cell(row)} |" for name, row in document["outputs"].items()]
    return "\n".join(rows)


def with_inputs(readme: str, action: Path) -> str:
    """Return the README's text with fresh tables between their marks."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{inputs_table(action)}\n{END}{after}"


def _cell(row: dict[str, Any]) -> str:
    return str(row["description"]).replace("|", "\\|").removesuffix(".")
