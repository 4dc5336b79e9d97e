"""A chart of rows: one an arm, with marks on one or several scales. Most pictures of the report are of this form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from collapse_lab.metrics.intervals import Interval
from collapse_lab.report.draw.style import (
    COLOURS,
    GROUP_WORDS,
    MARKERS,
    NARROW,
    WIDE,
    axes,
    canvas,
    legend,
    text,
    wrapped,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Mark:
    """A mark on a row: a value with its interval where there is one. ``filled`` marks are the latest."""

    value: float
    filled: bool = True
    interval: Interval | None = None
    marker: str | None = None


@dataclass(frozen=True)
class Panel:
    """One scale. ``marks`` by label, joined by a line; ``said`` is written at the row's end; ``band`` is shaded;
    ``lowest`` and ``highest`` are on the scale in any case; ``missing`` stands where a row has no mark."""

    title: str
    marks: Mapping[str, Sequence[Mark]]
    said: Mapping[str, str] = field(default_factory=dict)
    band: Interval | None = None
    percent: bool = False
    lowest: float | None = None
    highest: float | None = None
    missing: str = "not measured"


@dataclass(frozen=True)
class Row:
    """A row's label and the group that gives it colour and place."""

    label: str
    group: str


Key = list[tuple[str, str, bool]]


def chart(rows: Sequence[Row], panels: Sequence[Panel], key: Key, narrow: bool) -> Figure:
    """Return the chart. Narrow ones stack their panels and, with one panel, set labels above the marks."""
    if narrow:
        return _narrow(rows, panels, key)
    gutter, end = 196, 128 if any(p.said for p in panels) else 12
    places, height = _places(rows, 23, 30)
    top = 56 if key else 38
    figure = canvas(WIDE, top + height + 26)
    if key:
        legend(figure, 0, 10, key, WIDE)
    width = (WIDE - gutter - end) / len(panels)
    _labels(figure, rows, places, top, gutter)
    for number, panel in enumerate(panels):
        left = gutter + number * width
        made = axes(figure, left + 10, top, width - 36, height)
        text(figure, left + 10, top - 12, panel.title, fontsize=11, weight="bold")
        _panel(made, rows, places, panel, height)
        for row, place in zip(rows, places, strict=True):
            if panel.said.get(row.label):
                text(figure, WIDE, top + place, panel.said[row.label], ha="right", fontsize=11)
    return figure


def _narrow(rows: Sequence[Row], panels: Sequence[Panel], key: Key) -> Figure:
    alone = len(panels) == 1
    pitch = 38 if alone else 20
    places, height = _places(rows, pitch, 28)
    start = 10 + 18 * len(key) if key else 6
    one = height + 50
    figure = canvas(NARROW, int(start + one * len(panels)))
    if key:
        legend(figure, 0, 10, key, NARROW)
    for number, panel in enumerate(panels):
        top = start + number * one + 22
        text(figure, 0, top - 14, panel.title, fontsize=11, weight="bold")
        gutter = 8 if alone else 148
        made = axes(figure, gutter, top, NARROW - gutter - 8, height)
        _labels(figure, rows, places, top, 0 if alone else gutter, above=9 if alone else 0)
        # With labels above the marks the marks go down by as much.
        _panel(made, rows, [p + 9 for p in places] if alone else places, panel, height)
        for row, place in zip(rows, places, strict=True):
            if alone and panel.said.get(row.label):
                text(figure, NARROW, top + place - 9, panel.said[row.label], ha="right", fontsize=10.5)
    return figure


def _places(rows: Sequence[Row], pitch: int, head: int) -> tuple[list[float], int]:
    """Return the middle of each row in pixels below the top, and the height of all; groups begin with a heading."""
    places, y, group = [], 0.0, None
    for row in rows:
        if row.group != group:
            y += head if row.group != "none" else 4
            group = row.group
        places.append(y + pitch / 2)
        y += pitch
    return places, int(y) + 6


def _labels(
    figure: Figure, rows: Sequence[Row], places: list[float], top: float, gutter: float, above: float = 0
) -> None:
    group = None
    half = places[0] if not above else 19
    for row, place in zip(rows, places, strict=True):
        if row.group != group:
            group = row.group
            if group != "none":
                words = GROUP_WORDS[group]
                short = words if gutter > 180 or above else words.partition(":")[0]
                text(
                    figure,
                    0,
                    top + place - max(half, 10) - 12,
                    short,
                    fontsize=10.5,
                    color=COLOURS[group],
                    style="italic",
                )
        fontsize = 11 if gutter > 180 or above else 9.5
        text(figure, 0, top + place - above, row.label if above else wrapped(row.label, 30), fontsize=fontsize)


def _panel(made: Axes, rows: Sequence[Row], places: list[float], panel: Panel, height: int) -> None:
    made.set_ylim(height, 0)
    made.set_yticks([])
    low, high = _limits(panel)
    made.set_xlim(low, high)
    made.grid(axis="x", color=COLOURS["line"], linewidth=0.8)
    made.tick_params(axis="x", pad=6)
    made.locator_params(axis="x", nbins=5)
    if panel.percent:
        made.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    if panel.band is not None:
        made.axvspan(panel.band.low, panel.band.high, color=COLOURS["band"], linewidth=0)
        made.axvline(panel.band.estimate, color=COLOURS["none"], linewidth=1, linestyle=(0, (2, 2)))
    for row, place in zip(rows, places, strict=True):
        _marks(made, row.group, place, panel.marks.get(row.label, ()), low, panel.missing)


def _marks(made: Axes, group: str, y: float, marks: Sequence[Mark], left: float, missing: str) -> None:
    colour = COLOURS[group]
    if not marks:
        made.text(left, y, f" {missing}", va="center", fontsize=9, color=COLOURS["soft"], style="italic")
    if len(marks) > 1:
        values = [mark.value for mark in marks]
        made.plot([min(values), max(values)], [y, y], color=colour, linewidth=2, alpha=0.45, solid_capstyle="butt")
    for mark in sorted(marks, key=lambda mark: mark.filled):
        if mark.interval:
            made.plot([mark.interval.low, mark.interval.high], [y, y], color=colour, linewidth=2, solid_capstyle="butt")
        made.plot(
            [mark.value],
            [y],
            marker=mark.marker or MARKERS[group],
            markersize=7.5,
            markerfacecolor=colour if mark.filled else COLOURS["paper"],
            markeredgecolor=colour,
            markeredgewidth=1.4,
            linestyle="none",
            clip_on=False,
        )


def _limits(panel: Panel) -> tuple[float, float]:
    values: list[float] = [mark.value for marks in panel.marks.values() for mark in marks]
    for marks in panel.marks.values():
        values += [end for mark in marks if mark.interval for end in (mark.interval.low, mark.interval.high)]
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    if panel.lowest is not None:
        low = min(low, panel.lowest)
    if panel.highest is not None:
        high = max(high, panel.highest)
    room = (high - low) * 0.06 or abs(high) * 0.1 or 0.1
    return (low if panel.lowest is not None and low == panel.lowest else low - room), high + room
