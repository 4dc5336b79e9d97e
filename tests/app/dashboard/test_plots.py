"""Plots: nothing in them acts or styles, and the table behind says the same."""

from __future__ import annotations

from xml.etree import ElementTree as Xml

import pytest

from app.dashboard.plots import Mark, Plot, Series, Value, curves, lines, stacked
from tests.app.dashboard.test_hostile import PAYLOADS
from tests.app.dashboard.test_pages import read

_TAGS = {"svg", "title", "desc", "g", "path", "rect", "circle", "text"}


def percent(value: float) -> str:
    return f"{value:.0%}"


def plots(text: str = "2026-08") -> list[Plot]:
    labels = [text, *(f"2026-{month:02d}" for month in range(9, 13))]
    values = [Value(0.9, 0.8, 1.0), Value(0.5), None, Value(0.0), Value(1.0, 0.9, 1.1)]
    series = [Series(text, "ai", values), Series("other", "human", values[::-1])]
    points = [(0.0, Value(0.9, 0.8, 1.0)), (0.5, Value(0.5)), (1.0, None)]
    return [
        stacked(text, text, labels, series, percent, "Month"),
        lines(text, text, labels, series, percent, "Month", top=1.0),
        curves(text, text, [(text, "ai", points)], percent, "Share", [Mark(text, 0.3)]),
    ]


@pytest.mark.parametrize("text", PAYLOADS[:-1], ids=range(len(PAYLOADS) - 1))
def test_nothing_in_a_plot_acts_or_styles(text: str) -> None:
    for plot in plots(text):
        read(str(plot.svg))
        root = Xml.fromstring(plot.svg)
        assert {element.tag for element in root.iter()} <= _TAGS
        for element in root.iter():
            assert not {"style", "href", "onload"} & element.attrib.keys()
        assert (root.get("role"), root[0].tag, root[1].tag) == ("img", "title", "desc")
        assert root.get("aria-labelledby") == f"{root[0].get('id')} {root[1].get('id')}"


def test_two_plots_on_a_page_have_names_of_their_own() -> None:
    ids = [element.get("id") for plot in plots() for element in Xml.fromstring(plot.svg).iter() if element.get("id")]
    assert len(ids) == len(set(ids)) == 6


def test_series_take_their_colours_from_the_style_sheet() -> None:
    for plot in plots():
        classes = {name for element in Xml.fromstring(plot.svg).iter() for name in element.get("class", "").split()}
        assert "tone-ai" in classes
        assert not any(name.startswith(("color-", "serie-")) for name in classes)


def test_the_table_behind_says_what_is_drawn() -> None:
    bars, line, shares = plots()
    assert line.columns == ("Month", "2026-08", "other")
    assert line.rows[0] == ("2026-08", ["90% (80% to 100%)", "100% (90% to 110%)"])
    assert [row[1][0] for row in bars.rows] == ["90% (80% to 100%)", "50%", "–", "0%", "100% (90% to 110%)"]
    assert shares.rows == [("0%", ["90% (80% to 100%)"]), ("50%", ["50%"]), ("100%", ["–"])]
    assert shares.legend == (("2026-08", "ai"), ("2026-08", "mark"))


def test_a_plot_without_a_value_is_still_one() -> None:
    empty = lines("t", "s", ["1", "2"], [Series("a", "ai", [None, None])], percent, "Round", top=1.0)
    assert [cells for _, cells in empty.rows] == [["–"], ["–"]]
    assert curves("t", "s", [("a", "ai", [])], percent, "Share").rows == []
