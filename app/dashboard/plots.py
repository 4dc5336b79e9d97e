"""Plots as inline SVG: drawn by pygal, then stripped to shapes and texts that our style sheet colours."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any
from xml.etree import ElementTree as Xml

from markupsafe import Markup

from app.reporting.text import visible

_SVG = "http://www.w3.org/2000/svg"
_LEFT_OUT = {"defs", "desc", "title", "style", "script"}
# Groups for the pointer, which pygal's own script would fill.
_OVERLAYS = ("tooltip-overlay", "text-overlay")
_KEPT = {
    "class", "d", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "rx", "ry", "width", "height", "transform",
    "viewBox", "points", "text-anchor",
}  # fmt: skip
_CLASS = re.compile(r"[a-z][a-z_-]*")
_WIDTH, _HEIGHT = 560, 230
# More would run into each other on a narrow screen.
_MOST_LABELS = 6


@dataclass(frozen=True, slots=True)
class Value:
    """A number with its interval."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """One row of a plot. ``tone`` is a class of the style sheet, which colours it."""

    name: str
    tone: str
    values: Sequence[Value | None]


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot with the table behind it: the same numbers, for those who would rather read."""

    svg: Markup
    title: str
    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[str]]]
    legend: Sequence[tuple[str, str]]


Shown = Callable[[float], str]


def stacked(title: str, says: str, labels: Sequence[str], series: Sequence[Series], shown: Shown, first: str) -> Plot:
    """Return bars that add up, one a label. *says* is the plot in a sentence; *first* heads the table's labels."""
    from pygal import StackedBar

    return _plot(StackedBar(**_look(), value_formatter=shown), title, says, labels, series, shown, first)


def lines(
    title: str,
    says: str,
    labels: Sequence[str],
    series: Sequence[Series],
    shown: Shown,
    first: str,
    *,
    top: float | None = None,
) -> Plot:
    """Return lines over the labels, each point with its interval where it has one; the axis goes from 0 to *top*."""
    from pygal import Line

    chart = Line(**_look(), value_formatter=shown, range=(0, top) if top else None, include_x_axis=True, dots_size=3)
    return _plot(chart, title, says, labels, series, shown, first)


@dataclass(frozen=True, slots=True)
class Mark:
    """An upright line at one place of the lower axis."""

    name: str
    at: float


Curve = tuple[str, str, Sequence[tuple[float, Value | None]]]
"""A name, a tone, and points: a place on the lower axis with its value."""


def curves(title: str, says: str, found: Sequence[Curve], shown: Shown, first: str, marks: Sequence[Mark] = ()) -> Plot:
    """Return curves over two axes that are both shares from 0 to 1; *marks* are drawn upright."""
    from pygal import XY

    chart = XY(
        **_look(), value_formatter=shown, x_value_formatter=shown, range=(0, 1), xrange=(0, 1), allow_interruptions=True
    )
    tones: dict[int, str] = {}
    for name, tone, points in found:
        known = [(x, value) for x, value in points if value]
        tones[len(tones)] = tone
        chart.add(visible(name), [(x, value.value) for x, value in known], dots_size=4)
        tones[len(tones)] = f"{tone} thin"
        chart.add("", [end for x, value in known for end in _ends(x, value)], show_dots=False)
    for mark in marks:
        tones[len(tones)] = "mark"
        chart.add(visible(mark.name), [(mark.at, 0), (mark.at, 1)], show_dots=False)
    places = sorted({x for _, _, points in found for x, _ in points})
    told = [dict(points) for _, _, points in found]
    return Plot(
        svg=clean(chart.render(is_unicode=True), title, says, tones),
        title=title,
        columns=(first, *(name for name, _, _ in found)),
        rows=[(shown(x), [_told(values.get(x), shown) for values in told]) for x in places],
        legend=(*((name, tone) for name, tone, _ in found), *((mark.name, "mark") for mark in marks)),
    )


def _ends(x: float, value: Value) -> list[tuple[float, float] | None]:
    """Return an interval as an upright line of its own; pygal draws none over two axes."""
    return [] if value.low is None or value.high is None else [(x, value.low), (x, value.high), None]


def _look() -> dict[str, Any]:
    from pygal.style import Style

    return {
        # Only for the room that labels need: as large as on a narrow screen.
        "style": Style(label_font_size=15, major_label_font_size=15),
        "width": _WIDTH,
        "height": _HEIGHT,
        "show_legend": False,
        "margin": 4,
        "margin_left": 2,
        "margin_right": 26,
        "spacing": 8,
        "js": [],
        "pretty_print": False,
        "disable_xml_declaration": True,
        "min_scale": 3,
        "max_scale": 6,
        "show_minor_x_labels": True,
        "no_data_text": "",
        "truncate_label": -1,
    }


def _plot(
    chart: Any, title: str, says: str, labels: Sequence[str], series: Sequence[Series], shown: Shown, first: str
) -> Plot:
    chart.x_labels = [visible(label) for label in labels]
    if len(labels) > _MOST_LABELS:
        chart.config.x_labels_major_every = -(-len(labels) // _MOST_LABELS)
        chart.config.show_minor_x_labels = False
    for row in series:
        chart.add(visible(row.name), [_point(value) for value in row.values])
    rows = [(label, [_told(row.values[index], shown) for row in series]) for index, label in enumerate(labels)]
    return Plot(
        svg=clean(chart.render(is_unicode=True), title, says, {n: row.tone for n, row in enumerate(series)}),
        title=title,
        columns=(first, *(row.name for row in series)),
        rows=rows,
        legend=tuple((row.name, row.tone) for row in series),
    )


def _point(value: Value | None) -> Any:
    return None if value is None else {"value": value.value, **_of(value)}


def _of(value: Value) -> dict[str, Any]:
    """Return the interval as pygal takes it; nothing where there is none."""
    return {} if value.low is None or value.high is None else {"ci": {"low": value.low, "high": value.high}}


def _told(value: Value | None, shown: Shown) -> str:
    if value is None:
        return "–"
    interval = "" if value.low is None or value.high is None else f" ({shown(value.low)} to {shown(value.high)})"
    return f"{shown(value.value)}{interval}"


_NUMBERS = count(1)


def clean(drawn: str, title: str, says: str, tones: Mapping[int, str]) -> Markup:
    """Return pygal's SVG without what acts or styles: shapes, texts and classes are left, with a title for readers.

    The series' classes become ``tone-...`` of the style sheet.
    """
    root = Xml.fromstring(drawn)  # noqa: S314  pygal wrote it
    kept = _cleaned(root, tones)
    assert kept is not None, "the root is no element that is left out"
    number = next(_NUMBERS)
    kept.attrib.clear()
    kept.attrib.update(
        {
            "viewBox": root.get("viewBox", f"0 0 {_WIDTH} {_HEIGHT}"),
            "class": "plot",
            "role": "img",
            "aria-labelledby": f"plot-{number}-title plot-{number}-desc",
        }
    )
    for at, (tag, text) in enumerate((("title", title), ("desc", says))):
        told = Xml.Element(tag, {"id": f"plot-{number}-{tag}"})
        told.text = visible(text)
        kept.insert(at, told)
    return Markup(Xml.tostring(kept, encoding="unicode", short_empty_elements=True))  # noqa: S704  it was escaped


def _cleaned(element: Xml.Element, tones: Mapping[int, str]) -> Xml.Element | None:
    tag = element.tag.removeprefix(f"{{{_SVG}}}") if isinstance(element.tag, str) else ""
    classes = element.get("class", "").split()
    if not tag or tag in _LEFT_OUT or any(overlay in classes for overlay in _OVERLAYS):
        return None
    attributes = {name: value for name, value in element.attrib.items() if name in _KEPT and value}
    if classes:
        attributes["class"] = " ".join(_toned(classes, tones))
    made = Xml.Element(tag, attributes)
    made.text = element.text
    made.extend([child for one in element if (child := _cleaned(one, tones)) is not None])
    return None if tag == "g" and not len(made) else made


def _toned(classes: Sequence[str], tones: Mapping[int, str]) -> list[str]:
    named = [one for one in classes if _CLASS.fullmatch(one)]
    series = next((int(one.removeprefix("serie-")) for one in classes if one.startswith("serie-")), None)
    return [*named, f"tone-{tones[series]}"] if series is not None and series in tones else named
