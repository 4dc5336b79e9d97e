"""What all pictures have in common: colours by role, sizes in pixels, and SVG that fits into a page.

A picture is drawn in the light theme's colours. In the page every one of them becomes a CSS variable, so that the
same picture follows the reader's theme; the files beside the page keep the colours as drawn.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from html import escape
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDE, NARROW = 980, 328
# Role: colour in the light theme (style.css has the dark theme's, under the same names). No two are equal.
COLOURS = {
    "ink": "#1b1f24",
    "soft": "#5b6470",
    "line": "#d5d9de",
    "band": "#eef0f2",
    "paper": "#fffffe",
    "none": "#3c4650",
    "control": "#3f7d5c",
    "exogenous": "#1c6bb0",
    "anchored": "#7a4bb0",
    "endogenous": "#c4501b",
}
MARKERS = {"none": "D", "control": "s", "exogenous": "o", "anchored": "^", "endogenous": "v"}
GROUP_WORDS = {
    "none": "no gate",
    "control": "controls",
    "exogenous": "exogenous: no model has a say",
    "anchored": "anchored: a frozen or foreign model",
    "endogenous": "endogenous: the author’s own model",
}
_FONT = "DejaVu Sans"
_PAGE_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


Draw = Callable[[bool], "Figure"]


@dataclass(frozen=True)
class Picture:
    """A picture: its name for files, what it shows in a line, and what is seen in it (for those who cannot see it).

    It is drawn when somebody looks: ``draw(narrow)`` returns a figure for a wide or a narrow page.
    """

    name: str
    title: str
    alt: str
    draw: Draw

    @cached_property
    def wide(self) -> str:
        """The SVG text for a wide page."""
        with self._settings():
            return _svg(self._figure)

    @cached_property
    def narrow(self) -> str:
        """The SVG text for a narrow page."""
        with self._settings():
            return _svg(self.draw(True))

    @cached_property
    def png(self) -> bytes:
        """The wide one in dots."""
        with self._settings():
            return _png(self._figure)

    def inline(self, which: str, prefix: str) -> str:
        """Return the SVG for the page; *prefix* keeps its ids apart from those of other pictures."""
        return _inline(
            self.wide if which == "wide" else self.narrow, f"{prefix}{self.name}-{which}", self.title, self.alt
        )

    @cached_property
    def _figure(self) -> Figure:
        return self.draw(False)

    def _settings(self) -> AbstractContextManager[None]:
        from matplotlib import rc_context

        settings: Any = {
            "svg.fonttype": "none",
            "svg.hashsalt": self.name,
            "font.family": _FONT,
            "font.size": 11,
            "text.color": COLOURS["ink"],
            "axes.edgecolor": COLOURS["line"],
            "axes.labelcolor": COLOURS["soft"],
            "xtick.color": COLOURS["soft"],
            "ytick.color": COLOURS["soft"],
            "figure.facecolor": "none",
            "axes.facecolor": "none",
            "path.simplify": False,
        }
        return rc_context(settings)


def canvas(width: int, height: int) -> Figure:
    """Return an empty figure whose units are pixels of the page."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width / 72, height / 72), dpi=72)


def axes(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Return axes at a place in pixels from the upper left, without a frame."""
    whole_width, whole_height = figure.get_size_inches() * 72
    box = (left / whole_width, 1 - (top + height) / whole_height, width / whole_width, height / whole_height)
    made: Any = figure.add_axes(box)
    for side in ("top", "right", "left", "bottom"):
        made.spines[side].set_visible(False)
    made.tick_params(length=0, labelsize=10.5)
    made.set_axisbelow(True)
    return made  # type: ignore[no-any-return]


def text(figure: Figure, x: float, y: float, words: str, **how: Any) -> None:
    """Write at a place in pixels from the upper left."""
    width, height = figure.get_size_inches() * 72
    figure.text(x / width, 1 - y / height, words, **{"va": "center", **how})


def legend(figure: Figure, x: float, y: float, parts: list[tuple[str, str, bool]], limit: float) -> float:
    """Write a key of (words, group, filled) from the upper left on, broken before *limit*; return its lower end."""
    from matplotlib.lines import Line2D

    width, height = figure.get_size_inches() * 72
    left = x
    for words, group, filled in parts:
        needed = 18 + 6.3 * len(words) + 14
        if left > x and left + needed > limit:
            left, y = x, y + 18
        colour = COLOURS[group]
        figure.add_artist(
            Line2D(
                [(left + 6) / width],
                [1 - y / height],
                marker=MARKERS.get(group, "o"),
                markersize=7,
                markerfacecolor=colour if filled else COLOURS["paper"],
                markeredgecolor=colour,
                markeredgewidth=1.5,
                linestyle="none",
            )
        )
        text(figure, left + 16, y, words, fontsize=10.5, color=COLOURS["soft"])
        left += needed
    return y + 14


def wrapped(label: str, limit: int) -> str:
    """Return a label in two lines where it is longer than *limit*, cut behind a mark in it."""
    if len(label) <= limit:
        return label
    cuts = [m.end() for m in re.finditer(r"[-@, ]+", label) if m.end() <= limit]
    return f"{label[: cuts[-1]].rstrip()}\n{label[cuts[-1] :]}" if cuts else label


def _svg(figure: Figure) -> str:
    out = StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return out.getvalue()


def _png(figure: Figure) -> bytes:
    out = BytesIO()
    figure.savefig(out, format="png", dpi=144, facecolor=COLOURS["paper"], metadata={"Software": None})
    return out.getvalue()


def standalone(svg: str) -> str:
    """Return an SVG for a file of its own: on paper instead of transparent."""
    return re.sub(r"(<svg[^>]*>)", rf'\1<rect width="100%" height="100%" fill="{COLOURS["paper"]}"/>', svg, count=1)


def _inline(svg: str, name: str, title: str, alt: str) -> str:
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', body)
    body = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", body)
    body = re.sub(r'xlink:href="#([^"]+)"', rf'href="#{name}-\1"', body)
    body = re.sub(rf"'{_FONT}'[^;\"]*", _PAGE_FONT, body)
    for role, colour in COLOURS.items():
        body = body.replace(colour, f"var(--{role})")
    view = re.search(r'viewBox="([^"]+)"', body)
    head = (
        f'<svg viewBox="{view[1] if view else ""}" role="img" aria-labelledby="{name}-title {name}-desc" '
        f'xmlns="http://www.w3.org/2000/svg"><title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-desc">{escape(alt)}</desc>'
    )
    return head + re.sub(r"^<svg[^>]*>", "", body, count=1)
