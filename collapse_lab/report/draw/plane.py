"""Two measured changes against each other, with a diagonal between them: the rubber-stamp view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collapse_lab.report.draw.style import COLOURS, MARKERS, NARROW, WIDE, axes, canvas, text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LEAST = 15
_TOP = 42


@dataclass(frozen=True)
class Point:
    """An arm: how much *x* and *y* changed; ``named`` ones are labelled at the side."""

    label: str
    group: str
    x: float
    y: float
    named: bool


def plane(points: Sequence[Point], across: str, up: str, shaded: str, narrow: bool) -> Figure:
    """Return the plane: *across* and *up* name the axes, *shaded* what lies above the diagonal."""
    width, gutter, height = (NARROW, 146, 300) if narrow else (WIDE, 235, 430)
    figure = canvas(width, height + _TOP + 44)
    left = 40
    area = width - gutter - left
    text(figure, 0, 8, f"Shaded: {shaded}", fontsize=10 if narrow else 10.5, color=COLOURS["soft"])
    text(figure, 0, 26, f"↑ {up}", fontsize=10 if narrow else 10.5, color=COLOURS["soft"])
    made = axes(figure, left, _TOP, area, height)
    reach_x, reach_y = (
        [min(0, *v) if v else 0, max(0, *v) if v else 0] for v in ([p.x for p in points], [p.y for p in points])
    )
    for reach in (reach_x, reach_y):
        room = max(0.02, 0.08 * (reach[1] - reach[0]))
        reach[0], reach[1] = reach[0] - room, reach[1] + room
    made.set_xlim(*reach_x)
    made.set_ylim(*reach_y)
    made.fill_between(reach_x, reach_x, [reach_y[1]] * 2, color=COLOURS["band"], linewidth=0)
    made.plot(reach_x, reach_x, color=COLOURS["soft"], linewidth=1, linestyle=(0, (3, 2)), scaley=False, scalex=False)
    made.axhline(0, color=COLOURS["line"], linewidth=1)
    made.axvline(0, color=COLOURS["line"], linewidth=1)
    made.locator_params(nbins=4 if narrow else 6)
    for axis in (made.xaxis, made.yaxis):
        axis.set_major_formatter(lambda value, _: f"{100 * value:+.0f}".replace("-", "−").replace("+0", "0"))
    text(figure, left + area, height + _TOP + 36, f"{across} →", ha="right", fontsize=10.5, color=COLOURS["soft"])
    for point in points:
        made.plot(
            [point.x],
            [point.y],
            marker=MARKERS[point.group],
            markersize=8,
            color=COLOURS[point.group],
            markeredgecolor=COLOURS["paper"],
            markeredgewidth=0.8,
            linestyle="none",
            clip_on=False,
        )
    _names(figure, points, (reach_x, reach_y), left, area, height, narrow)
    return figure


def _names(
    figure: Figure,
    points: Sequence[Point],
    reach: tuple[list[float], list[float]],
    left: float,
    area: float,
    height: float,
    narrow: bool,
) -> None:
    """Write the named points' labels in a column at the right, no two over each other, each with a line to its "
    "point."""
    from matplotlib.lines import Line2D

    (x0, x1), (y0, y1) = reach
    named = sorted((p for p in points if p.named), key=lambda p: -p.y)
    wanted = [_TOP + height * (y1 - p.y) / (y1 - y0) for p in named]
    placed: list[float] = []
    for y in wanted:
        placed.append(max(y, placed[-1] + _LEAST) if placed else y)
    over = (placed[-1] - (_TOP + height)) if placed else 0
    placed = [y - max(0, over) for y in placed] if over > 0 else placed
    for number in range(len(placed) - 2, -1, -1):
        placed[number] = min(placed[number], placed[number + 1] - _LEAST)
    width, whole = figure.get_size_inches() * 72
    for point, there, y in zip(named, wanted, placed, strict=True):
        x = left + area * (point.x - x0) / (x1 - x0)
        figure.add_artist(
            Line2D(
                [(x + 6) / width, (left + area + 6) / width, (left + area + 12) / width],
                [1 - there / whole, 1 - y / whole, 1 - y / whole],
                color=COLOURS[point.group],
                linewidth=0.7,
                alpha=0.6,
            )
        )
        text(figure, left + area + 15, y, point.label, fontsize=8.5 if narrow else 11, color=COLOURS[point.group])
