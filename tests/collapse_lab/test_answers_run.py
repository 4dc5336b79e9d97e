"""Whole small runs of both data sets, through a tiny random model in a real sandbox, up to the page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="needs torch: pip install 'exogate[lab]'")
pd = pytest.importorskip("pandas")
jsonschema = pytest.importorskip("jsonschema")

import torch  # noqa: E402

from collapse_lab.job import Plan, do  # noqa: E402
from collapse_lab.manifest import claim  # noqa: E402
from collapse_lab.place import Place  # noqa: E402
from collapse_lab.report.build import build  # noqa: E402
from collapse_lab.report.compare import compare, sentences  # noqa: E402
from collapse_lab.report.reading import read  # noqa: E402
from collapse_lab.study import Study  # noqa: E402
from collapse_lab.summary import write_summary  # noqa: E402
from collapse_lab.tasks import open_source  # noqa: E402
from collapse_lab.workshop import Workshop  # noqa: E402
from tests.collapse_lab.benchmarks.answers.sets import codesearchnet, reveal  # noqa: E402
from tests.collapse_lab.models.tiny import write  # noqa: E402

pytestmark = pytest.mark.sandbox
SCHEMA = json.loads((Path(__file__).parents[2] / "collapse_lab" / "summary.schema.json").read_text("utf-8"))
TUNED = 5
# What is asked for code beside answers in words; its answers have a length of their own.
CODE: dict[str, Any] = {"name": "everyday", "first": 2, "max_tokens": 4}
ARMS: dict[str, list[dict[str, Any]]] = {
    "reveal": [{"policy": "perplexity-low-frozen"}, {"control": "oracle"}],
    "codesearchnet": [{"policy": "novelty"}, {"policy": "none", "data": {"rule": "accumulate"}}],
}


@pytest.fixture(autouse=True)
def one_thread() -> Any:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def study(name: str, other: str, files: dict[str, str], weights: Path) -> Study:
    short = {"temperature": 0.8, "top_p": 0.95, "max_tokens": 8}
    return Study.model_validate(
        {
            "name": "tiny-answers",
            "question": "Does every answer in words come through a round?",
            "model": {
                "kind": "pretrained",
                "name": "smollm2",
                "source": str(weights),
                "tuned": {"documents": TUNED, "training": {"steps": 2, "batch": 2, "learning_rate": 0.01}},
            },
            "tasks": {
                "kind": "code",
                "benchmarks": [*({"name": n, "path": files[n], "first": 8} for n in (name, other)), CODE],
                "pool": {"name": name, "path": files[name]},
            },
            "rounds": 2,
            "seeds": [0],
            "prompts": 6,
            "fresh_prompts": False,
            "sampling": short,
            "training": {"steps": 2, "batch": 2, "checkpoint_every": 1, "learning_rate": 0.001},
            "evaluation": {
                "samples": 2,
                "others": "every",
                "sampling": short,
                "greedy": {"temperature": 0, "max_tokens": 8},
                "k": [1, 2],
            },
            "probes": {"texts": 3, "held_out": 4, "prompts": 1, "per_prompt": 2},
            "arms": [
                {"policy": "none"},
                {"policy": "none", "data": {"rule": "hybrid", "human_share": 0.5}},
                {"control": "human"},
                *ARMS[name],
            ],
        }
    )


@pytest.fixture(scope="module", params=["reveal", "codesearchnet"])
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Study, Path]:
    folder = tmp_path_factory.mktemp("answers")
    files = {"reveal": str(reveal(folder / "sets", 60, 90))}
    files["codesearchnet"] = str(codesearchnet(folder / "python.jsonl.gz"))
    other = next(name for name in files if name != request.param)
    chosen = study(request.param, other, files, write("smollm2", folder / "weights"))
    plan = Plan(chosen, "*", None, chosen.rounds, str(folder / "bases"))
    out = folder / "run"
    claim(out, chosen)
    plan.write(out)
    place = Place.named(out, None)
    with Workshop(chosen) as workshop:
        for number in range(len(plan.cells())):
            do(place, plan, number, workshop, out / "logs" / f"{number}.jsonl", lambda: None)
    write_summary(out, quick=False, command="collapse-lab run tiny-answers")
    return chosen, out


def pages(out: Path) -> dict[str, list[dict[str, Any]]]:
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    return {arm["label"]: arm["rounds"] for arm in summary["arms"]}


def test_the_summary_is_what_the_schema_says(ran: tuple[Study, Path]) -> None:
    chosen, out = ran
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    jsonschema.validate(summary, SCHEMA)
    hashes = {name: benchmark.hash for name, benchmark in open_source(chosen.tasks).benchmarks().items()}
    assert {name: facts["hash"] for name, facts in summary["benchmarks"].items()} == hashes


def test_questions_have_rates_and_summaries_means_and_no_pass_at_k(ran: tuple[Study, Path]) -> None:
    chosen, out = ran
    first = chosen.tasks.pool.name  # type: ignore[union-attr]
    for rounds in pages(out).values():
        assert len(rounds) == 3
        for page in rounds:
            asked, said = (page["benchmarks"][name] for name in ("reveal", "codesearchnet"))
            assert set(asked["marks"]) == {"precision", "recall", "f1", "neither"}
            assert set(said["marks"]) == {"bleu", "rouge_l"}
            assert asked["sampled"] is not None
            assert (said["greedy"], said["sampled"]) == (None, None)
            assert (page["pass_at_k"]["1"] is None) is (first == "codesearchnet")
            assert (page["correctness"] is None) is (first == "codesearchnet")
            assert set(page["endings"]) <= ({"passed", "wrong", "neither"} if first == "reveal" else {"answered"})


def test_code_is_scored_beside_them_by_its_own_length(ran: tuple[Study, Path]) -> None:
    for rounds in pages(ran[1]).values():
        for page in rounds:
            assert page["benchmarks"]["everyday"]["sampled"] is not None
            assert "marks" not in page["benchmarks"]["everyday"]
    answers = [
        json.loads(line)
        for file in (ran[1] / "objects").glob("*/*/answers.jsonl")
        for line in file.read_text("utf-8").splitlines()
    ]
    asked = {row["task"]: [r["tokens"] for r in answers if r["task"] == row["task"]] for row in answers}
    lengths = {task: max(tokens) for task, tokens in asked.items()}
    code = {task for task in lengths if not task.startswith(("reveal/", "codesearchnet/"))}
    assert len(code) == 2
    assert max(lengths[task] for task in code) <= 4
    assert max(lengths.values()) > 4


def test_drift_is_measured_of_answers(ran: tuple[Study, Path]) -> None:
    for rounds in pages(ran[1]).values():
        for page in rounds:
            assert all(page["drift"][name] > 0 for name in ("own_nll_round0", "human_nll", "entropy"))


def test_real_synthetic_and_hybrid_data_are_what_they_say(ran: tuple[Study, Path]) -> None:
    found = pages(ran[1])
    origins = {label: rounds[0]["documents"] for label, rounds in found.items()}
    assert origins["none"] == {"synthetic": 6, "human": 0, "lesson": 0}
    assert origins["human"] == {"synthetic": 0, "human": 6, "lesson": 0}
    assert origins["none, hybrid, human 50%"] == {"synthetic": 3, "human": 3, "lesson": 0}
    trained = [row for log in (ran[1] / "logs").glob("*.jsonl") for row in log.read_text().splitlines()]
    assert any('"stage": "train"' in row for row in trained)
    assert sum('"doing": "tune the base"' in row for row in trained) == 2
    if "none, accumulate" in origins:  # The base's own documents are kept, too.
        assert origins["none, accumulate"] == {"synthetic": 6, "human": TUNED, "lesson": 0}


def test_the_tuned_base_is_kept_beside_the_run_for_others(ran: tuple[Study, Path]) -> None:
    (log,) = (ran[1].parent / "bases" / "objects").glob("*/*/log.json")
    assert sorted(path.name for path in log.parent.iterdir()) == ["artifact.json", "log.json", "model"]
    assert json.loads(log.read_text())["documents"] == TUNED


def test_the_table_of_scores_has_the_marks(ran: tuple[Study, Path]) -> None:
    frame = pd.read_parquet(ran[1] / "tables" / "scores.parquet")
    asked, said = (frame[frame["benchmark"] == name] for name in ("reveal", "codesearchnet"))
    assert set(asked["n"]) == {2}
    assert set(said["n"]) == {0}
    assert said[["bleu", "rouge_l", "greedy_bleu", "greedy_rouge_l"]].notna().all(axis=None)
    assert asked[["positive", "yes", "neither", "greedy_yes"]].notna().all(axis=None)
    assert asked["bleu"].isna().all()


def test_the_page_shows_them_by_round_and_arm(ran: tuple[Study, Path], tmp_path: Path) -> None:
    chosen, out = ran
    text = build([out], tmp_path).read_text("utf-8")
    assert "Answers in words" in text
    called = "BLEU-4" if chosen.tasks.pool.name == "codesearchnet" else "accuracy"  # type: ignore[union-attr]
    assert f"Retention is sampled {called} in the last round" in text
    assert "What others said" not in text
    assert "human code" not in text
    assert "lets right answers through and wrong answers not" in text
    assert "hidden tests" not in text
    assert f"Round 0 is these weights tuned on {TUNED} human documents from" in text
    assert "of human answers under the model" in text
    assert "Answers in words are compared, not run" in text
    for name, columns in (("reveal", ("f1", "precision", "recall", "neither")), ("codesearchnet", ("bleu", "rouge_l"))):
        table = pd.read_csv(tmp_path / "tables" / f"answers-{name}.csv")
        assert len(table) == 3 * len(pages(out))
        for column in columns:
            assert (table[f"{column}_low"] <= table[column]).all()
            assert (table[column] <= table[f"{column}_high"]).all()
        assert (tmp_path / "plots" / f"answers-{name}.svg").is_file()
    code = pd.read_csv(tmp_path / "tables" / "answers-everyday.csv")
    assert len(code) == 3 * len(pages(out))
    assert code[["sampled", "greedy"]].notna().all(axis=None)
    assert "Of everyday, code: pass@1, by its own tests." in text
    assert "Of everyday, code: all that it tests." in text


def test_two_arms_are_compared_by_what_their_answers_have(ran: tuple[Study, Path]) -> None:
    run = read(ran[1])
    asked, said = (compare(run, "none", run, "human", name) for name in ("reveal", "codesearchnet"))
    assert (asked.called, said.called) == ("accuracy", "BLEU-4")
    assert asked.exact
    assert said.exact == ()  # nobody solves a summary
    assert any(sentence.startswith("Sampled BLEU-4: ") for sentence in sentences(said))
    assert not any("pass@1" in sentence for sentence in (*sentences(asked), *sentences(said)))


def test_the_tables_figures_are_the_summarys(ran: tuple[Study, Path], tmp_path: Path) -> None:
    out = ran[1]
    build([out], tmp_path)
    for name in ("reveal", "codesearchnet"):
        table = pd.read_csv(tmp_path / "tables" / f"answers-{name}.csv").set_index(["label", "round"])
        for label, rounds in pages(out).items():
            for t, page in enumerate(rounds):
                for figure, sides in page["benchmarks"][name]["marks"].items():
                    assert table.loc[(label, t), figure] == pytest.approx(sides["sampled"])
