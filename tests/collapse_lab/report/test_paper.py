"""The paper's numbers beside those of made-up runs: what is put beside what, and what is said of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

pytest.importorskip("pandas", reason="needs pandas: pip install 'exogate[lab]'")

from collapse_lab.cli import cli
from collapse_lab.models.known import names as known_models
from collapse_lab.paper import Compared, Measured, load, verify
from collapse_lab.policies import policy_of
from collapse_lab.report.reading import read
from collapse_lab.studies import models_of, open_study

from .synthetic import Made, write_run

PAPERS = {"humaneval-plus": 164, "mbpp-plus": 378}
NONE, COMPILE = Made("none", "none"), Made("compile", "exogenous", 1.0, 0.8)
BINARY = Made("self-score-quarter", "endogenous", 0.6, 0.3, scored=True)
QUALITY = Made("quality-30", "exogenous", 0.9, 0.6)


TUNED = {
    "kind": "pretrained",
    "name": "santacoder",
    "precision": "bf16",
    "tuned": {"documents": 90, "training": {"epochs": 1}},
}


def settings(study: str = "paper-main", **other: Any) -> dict[str, Any]:
    """Return all that a study says but its arms, seeds and rounds, which the made-up run has of its own."""
    found = open_study(study, model="santacoder").model_dump(
        mode="json", exclude={"arms", "seeds", "rounds", "question"}
    )
    return {**found, "judge": None, **other}


def made(folder: Path, *arms: Made, given: dict[str, Any] | None = None, **words: Any) -> Path:
    words = {"seeds": 1, "samples": 0, "tasks": PAPERS, **words}
    return write_run(folder, arms=arms, settings=given or settings(), **words)


def compared(*folders: Path) -> list[Compared]:
    return verify(load(), [read(folder) for folder in folders])


def only(found: list[Compared], what: str, gate: str, t: int, model: str = "santacoder") -> tuple[Measured, ...]:
    (one,) = [
        each
        for each in found
        if (each.cell.model, each.cell.what, each.cell.gate, each.cell.round) == (model, what, gate, t)
    ]
    return one.measured


def test_what_is_known_is_of_the_papers_study_and_of_gates_that_are_there() -> None:
    paper = load()
    assert {cell.model for cell in paper.cells if cell.model} == set(models_of(paper.study))
    assert set(models_of(paper.study)) <= set(known_models())
    for cell in paper.cells:
        assert cell.source in paper.sources
        assert cell.gate in paper.gates
        assert cell.benchmark is None or cell.benchmark in paper.tasks
    for policies in paper.gates.values():
        for name in policies:
            policy_of(name)
    labels = {arm.policy for arm in open_study(paper.study, model="santacoder").arms}
    assert {policies[0] for gate, policies in paper.gates.items() if "first version" not in gate} <= labels


def test_every_score_is_a_whole_number_of_tasks() -> None:
    """One greedy answer a task: each is k of n, as far as its decimals go."""
    paper = load()
    for cell in paper.cells:
        if cell.score is not None:
            tasks = paper.tasks[cell.benchmark or ""]
            assert abs(round(cell.score * tasks) / tasks - cell.score) < 0.00051, cell


def test_without_runs_every_cell_is_there_and_blank() -> None:
    found = compared()
    assert len(found) == len(load().cells)
    assert not any(one.measured for one in found)
    done = CliRunner().invoke(cli, ["verify-paper"])
    assert done.exit_code == 0, done.output
    assert f"0 of {len(found)} published numbers have a measured one" in done.output
    assert "0.171 (0.121 to 0.236)" in done.output


def test_a_run_with_the_papers_settings_stands_beside_it_with_nothing_to_add(tmp_path: Path) -> None:
    folder = made(tmp_path / "run", NONE, COMPILE)
    run, found = read(folder), compared(folder)
    for gate, t in (("none", 0), ("none", 5), ("compile", 5)):
        (one,) = only(found, "humaneval-plus", gate, t)
        assert one.value is not None
        assert one.value.estimate == run.mean(gate, t, "benchmarks", "humaneval-plus", "greedy")
        assert one.value.low <= one.value.estimate <= one.value.high
        assert one.value.low < one.value.high
        assert (one.drawn, one.differs) == (None, ())
    assert only(found, "livecodebench", "none", 0) == ()
    assert only(found, "humaneval-plus", "none", 0, "codellama-7b") == ()


def test_every_setting_that_differs_is_named(tmp_path: Path) -> None:
    folder = made(
        tmp_path / "run",
        NONE,
        QUALITY,
        given=settings("paper-main-revised"),
        seeds=3,
        samples=4,
        tasks={"mbpp-plus": 24},
    )
    found = compared(folder)
    (base,) = only(found, "mbpp-plus", "none", 0)
    # Neither training nor drawing has anything to do with the base's score.
    assert base.differs == ("24 tasks, not 378",)
    (last,) = only(found, "mbpp-plus", "quality", 5)
    said = "; ".join(last.differs)
    for words in (
        "policy quality-30, not quality",
        "3 seeds, not 1",
        "data: most_raw 8, not 40",
        "training: steps none, not 3000",
        "training: epochs 4, not none",
        "training: completion_only true, not false",
        "training: fim_rate 0, not 0.5",
        "24 tasks, not 378",
    ):
        assert words in said
    assert "checkpoint_every" not in said
    assert last.drawn is not None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"prompts": 100}, "prompts 100, not 5000"),
        ({"start": "base"}, "start base, not previous"),
        ({"limits": {"cpu_seconds": 1.0, "memory_mib": 4096}}, "limits: cpu_seconds 1, not 30"),
        ({"sampling": {"temperature": 1.0, "top_p": 0.95, "max_tokens": 1024}}, "sampling: temperature 1, not 0.8"),
        ({"evaluation": {"samples": 0, "greedy": {"temperature": 0.0, "max_tokens": 64}}}, "max_tokens 64, not 768"),
        ({"model": {"kind": "pretrained", "name": "santacoder", "precision": "fp32"}}, "precision fp32, not bf16"),
        (
            {"model": {"kind": "pretrained", "name": "santacoder", "precision": "bf16", "source": "/home/me/x"}},
            "weights from a place of its own",
        ),
        ({"model": TUNED}, "a base tuned on 90 human documents before round 0"),
        (
            {"tasks": {"kind": "code", "benchmarks": [{"name": "humaneval-plus", "max_tokens": 99}]}},
            "answers of at most 99 tokens",
        ),
        (
            {"data": {"rule": "hybrid", "human_share": 0.05, "quota": 5000, "most_raw": 40}},
            "data: human_share 0.05, not 0",
        ),
        (
            {"tasks": {"kind": "code", "benchmarks": [{"name": "humaneval-plus"}], "pool": {"name": "pocket"}}},
            "prompts from pocket, not stack",
        ),
    ],
)
def test_one_setting_that_differs_is_named(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    folder = made(tmp_path / "run", NONE, given=settings(**change), tasks={"humaneval-plus": 164})
    (one,) = only(compared(folder), "humaneval-plus", "none", 5)
    assert words in "; ".join(one.differs)
    assert "/home/me" not in "; ".join(one.differs)


def test_a_share_of_prose_is_a_setting_that_differs(tmp_path: Path) -> None:
    """Also where an arm's data are its own."""
    given = open_study("paper-main-revised", model="starcoder2-3b").model_dump(
        mode="json", exclude={"arms", "seeds", "rounds", "question"}
    )
    folder = made(tmp_path / "run", NONE, BINARY, given={**given, "judge": None}, seeds=3, samples=4)
    for gate in ("none", "binary"):
        (one,) = only(compared(folder), "humaneval-plus", gate, 5, "starcoder2-3b")
        assert "data: prose_share 0.25, not none" in one.differs
    santacoder = made(tmp_path / "other", NONE, given=settings("paper-main-revised"), seeds=3, samples=4)
    (one,) = only(compared(santacoder), "humaneval-plus", "none", 5)
    assert "prose" not in "; ".join(one.differs)
    done = CliRunner().invoke(cli, ["verify-paper", str(folder)])
    assert "data: prose_share 0.25, not none" in done.output
    assert "of which corpus is not known" in " ".join(done.output.split())


def test_a_round_that_a_run_has_not_reached_is_blank(tmp_path: Path) -> None:
    folder = made(tmp_path / "run", NONE, rounds=3)
    found = compared(folder)
    assert only(found, "humaneval-plus", "none", 5) == ()
    assert only(found, "humaneval-plus", "none", 0) != ()


def test_verdicts_that_were_turned_over_are_no_gate_of_the_papers(tmp_path: Path) -> None:
    folder = made(tmp_path / "run", Made("compile~10%", "exogenous"), NONE)
    assert only(compared(folder), "humaneval-plus", "compile", 5) == ()


def test_what_a_gate_let_through_stands_beside_the_papers_rate(tmp_path: Path) -> None:
    zero = Made("self-score-zero", "endogenous", 0.9, 0.8)
    folder = made(tmp_path / "run", zero, NONE, seeds=2, samples=4)
    (one,) = only(compared(folder), "acceptance", "binary, first version", 0)
    run = read(folder)
    assert one.value is not None
    assert one.value.estimate == run.mean("self-score-zero", 0, "acceptance")
    assert one.value.low < one.value.high


def test_several_runs_of_a_cell_each_have_a_row(tmp_path: Path) -> None:
    literal = made(tmp_path / "literal", NONE, BINARY)
    revised = made(tmp_path / "revised", NONE, given=settings("paper-main-revised"), seeds=3, samples=4)
    found = only(compared(literal, revised), "humaneval-plus", "none", 5)
    assert [(one.run, bool(one.differs)) for one in found] == [("literal", False), ("revised", True)]


@pytest.mark.parametrize("markdown", [False, True])
def test_the_command_shows_letters_and_what_they_mean(tmp_path: Path, markdown: bool) -> None:
    literal = made(tmp_path / "literal", NONE, BINARY)
    revised = made(tmp_path / "revised", NONE, given=settings("paper-main-revised"), seeds=3, samples=4)
    other = made(tmp_path / "other", NONE, given={"judge": {}})
    words = ["verify-paper", str(literal), str(revised), str(other), *(["--markdown"] if markdown else [])]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    title = next(line for line in lines if "how it differs" in line)
    assert "drawn" in title
    assert title.startswith("| model") is markdown
    of_none = [line for line in lines if "humaneval-plus" in line and "santacoder" in line and "none" in line]
    assert [line.strip(" |").split()[-1] for line in of_none if "literal" in line] == ["nothing", "nothing"]
    assert any("training: epochs 4, not none" in line and ": " in line for line in lines)
    assert "other is of a pocket model, which the paper does not have" in done.output
    assert "had no seed" in done.output
    if markdown:
        table = [line for line in lines if line.startswith("|")]
        assert len({line.count("|") for line in table}) == 1


def test_a_folder_that_holds_no_run_is_a_sentence(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["verify-paper", str(tmp_path)])
    assert done.exit_code != 0
    assert "summary.json cannot be read" in done.output
