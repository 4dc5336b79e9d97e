"""Small multiples: one panel an arm, the same scale in all, with reference curves behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from collapse_lab.report.draw.style import COLOURS, NARROW, WIDE, axes, canvas, text, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Curve:
    """A curve over rounds 0, 1, ...; ``low`` and ``high`` where it has a band."""

    values: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()


@dataclass(frozen=True)
class Small:
    """One panel: its heading, its group, the curve that it is about, and perhaps another, drawn dashed."""

    label: str
    group: str
    curve: Curve
    dashed: Curve | None = None
    said: str = ""


def multiples(panels: Sequence[Small], behind: Mapping[str, tuple[str, Curve]], key: str, narrow: bool) -> Figure:
    """Return the panels in a grid. *behind* are reference curves by name: (group, curve), the same in every panel."""
    across = min(2 if narrow else 5, max(1, len(panels)))
    whole = NARROW if narrow else WIDE
    # A few panels are not blown up to the width of many.
    width = min(whole / across, 245 if not narrow else whole)
    pitch, head = (142, 32) if narrow else (158, 34)
    top = 10 + 16 * len(_broken(key, 52 if narrow else 150))
    figure = canvas(whole, top + pitch * ceil(len(panels) / across) + 8)
    for number, line in enumerate(_broken(key, 52 if narrow else 150)):
        text(figure, 0, 8 + 16 * number, line, fontsize=10.5, color=COLOURS["soft"])
    curves = [*(p.curve for p in panels), *(c for _, c in behind.values()), *(p.dashed for p in panels if p.dashed)]
    highest = max((v for c in curves for v in (*c.values, *c.high)), default=1.0) * 1.08
    rounds = max(len(c.values) for c in curves) - 1
    for number, panel in enumerate(panels):
        row, column = divmod(number, across)
        left, y = column * width, top + row * pitch
        title = wrapped(panel.label, 22)
        text(figure, left, y + 14, title, fontsize=10.5, weight="bold", color=COLOURS[panel.group], linespacing=1.0)
        made = axes(figure, left + 24, y + head, width - 60, pitch - head - 26)
        _scale(made, highest, rounds)
        for group, curve in behind.values():
            made.plot(range(len(curve.values)), curve.values, color=COLOURS[group], linewidth=1.1, alpha=0.75)
        _curve(made, panel)
    return figure


def _scale(made: Axes, highest: float, rounds: int) -> None:
    made.set_ylim(0, highest or 1)
    made.set_xlim(0, max(1, rounds))
    made.set_xticks([0, max(1, rounds)], ["0", str(max(1, rounds))])
    steps = [tick for tick in (0, 0.2, 0.4, 0.6, 0.8, 1.0) if tick <= highest]
    made.set_yticks(steps, [f"{tick:g}".replace("0.", ".") for tick in steps])
    made.tick_params(labelsize=9, pad=3)
    made.grid(axis="y", color=COLOURS["line"], linewidth=0.7)


def _curve(made: Axes, panel: Small) -> None:
    colour, curve = COLOURS[panel.group], panel.curve
    places = range(len(curve.values))
    if curve.low:
        made.fill_between(places, curve.low, curve.high, color=colour, alpha=0.18, linewidth=0)
    if panel.dashed is not None:
        other = panel.dashed
        if other.low:
            made.fill_between(
                range(len(other.values)), other.low, other.high, color=COLOURS["soft"], alpha=0.15, linewidth=0
            )
        made.plot(range(len(other.values)), other.values, color=COLOURS["ink"], linewidth=1.5, linestyle=(0, (4, 2)))
    made.plot(places, curve.values, color=colour, linewidth=2.2, marker="o", markersize=3.2, clip_on=False)
    if curve.values:
        said = panel.said or f"{curve.values[-1]:.2f}".replace("0.", ".", 1)
        made.annotate(
            said,
            (len(curve.values) - 1, curve.values[-1]),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=10,
            color=colour,
            annotation_clip=False,
        )


def _broken(words: str, limit: int) -> list[str]:
    import textwrap

    return textwrap.wrap(words, limit)
