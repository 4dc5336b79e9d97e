"""Writes the report of one or more runs: the page, the pictures, the tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from collapse_lab.report.chapter import Chapter, chapter
from collapse_lab.report.draw.style import standalone
from collapse_lab.report.page import render
from collapse_lab.report.reading import ReportError, read

# What `collapse-lab run` and `diagnose` write into tables/; the report reads it and never writes over it.
_READ = ("scores", "rounds", "diagnosis", "diagnosis-endings")


def build(folders: Sequence[Path], out: Path) -> Path:
    """Write ``report.html``, ``plots/`` and ``tables/`` into *out* and return the page. Raises ``ReportError``.

    With several runs, files of each carry its study's name, and the page has a chapter for each.
    """
    runs = [read(folder) for folder in folders]
    doubled = [name for name, count in Counter(run.name for run in runs).items() if count > 1]
    if doubled:
        raise ReportError(
            f"Two of these runs are of study {doubled[0]}. A page has one chapter a study: report them apart, and "
            "use `collapse-lab compare` for their difference."
        )
    chapters = [chapter(run) for run in runs]
    for one in chapters:
        _files(one, out, f"{one.name}-" if len(chapters) > 1 else "")
    page = out / "report.html"
    page.write_text(render(chapters), "utf-8")
    return page


def _files(one: Chapter, out: Path, prefix: str) -> None:
    plots, tables = out / "plots", out / "tables"
    for folder in (plots, tables):
        folder.mkdir(parents=True, exist_ok=True)
    for table in one.tables:
        assert table.name not in _READ, table.name
        table.write(tables, prefix)
    for section in one.sections:
        for figure in section.figures:
            if figure.picture is not None:
                name = f"{prefix}{figure.picture.name}"
                (plots / f"{name}.svg").write_text(standalone(figure.picture.wide), "utf-8")
                (plots / f"{name}.png").write_bytes(figure.picture.png)
