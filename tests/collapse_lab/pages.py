"""The pages of a run, so that two runs can be compared."""

from __future__ import annotations

import json
from pathlib import Path


def pages(out: Path) -> dict[str, str]:
    """Return every page without what is not the same twice, and every row of scores.

    A process that was killed while it wrote a page leaves a part of it, whose name begins with a dot.
    """
    found = {}
    for file in sorted((out / "arms").rglob("[!.]*.json*")):
        text = file.read_text("utf-8")
        if file.suffix == ".json":
            page = json.loads(text)
            assert page.pop("seconds")
            text = json.dumps(page)
        found[str(file.relative_to(out))] = text
    return found
