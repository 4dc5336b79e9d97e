"""The published schemas of evidence, made from the models: ``python -m gates.evidence.schema``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gates.evidence.card import Card, Strict
from gates.evidence.exposure import Exposure
from gates.evidence.verdicts import explained

_FOLDER = Path(__file__).parent
_DRAFT = "https://json-schema.org/draft/2020-12/schema"

_RULES = f"The verdict is that of the first of these rules that holds:\n{explained()}"
_FORMS: dict[str, tuple[type[Strict], str, str]] = {
    "card.schema.json": (Card, "Exogate evidence card", f"What one study measured for one policy. {_RULES}"),
    "exposure.schema.json": (Exposure, "Exogate exposure", "What a share of unreviewed synthetic training data costs."),
}


def schemas() -> dict[str, str]:
    """Return the text of each schema by its file's name."""
    return {name: _text(*form) for name, form in _FORMS.items()}


def _text(form: type[Strict], title: str, description: str) -> str:
    made: dict[str, Any] = form.model_json_schema()
    whole = {**made, "$schema": _DRAFT, "title": title, "description": description}
    return json.dumps(whole, indent=1, sort_keys=True) + "\n"


def main() -> None:
    """Write the schemas beside this file."""
    for name, text in schemas().items():
        (_FOLDER / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
