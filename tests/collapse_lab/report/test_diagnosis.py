"""The section on programs, from made-up tables."""

from __future__ import annotations

from pathlib import Path

import pytest

pd = pytest.importorskip("pandas", reason="needs pandas: pip install 'exogate[lab]'")

from collapse_lab.report.build import build  # noqa: E402
from collapse_lab.report.diagnosis import diagnosis  # noqa: E402
from collapse_lab.report.reading import ReportError, read  # noqa: E402

from .synthetic import Made, write_run  # noqa: E402

ARMS = (Made("none", "none"), Made("tests", "exogenous", 1.0, 0.03))


@pytest.fixture
def run(tmp_path: Path) -> Path:
    tasks = {"pocket": 20, "pocket-second": 10}
    return write_run(tmp_path / "run", arms=ARMS, seeds=2, rounds=2, tasks=tasks)


def tables(run: Path, ending: str = "NameError") -> None:
    who = [("none", seed, seed, t) for t in (0, 2) for seed in (0, 1)] + [("tests", 0, 0, 0)]
    counts = [[*w, 100, 90, 80 - 20 * w[3] - w[2], 85 - 20 * w[3]] for w in who]
    columns = ["label", "base", "seed", "round", "samples", "compiled", "strict", "relaxed"]
    pd.DataFrame(counts, columns=columns).to_csv(run / "tables" / "diagnosis.csv", index=False)
    endings = [[*w, name, number] for w in who for name, number in (("ran", 50), (ending, 30), ("SyntaxError", 20))]
    frame = pd.DataFrame(endings, columns=["label", "base", "seed", "round", "ending", "samples"])
    frame.to_csv(run / "tables" / "diagnosis-endings.csv", index=False)


def test_without_a_diagnosis_there_is_no_section(run: Path) -> None:
    assert diagnosis(read(run)) is None
    assert "How samples end as programs" not in build([run], run).read_text("utf-8")


def test_seeds_are_added_up_and_endings_are_shares(run: Path) -> None:
    tables(run)
    section = diagnosis(read(run))
    assert section is not None
    rows = section.figures[0].table.rows
    assert [(row["label"], row["round"], row["samples"]) for row in rows] == [
        ("none", 0, 200),
        ("none", 2, 200),
        ("tests", 0, 100),
    ]
    assert rows[0]["compiled"] == pytest.approx(0.9)
    assert rows[0]["strict"] == pytest.approx(0.795)
    assert rows[1]["relaxed"] == pytest.approx(0.45)
    assert rows[0]["ending_NameError"] == pytest.approx(0.3)
    assert "0.795 of the samples ran to their end in round 0, and 0.395 in round 2" in section.found
    assert "How samples end as programs" in build([run], run).read_text("utf-8")


@pytest.mark.parametrize("ending", ["None", "nan", "label", "samples"])
def test_a_class_may_be_called_anything(run: Path, ending: str) -> None:
    tables(run, ending)
    section = diagnosis(read(run))
    assert section is not None
    row = section.figures[0].table.rows[0]
    assert (row["label"], row["samples"]) == ("none", 200)
    assert row[f"ending_{ending}"] == pytest.approx(0.3)


def test_tables_that_are_none_are_named(run: Path) -> None:
    tables(run)
    (run / "tables" / "diagnosis.csv").write_text("label,round\nnone,0\n")
    with pytest.raises(ReportError, match=r"diagnosis\.csv cannot be read .* `collapse-lab diagnose` writes it anew"):
        diagnosis(read(run))
