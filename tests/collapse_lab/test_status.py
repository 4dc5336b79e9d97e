"""`collapse-lab status`: how far a run is, whatever its study scores."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from collapse_lab.cli import cli
from collapse_lab.cli.progress import Shown
from collapse_lab.doing import Doing, doing
from collapse_lab.job import Plan, folder_of
from collapse_lab.run import Progress
from collapse_lab.store import write_json, write_rows
from collapse_lab.studies import parse

STUDY = "name: s\nquestion: Why?\nrounds: 2\nseeds: [0]\narms:\n  - policy: none\n  - policy: compile\n"


ASKED = """\
name: s
question: Why?
rounds: 1
seeds: [0]
model: {kind: pretrained, name: smollm2}
tasks: {kind: code, benchmarks: [{name: %s}, {name: %s}], pool: {name: %s}}
arms: [{policy: none}]
"""


@pytest.mark.parametrize(
    ("benchmarks", "said"),
    [(("reveal", "codesearchnet"), "accuracy 0.250"), (("codesearchnet", "reveal"), "BLEU-4 0.125")],
)
def test_a_score_of_answers_in_words_has_its_own_name(tmp_path: Path, benchmarks: tuple[str, str], said: str) -> None:
    Plan(parse(ASKED % (*benchmarks, benchmarks[0]), "s.yml"), "*", None, 1, str(tmp_path)).write(tmp_path)
    folder_of(tmp_path, 0).mkdir(parents=True)
    marks = {
        "reveal": {"f1": {"greedy": None, "sampled": 0.5}},
        "codesearchnet": {"bleu": {"greedy": 0.5, "sampled": 0.125}, "rouge_l": {"greedy": 0.5, "sampled": 0.5}},
    }
    page = {
        "pass_at_1_sampled": 0.25 if benchmarks[0] == "reveal" else None,
        "pass_at_1_greedy": None,
        "benchmarks": {name: {"marks": marks[name]} for name in benchmarks},
    }
    write_json(folder_of(tmp_path, 0) / "round-0.json", page)
    done = CliRunner().invoke(cli, ["status", str(tmp_path)])
    assert f"{said} ->" in done.output, done.output


@pytest.mark.parametrize(
    ("sampled", "greedy", "said"),
    [
        ((0.5, 0.25), (0.125, 0.0625), "pass@1 0.500 -> 0.250"),
        # A study may draw no answers, as the paper's does, or ask for no greedy ones.
        ((None, None), (0.125, 0.0625), "pass@1 0.125 -> 0.062"),
        ((None, None), (None, None), "pass@1 - -> -"),
    ],
)
def test_each_arm_has_its_score_so_far(
    tmp_path: Path, sampled: tuple[float | None, ...], greedy: tuple[float | None, ...], said: str
) -> None:
    Plan(parse(STUDY, "s.yml"), "*", None, 2, str(tmp_path)).write(tmp_path)
    folder_of(tmp_path, 0).mkdir(parents=True)
    for t in range(2):
        page = {"pass_at_1_sampled": sampled[t], "pass_at_1_greedy": greedy[t]}
        write_json(folder_of(tmp_path, 0) / f"round-{t}.json", page)
    done = CliRunner().invoke(cli, ["status", str(tmp_path)])
    assert done.exit_code == 0, done.output
    first, second, last = done.output.splitlines()
    assert first.split() == ["2/3", "rounds", *said.split(), "none,", "base", "0,", "seed", "0"]
    assert "0/3 rounds  not begun" in second
    assert last == "2 of 6 rounds are done."


def log(folder: Path, arm: int, *events: dict[str, object]) -> None:
    (folder / "logs").mkdir(exist_ok=True)
    write_rows(folder / "logs" / f"{arm:03d}.jsonl", ({"at": n, "arm": arm, **e} for n, e in enumerate(events)))


def test_an_arm_whose_base_is_in_training_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = Plan(parse(STUDY, "s.yml"), "*", None, 2, str(tmp_path))
    plan.write(tmp_path)
    steps = [Doing("tune the base", done, 43).as_event() for done in (1, 12)]
    log(tmp_path, 0, *steps)
    log(tmp_path, 1)
    first, second, _ = CliRunner().invoke(cli, ["status", str(tmp_path)]).output.splitlines()
    assert first.startswith("0/3 rounds  tune the base 12/43 ")
    assert "not begun" in second
    with Shown(tmp_path, plan.cells(), 2) as shown:
        for _ in range(2):
            shown.update(Progress(running={0: 0.0, 1: 0.0}))
    assert capsys.readouterr().err.count("before round 0: tune the base, 43 steps (base 0)") == 1
    log(tmp_path, 0, *steps, {"stage": "base", "key": "k", "seconds": 1.0})
    assert doing(tmp_path, 0) is None


def test_of_a_long_training_a_log_hears_of_every_hundredth() -> None:
    assert [n for n in range(1, 44) if Doing("x", n, 43).told] == list(range(1, 44))
    told = [n for n in range(1, 3001) if Doing("x", n, 3000).told]
    assert (told[:3], told[-1], len(told)) == ([1, 30, 60], 3000, 101)
