"""The page: chapters through a template, with everything in one file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from collapse_lab.report.chapter import Chapter
from collapse_lab.report.draw.style import GROUP_WORDS
from collapse_lab.report.rest import VERDICTS
from collapse_lab.report.table import Column, shown

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


def render(chapters: Sequence[Chapter]) -> str:
    """Return the HTML of a page with one chapter a run."""
    environment = _environment()
    style = environment.loader.get_source(environment, "style.css")[0] if environment.loader else ""
    title = " and ".join(chapter.name for chapter in chapters)
    return environment.get_template("report.html").render(chapters=chapters, style=style, title=title)


def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("collapse_lab.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["words"] = words
    environment.filters["cell"] = cell
    environment.globals["inline"] = lambda picture, which, prefix: Markup(picture.inline(which, prefix))  # noqa: S704  # our own drawing
    environment.globals["slug"] = {
        verdict: verdict.split()[0] if verdict != VERDICTS[1] else "against" for verdict in VERDICTS
    }
    return environment


def words(text: str) -> Markup:
    """Return a sentence as HTML: what stands between backticks as code, between asterisks as emphasis."""
    from markupsafe import Markup

    safe = escape(text, quote=False)
    safe = re.sub(r"`([^`]+)`", r"<code>\1</code>", safe)
    return Markup(re.sub(r"\*([^*\s][^*]*)\*", r"<em>\1</em>", safe))  # noqa: S704  # escaped two lines above


def cell(value: object, column: Column) -> str:
    """Return a table's value as text."""
    if column.key == "group":
        return GROUP_WORDS.get(str(value), str(value)).partition(":")[0]
    return shown(value, column.kind)
