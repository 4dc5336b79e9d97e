"""The shipped studies of pretrained models: what is literal, what is revised, and what one machine has time for."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from collapse_lab.arms import cells
from collapse_lab.cli import cli
from collapse_lab.cost import estimate, machines
from collapse_lab.policies import policy_of
from collapse_lab.sittings import sittings
from collapse_lab.studies import models_of, names, open_study
from collapse_lab.study import CodeTasks, Study

SUITES = ("main", "execution-review", "anchor", "noisy-gate", "single-seed", "extended")
LITERAL = [f"paper-{suite}" for suite in SUITES]
REVISED = [f"{name}-revised" for name in LITERAL]
OWN = ["qwen05-main", "qwen05-mini", "smollm2-main", "smollm2-mini"]
FOUR = ("santacoder", "starcoder2-3b", "qwen2.5-coder-1.5b", "codellama-7b")
# What a suite is about, and may therefore have otherwise than `paper-main`.
ABOUT = {
    "paper-execution-review": {"arms"},
    "paper-anchor": {"arms", "data"},
    "paper-noisy-gate": {"arms"},
    "paper-single-seed": set(),
    "paper-extended": {"rounds"},
}


def opened(name: str) -> Study:
    models = models_of(name)
    return open_study(name, model=models[0] if models else None)


def differing(one: Study, two: Study) -> set[str]:
    a, b = one.model_dump(), two.model_dump()
    return {key for key in a if a[key] != b[key]} - {"name", "question"}


def test_all_that_the_issue_names_are_shipped() -> None:
    assert {*LITERAL, *REVISED, *OWN} <= set(names())


@pytest.mark.parametrize("name", [n for n in names() if not n.startswith("pocket")])
def test_every_arm_of_it_can_be_asked_for(name: str) -> None:
    study = opened(name)
    assert study.name.startswith(name)
    assert study.models == ()
    for cell in cells(study):
        policy_of(cell.judge.policy or "none")


@pytest.mark.parametrize("name", [*LITERAL, *REVISED])
def test_the_papers_suites_are_of_its_four_models_and_three_benchmarks(name: str) -> None:
    assert models_of(name) == FOUR
    tasks = opened(name).tasks
    assert isinstance(tasks, CodeTasks)
    assert [choice.name for choice in tasks.benchmarks] == ["humaneval-plus", "mbpp-plus", "livecodebench"]
    assert tasks.pool.name == "stack"


@pytest.mark.parametrize("name", sorted(ABOUT))
@pytest.mark.parametrize("revised", [False, True])
def test_a_suite_differs_from_main_in_what_it_is_about_only(name: str, revised: bool) -> None:
    end = "-revised" if revised else ""
    found = differing(opened(f"{name}{end}"), opened(f"paper-main{end}"))
    assert found == (ABOUT[name] or ({"seeds"} if revised else set()))


@pytest.mark.parametrize("name", LITERAL)
def test_the_literal_suites_are_the_papers(name: str) -> None:
    """The numbers are those of the protocol's table, first release."""
    study = opened(name)
    assert study.rounds == (20 if "extended" in name else 5)
    assert study.seeds == (0,)
    assert (study.sampling.temperature, study.sampling.top_p, study.sampling.max_tokens) == (0.8, 0.95, 1024)
    training = study.training
    assert (training.steps, training.batch, training.packing, training.joined) == (3000, 64, 2048, True)
    assert (training.learning_rate, training.warmup, training.warmup_rounds) == (5e-5, 500, "first")
    assert (training.weight_decay, training.precision, training.completion_only) == (0.05, "bf16", False)
    assert (training.fim_rate, training.fim_spm_rate) == (0.5, 0.5)
    assert study.evaluation.samples == 0
    assert all((cell.data.quota, study.prompts) == (5000, 5000) for cell in cells(study))
    # Greedy answers have no drawn ones that gates could be measured on.
    assert study.probes.held_out == 0
    assert not any(cell.judge.control for cell in cells(study))


@pytest.mark.parametrize("name", REVISED)
def test_the_revised_suites_have_seeds_samples_epochs_frozen_thresholds_and_controls(name: str) -> None:
    study = opened(name)
    assert len(study.seeds) == (1 if "single-seed" in name else 3)
    assert (study.training.steps, study.training.epochs) == (None, 4)
    assert (study.training.fim_rate, study.training.completion_only) == (0, True)
    assert (study.evaluation.samples, study.evaluation.sampling.temperature) == (20, 0.8)
    assert study.evaluation.greedy.temperature == 0
    found = cells(study)
    controls = {cell.judge.control for cell in found}
    assert {"human", "random"} <= controls
    for cell in found:
        policy = policy_of(cell.judge.policy or "none")
        settings = [policy.settings_of(gate).model_dump() for gate in policy.active()]
        assert all(s.get("threshold") in (None, "frozen") for s in settings)


def test_the_papers_gates_are_its_own() -> None:
    def settings(name: str, gate: str) -> dict[str, Any]:
        return policy_of(name).settings_of(gate).model_dump()

    kept = {"keep": 0.25, "threshold": "quantile"}
    assert settings("perplexity-low-quarter", "perplexity").items() >= {**kept, "direction": "low"}.items()
    assert settings("self-score-quarter", "self-score").items() >= kept.items()
    for name, share in (("quality", 0.5), ("quality-30", 0.3)):
        assert set(policy_of(name).active()) == {"compile", "repetition"}
        assert settings(name, "repetition").items() >= {"max_repeated_share": share, "min_tokens": 50}.items()
    assert settings("execution", "execution") == {"relaxed": False}


@pytest.mark.parametrize("name", ["qwen05-mini", "smollm2-mini"])
def test_every_sitting_of_a_mini_takes_five_minutes_at_most(name: str) -> None:
    study = open_study(name)
    machine = next(m for m in machines() if "H200" in m.name)
    found = cells(study)
    for sitting in sittings(study, found):
        arms = [cell for cell in found if cell.label in sitting.labels]
        assert estimate(study, arms, study.rounds).hours(machine) * 60 < 5, sitting.name


@pytest.mark.parametrize("name", ["qwen05-main", "smollm2-main"])
def test_a_main_takes_two_hours_at_most(name: str) -> None:
    study = open_study(name)
    machine = next(m for m in machines() if "H200" in m.name)
    assert estimate(study, cells(study), study.rounds).hours(machine) < 2


def test_the_minis_have_every_kind_of_policy_and_control() -> None:
    for name in ("qwen05-mini", "smollm2-mini"):
        labels = {cell.label for cell in cells(open_study(name))}
        assert labels >= {"none", "compile", "tests", "perplexity-low-frozen", "self-score-frozen"}
        assert labels >= {"human", "oracle", "random@compile", "random@tests"}


def test_the_quick_form_is_short_enough_for_two_cores() -> None:
    whole, quick = open_study("smollm2-mini"), open_study("smollm2-mini", quick=True)
    assert {c.label for c in cells(quick)} < {c.label for c in cells(whole)}
    assert isinstance(quick.tasks, CodeTasks)
    assert [choice.first for choice in quick.tasks.benchmarks] == [24, 8]
    assert quick.rounds == 2
    machine = next(m for m in machines() if "two CPU cores" in m.name)
    assert estimate(quick, cells(quick), 2).hours(machine) * 60 < 15


def test_sittings_hold_every_arm_once_and_random_controls_with_their_match() -> None:
    study = opened("paper-main-revised")
    found = sittings(study, cells(study))
    assert len(found) == 6
    assert sorted(label for one in found for label in one.labels) == sorted({c.label for c in cells(study)})
    compiled = next(one for one in found if one.name.startswith("compile"))
    assert compiled.name == "compile"
    assert compiled.arms == "compile|random@compile"
    assert {cell.label for cell in cells(study, compiled.arms)} == set(compiled.labels)


def test_a_sitting_is_named_or_numbered() -> None:
    found = [CliRunner().invoke(cli, ["plan", "qwen05-mini", "--sitting", word]).output for word in ("3", "tests")]
    assert found[0] == found[1]
    assert "2 arms x 1 seeds, 3 rounds each:\n  tests; random@tests\n" in found[0]
    wrong = CliRunner().invoke(cli, ["run", "qwen05-mini", "--sitting", "8"])
    assert wrong.exit_code != 0
    assert "has no sitting '8'. It has: 0 none, 1 compile" in wrong.output


def test_plan_names_each_model_where_none_was_chosen() -> None:
    done = CliRunner().invoke(cli, ["plan", "paper-main", "--hardware", "h200"])
    assert done.exit_code == 0, done.output
    for model in FOUR:
        assert f"paper-main-{model}\n" in done.output
    assert done.output.count("on one H200") == 4
    assert "two CPU cores" not in done.output
    assert "Choose one with --model." in done.output
    one = CliRunner().invoke(cli, ["plan", "paper-main", "--model", "codellama-7b", "--hardware", "H200"])
    assert "107.8 GB to train" in one.output
    assert "at most: quotas may need less" in one.output
    assert " h to " in one.output


def test_plan_as_json_says_what_a_runner_needs() -> None:
    done = CliRunner().invoke(cli, ["plan", "qwen05-mini", "--hardware", "h200", "--json"])
    found = json.loads(done.output)
    assert found["study"] == "qwen05-mini"
    assert found["model"] == "qwen2.5-coder-0.5b"
    assert "tests|random@tests" in [one["arms"] for one in found["sittings"]]
    assert [0 < least <= most for least, most in found["hours"].values()] == [True]
    several = json.loads(CliRunner().invoke(cli, ["plan", "paper-anchor", "--json"]).output)
    assert [one["model"] for one in several] == list(FOUR)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["plan", "paper-main", "--hardware", "h20"],
            "No machine is called 'h20'. There are: two CPU cores, one H200.",
        ),
        (["plan", "paper-main", "--model", "smollm2"], "has no model 'smollm2'. Choose one of: santacoder"),
        (["plan", "paper-main", "--rounds", "6"], "has 5 rounds; --rounds 6 is more"),
        (["run", "paper-main"], "is of several models. Choose one with --model: santacoder"),
    ],
)
def test_what_is_wrong_is_a_sentence(words: list[str], said: str) -> None:
    done = CliRunner().invoke(cli, words)
    assert done.exit_code != 0
    assert said in done.output


def test_planning_needs_nothing_of_the_labs_extra_and_no_benchmarks() -> None:
    """What would fetch or run anything is not even imported."""
    script = (
        "import sys\n"
        "for name in ('torch', 'transformers', 'tokenizers', 'datasets', 'numpy', 'pandas', 'scipy', 'sklearn', 'rq',\n"
        "             'statsmodels', 'pyarrow', 'fsspec', 'collapse_lab.benchmarks', 'collapse_lab.pools'):\n"
        "    sys.modules[name] = None\n"
        "from collapse_lab.cli import cli\n"
        "cli(['plan', 'paper-main'], standalone_mode=False)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "paper-main-codellama-7b" in done.stdout


def test_studies_are_listed_with_their_models() -> None:
    done = CliRunner().invoke(cli, ["studies"])
    assert done.exit_code == 0, done.output
    assert "--model santacoder, starcoder2-3b" in done.output


def test_what_a_run_needs_and_cannot_have_is_said_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("XDG_CACHE_HOME", "HF_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.chdir(tmp_path)
    mine = "extends: smollm2-main\nname: mine\ntasks: {kind: code, benchmarks: [{name: %s}], pool: {name: %s%s}}\n"
    (tmp_path / "texts.jsonl").write_text('{"text": "These are all of them."}\n' * 3)
    prose = mine % ("everyday", "pocket", "}, prose: {name: file, path: %s.jsonl")
    prose += "data: {prose_share: 0.25}\n"
    said = {"few-texts.yml": "A round mixes in 200 texts, and `prose: {name: file}` has 1 "}
    written = {
        "no-benchmark.yml": mine % ("mbpp-plus, path: nowhere.jsonl", "pocket", ""),
        "no-pool.yml": mine % ("everyday", "functions", ", path: nowhere.jsonl"),
        "no-texts.yml": prose % "nowhere",
        "few-texts.yml": prose % (tmp_path / "texts"),
        "no-weights.yml": mine % ("everyday", "pocket", ""),
    }
    for name, text in written.items():
        (tmp_path / name).write_text(text)
        # Weights of which nothing is opened: what is missing first is said first.
        words = ["--source", "./nowhere" if name == "no-weights.yml" else str(tmp_path)]
        done = CliRunner().invoke(cli, ["run", str(tmp_path / name), *words])
        assert isinstance(done.exception, SystemExit), (name, done.exception)
        assert done.output.startswith("Error: "), name
        assert said.get(name, "nowhere") in done.output, name
        assert not (tmp_path / "runs").exists(), name
