"""The page as a file: whole, self-contained, honest about what is missing."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

from collapse_lab.cli.compare import command as compare_command
from collapse_lab.cli.report import command as report_command
from collapse_lab.metrics.intervals import Interval
from collapse_lab.report.build import build
from collapse_lab.report.draw.style import COLOURS
from collapse_lab.report.reading import ReportError
from collapse_lab.report.table import Column, Table, shown
from tests.collapse_lab.report.synthetic import ARMS, write_run

FEW = [a for a in ARMS if a.policy in ("none", "human", "tests", "self-score-frozen", "random@tests")]
SMALL: dict[str, Any] = {"arms": FEW, "seeds": 2, "rounds": 2, "tasks": {"pocket": 40, "other": 30}}
MEASURED = ("held_out", "drift", "diversity", "spectrum", "contamination", "rubber_stamp_index", "degeneracy")
KINDS: dict[str, dict[str, Any]] = {
    "whole": SMALL,
    "one arm, one seed": {**SMALL, "arms": FEW[:1], "seeds": 1},
    "interrupted": {**SMALL, "stopped": {("tests", 0): 1, ("tests", 1): 0, ("human", 1): -1, ("none", 1): 1}},
    "nothing but scores": {
        **SMALL,
        "without": (*MEASURED, "tail_recall", "endings", "acceptance", "strata", "documents"),
    },
    "greedy only": {**SMALL, "samples": 0},
    "base only": {**SMALL, "stopped": {(a.policy, s): 0 for a in FEW for s in range(2)}},
}
_VOID = {"meta", "br", "img", "link", "rect", "use", "path"}


class Reader(HTMLParser):
    """Collects what a page is made of, and sees that tags close."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.tags: Counter[str] = Counter()
        self.links: list[str] = []
        self.attributes: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags[tag] += 1
        self.attributes.append((tag, found))
        if found.get("id"):
            self.ids.append(str(found["id"]))
        self.links += [str(found[key]) for key in ("href", "src", "xlink:href") if key in found]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            assert self.open.pop() == tag, f"</{tag}> closes something else"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    pages: dict[str, Path] = {}

    def page(kind: str) -> Path:
        if kind not in pages:
            folder = write_run(tmp_path_factory.mktemp("run"), **KINDS[kind])
            pages[kind] = build([folder], folder)
        return pages[kind]

    return page


@pytest.mark.parametrize("kind", KINDS)
def test_every_run_gives_a_whole_page(made: Callable[[str], Path], kind: str) -> None:
    text = made(kind).read_text("utf-8")
    reader = Reader()
    reader.feed(text)
    assert reader.open == []
    assert [name for name, count in Counter(reader.ids).items() if count > 1] == []
    assert reader.tags["script"] == reader.tags["link"] == reader.tags["img"] == 0
    assert {link for link in reader.links if not link.startswith("#")} == set()
    assert {link[1:] for link in reader.links} <= set(reader.ids)
    assert set(re.findall(r"url\(#([^)]+)\)", text)) <= set(reader.ids)
    words = re.sub(r"<[^>]+>", " ", re.sub(r"<(style|svg).*?</\1>", " ", text, flags=re.DOTALL))
    assert not re.search(r"\b(nan|None|inf)\b", words)
    assert "SYNTHETIC" in words


@pytest.mark.parametrize("kind", ["whole", "interrupted"])
def test_pictures_can_be_read_without_eyes(made: Callable[[str], Path], kind: str) -> None:
    reader = Reader()
    reader.feed(made(kind).read_text("utf-8"))
    pictures = [found for tag, found in reader.attributes if tag == "svg"]
    assert len(pictures) >= 16
    for picture in pictures:
        assert picture["role"] == "img"
        assert set(str(picture["aria-labelledby"]).split()) <= set(reader.ids)
    # One table behind each pair of wide and narrow pictures.
    assert reader.tags["figure"] == len(pictures) / 2
    assert reader.tags["table"] >= reader.tags["figure"]


def test_pictures_follow_the_theme(made: Callable[[str], Path]) -> None:
    page = made("whole")
    style, body = re.split(r"</style>", page.read_text("utf-8"), maxsplit=1)
    assert len(set(COLOURS.values())) == len(COLOURS)
    assert not [colour for colour in COLOURS.values() if colour in body]
    dark = style[style.index("prefers-color-scheme: dark") :].partition("* {")[0]
    assert all(f"--{role}:" in dark for role in COLOURS)
    alone = (page.parent / "plots" / "retention.svg").read_text("utf-8")
    assert "var(" not in alone and COLOURS["paper"] in alone


def test_the_same_run_gives_the_same_page(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", **{**SMALL, "arms": FEW[:2], "seeds": 1})
    one, two = (build([folder], tmp_path / name).read_bytes() for name in ("a", "b"))
    assert one == two


def test_missing_things_are_said(made: Callable[[str], Path]) -> None:
    assert "Not measured in this run." in made("nothing but scores").read_text()
    text = made("interrupted").read_text()
    assert "stopped before round 2" in text and "tests (seed 1: round 0)" in text
    assert "Arms with fewer seeds than others: human" in text
    assert "There is one seed" in made("one arm, one seed").read_text()
    assert "every score is greedy" in made("greedy only").read_text()


def test_findings_do_not_speak_of_arms_that_are_not_there(made: Callable[[str], Path]) -> None:
    text = made("base only").read_text()
    assert "was left after" not in text and "kept most" not in text


def test_hostile_names_are_text(tmp_path: Path) -> None:
    folder = write_run(tmp_path, **{**SMALL, "arms": FEW[:1], "seeds": 1})
    summary = json.loads((folder / "summary.json").read_text())
    evil = "<script>alert(1)</script>&\"'`*x*`"
    summary["question"] = summary["command"] = summary["hardware"]["processor"] = evil
    for arm in summary["arms"]:
        arm["label"] = evil
    (folder / "summary.json").write_text(json.dumps(summary))
    table = pd.read_parquet(folder / "tables" / "scores.parquet").assign(label=evil)
    table.to_parquet(folder / "tables" / "scores.parquet")
    text = build([folder], folder).read_text("utf-8")
    reader = Reader()
    reader.feed(text)
    assert reader.tags["script"] == 0 and reader.open == []
    assert "alert(1)" in text


def test_tables_are_beside_the_page(made: Callable[[str], Path]) -> None:
    folder = made("whole").parent
    names = {path.stem for path in (folder / "tables").glob("*.csv")}
    assert {"retention", "claims", "settings", "contrasts-none", "prediction", "rubber-stamp", "spectrum"} <= names
    for name in names:
        one, two = (
            pd.read_csv(folder / "tables" / f"{name}.csv"),
            pd.read_parquet(folder / "tables" / f"{name}.parquet"),
        )
        assert list(one.columns) == list(two.columns) and len(one) == len(two)
    kept = pd.read_parquet(folder / "tables" / "retention.parquet").set_index("label")
    assert kept.loc["none", "retained_low"] < kept.loc["none", "retained"] < kept.loc["none", "retained_high"]
    assert {path.suffix for path in (folder / "plots").iterdir()} == {".svg", ".png"}
    # What the run wrote is as it was.
    assert {"label", "task", "n", "c"} <= set(pd.read_parquet(folder / "tables" / "scores.parquet").columns)


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (None, "share", "–"),
        (float("nan"), "number", "–"),
        (Interval(0.5, 0.4, 0.62), "percent", "50 % (40 to 62)"),
        (Interval(-0.012, -0.03, 0.01), "points", "−1.2 (−3.0 to +1.0)"),
        (0.00001, "p", "< .001"),
        (0.0421, "p", "0.042"),
        (12345, "count", "12 345"),
        (-0.00317, "number", "−0.003"),
        (31.04, "number", "31"),
    ],
)
def test_values_as_they_are_written(value: object, kind: Any, text: str) -> None:
    assert shown(value, kind) == text


def test_a_table_without_rows_has_its_columns(tmp_path: Path) -> None:
    Table("empty", "Empty", (Column("a", "A"), Column("b", "B")), []).write(tmp_path)
    assert list(pd.read_parquet(tmp_path / "empty.parquet").columns) == ["a", "b"]


def test_two_runs_make_two_chapters(tmp_path: Path) -> None:
    small = {**SMALL, "arms": FEW[:2], "seeds": 1}
    for name in ("one", "two"):
        write_run(tmp_path / name, **small, settings={"name": f"synthetic-{name}"})
    done = CliRunner().invoke(report_command, [str(tmp_path / "one"), str(tmp_path / "two")])
    assert done.exit_code == 0, done.output
    text = (tmp_path / "report.html").read_text("utf-8")
    reader = Reader()
    reader.feed(text)
    assert reader.tags["article"] == 2 and len(reader.ids) == len(set(reader.ids))
    assert (tmp_path / "tables" / "synthetic-two-retention.csv").is_file()


def test_two_runs_of_one_study_are_refused(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_run(tmp_path / name, **{**SMALL, "arms": FEW[:1], "seeds": 1})
    with pytest.raises(ReportError, match="collapse-lab compare"):
        build([tmp_path / "one", tmp_path / "two"], tmp_path)


def test_compare_says_it_in_words(made: Callable[[str], Path]) -> None:
    folder = str(made("whole").parent)
    done = CliRunner().invoke(compare_command, ["tests", "none", "--run", folder])
    assert done.exit_code == 0, done.output
    assert "Sampled pass@1" in done.output and "tests is better than none" in done.output
    assert done.output.count("McNemar") == 2
    turned = CliRunner().invoke(compare_command, [f"{folder}:none", f"{folder}:tests", "--benchmark", "other"])
    assert "benchmark other" in turned.output


def test_compare_across_runs(made: Callable[[str], Path], tmp_path: Path) -> None:
    other = write_run(tmp_path / "later", **{**SMALL, "seeds": 1}, seed=5)
    done = CliRunner().invoke(compare_command, [f"{made('whole').parent}:tests", f"{other}:tests"])
    assert done.exit_code == 0, done.output
    assert "tests (later)" in done.output and "One seed" in done.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["tests", "none"], "Add --run DIR"),
        (["tests", "nobody", "--run", "RUN"], "no arm 'nobody'"),
        (["tests", "tests", "--run", "RUN"], "nothing to compare"),
        (["tests", "none", "--run", "RUN", "--round", "9"], "rounds 0 to 2"),
        (["tests", "none", "--run", "RUN", "--benchmark", "x"], "no benchmark 'x'"),
        (["tests", "none", "--run", "RUN/nowhere"], "cannot be read"),
    ],
)
def test_compare_refuses_in_sentences(made: Callable[[str], Path], words: list[str], said: str) -> None:
    folder = str(made("whole").parent)
    done = CliRunner().invoke(compare_command, [word.replace("RUN", folder) for word in words])
    assert done.exit_code != 0 and said in done.output
