"""What a page is made of: sections, each with sentences, pictures, and the tables behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from collapse_lab.report.draw.style import Picture
from collapse_lab.report.table import Table


@dataclass(frozen=True)
class Figure:
    """A picture with the table that holds its numbers; without a picture the table is shown in full."""

    table: Table
    picture: Picture | None = None
    caption: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the page: an id, a heading, what was found in a sentence, how to read it, figures."""

    id: str
    title: str
    found: str = ""
    notes: Sequence[str] = ()
    figures: Sequence[Figure] = field(default_factory=tuple)
