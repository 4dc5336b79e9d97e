"""What a study would cost: the counts against the real model and hand-made sums, and what the command prints."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner

from collapse_lab.arms import cells
from collapse_lab.cli import cli
from collapse_lab.cost import Cost, Estimate, Hardware, estimate, machines
from collapse_lab.sizes import parameters
from collapse_lab.study import PocketModel, PocketTasks, Study
from collapse_lab.tasks import open_source

SMALL: dict[str, Any] = {
    "name": "s",
    "question": "?",
    "model": {"bases": [0], "documents": 100, "training": {"steps": 10, "batch": 4}},
    "tasks": {"benchmark": 30, "second_benchmark": 10},
    "prompts": 20,
    "rounds": 2,
    "seeds": [0],
    "training": {"steps": 5, "batch": 2},
    "evaluation": {"samples": 3, "others": "every"},
    "probes": {"texts": 16, "held_out": 8, "prompts": 4, "per_prompt": 2, "layers": [-1]},
}
# Mean tokens of a prompt and an answer, as `cost` has them.
PROMPT, BODY = 33.3, 28.0
WHOLE = PROMPT + BODY


def counted(*arms: dict[str, Any], rounds: int = 2, **settings: Any) -> Estimate:
    study = Study.model_validate({**SMALL, "arms": list(arms), **settings})
    return estimate(study, cells(study), rounds)


def same(cost: Cost, **expected: float) -> None:
    for name, value in expected.items():
        assert getattr(cost, name) == pytest.approx(value), name


def test_of_pretrained_models_the_last_is_kept() -> None:
    model = {"kind": "pretrained", "name": "smollm2"}
    tasks = {"kind": "code", "benchmarks": [{"name": "everyday"}]}
    arms = ({"policy": "none"}, {"policy": "compile"})
    assert counted(*arms, model=model, tasks=tasks, rounds=2).whole.models == 1 + 2
    assert counted(*arms).whole.models == 1 + 2 * 2
    said = CliRunner().invoke(cli, ["plan", "smollm2-mini", "--quick"]).output
    assert "4 models, 1 of them bases" in said
    assert "in the end, and 538 MB more for each arm while it runs" in said


@pytest.mark.parametrize(
    "settings", [PocketModel(), PocketModel(width=32, layers=2, heads=2), PocketModel(width=64, layers=3, heads=8)]
)
def test_parameters_are_those_of_the_real_model(settings: PocketModel) -> None:
    pytest.importorskip("torch", reason="needs torch: pip install 'exogate[lab]'")
    from collapse_lab.models.pocket import fresh
    from collapse_lab.models.tokenizer import build

    assert parameters(settings) == fresh(settings, build(open_source(PocketTasks()).texts()), 0).parameters


def test_a_task_is_as_long_as_is_counted() -> None:
    pytest.importorskip("transformers", reason="needs transformers: pip install 'exogate[lab]'")
    from collapse_lab.models.tokenizer import build, encode

    source = open_source(PocketTasks())
    tokenizer, tasks = build(source.texts()), source.pool("base", 0, 2000)
    prompts = encode(tokenizer, [task.prompt for task in tasks])
    bodies = encode(tokenizer, [task.reference for task in tasks])
    assert sum(map(len, prompts)) / len(tasks) == pytest.approx(PROMPT, rel=0.02)
    assert sum(map(len, bodies)) / len(tasks) + 1 == pytest.approx(BODY, rel=0.02)


def test_a_base_is_its_two_trainings_and_the_samples_between() -> None:
    (plain,) = counted({"policy": "none"}).bases
    same(plain, trained=10 * 4 * WHOLE, written=0, read=0, judged=0, models=1)
    judge = {"own_samples": 7, "human_pairs": 5, "training": {"epochs": 2, "batch": 4}}
    (taught,) = counted({"policy": "none"}, judge=judge).bases
    trained = (10 * 4 + 2 * (100 + 7 + 2 * 5)) * WHOLE
    same(taught, trained=trained, written=7 * BODY, read=7 * PROMPT, judged=7 + 2 * 5, models=1)


def test_further_benchmarks_are_scored_first_and_last_unless_in_every_round() -> None:
    every = counted({"policy": "none"}, rounds=4)
    ends = counted({"policy": "none"}, rounds=4, evaluation={"samples": 3, "others": "first-and-last"})
    # 10 tasks, greedy once and 3 times drawn, in rounds 1 to 3 of 4.
    assert every.arms[0].written - ends.arms[0].written == pytest.approx(3 * 10 * 4 * BODY)
    assert every.first == ends.first


def test_a_pretrained_base_costs_what_it_is_tuned_with() -> None:
    tasks = {"kind": "code", "benchmarks": [{"name": "reveal", "first": 8}], "pool": {"name": "reveal"}}
    given = {"kind": "pretrained", "name": "smollm2", "foreign": "smollm2-instruct"}
    tuned = {"documents": 50, "training": {"epochs": 3, "batch": 4}}
    accumulating = {"policy": "none", "data": {"rule": "accumulate"}}
    asking = {"policy": "foreign-judge"}
    plain = counted(accumulating, asking, model=given, tasks=tasks)
    learnt = counted(accumulating, asking, model={**given, "tuned": tuned}, tasks=tasks)
    assert [base.trained for base in plain.bases] == [0, 0]
    # Prompts of 350 tokens and answers of 3; the foreign model stays as it is.
    assert [base.trained for base in learnt.bases] == [pytest.approx(3 * 50 * 353), 0]
    assert plain.whole.models == learnt.whole.models
    epochs = {"epochs": 1, "batch": 4}
    kept = [
        counted(accumulating, model=model, tasks=tasks, training=epochs).arms[0].trained
        for model in (given, {**given, "tuned": tuned})
    ]
    # What it was tuned on is in the documents of both rounds.
    assert kept[1] - kept[0] == pytest.approx(2 * 50 * 353)


def test_code_beside_answers_in_words_is_as_long_as_code() -> None:
    def written(*code: dict[str, Any]) -> Cost:
        tasks = {"kind": "code", "benchmarks": [{"name": "reveal", "first": 8}, *code], "pool": {"name": "reveal"}}
        (arm,) = counted({"policy": "none"}, model={"kind": "pretrained", "name": "smollm2"}, tasks=tasks).arms
        return arm

    words, both = written(), written({"name": "humaneval", "first": 10})
    # In each of 2 rounds 10 tasks, greedy once and 3 times drawn, as long as found functions are.
    assert both.written - words.written == pytest.approx(2 * 10 * 4 * 110)
    assert both.read - words.read == pytest.approx(2 * 10 * 2 * 110)
    assert both.judged - words.judged == 2 * 10 * 4


def test_the_command_says_that_a_base_is_tuned() -> None:
    said = CliRunner().invoke(cli, ["plan", "se-tasks", "--model", "smollm2"]).output
    assert "base    tuned before round 0 on 1,500 human documents, 1.06 M tokens" in said
    assert "tuned" not in CliRunner().invoke(cli, ["plan", "smollm2-mini", "--quick"]).output


def test_round_0_is_counted_once() -> None:
    one, two = counted({"policy": "none"}), counted({"policy": "none"}, {"policy": "tests"})
    assert one.first == two.first
    # Answers to 40 tasks, a pool of 20, two samples of 4 prompts.
    same(one.first, written=(40 * 4 + 20 + 4 * 2) * BODY, trained=0, models=0, judged=40 * 4 + 20)
    # Prompts: greedy and sampled, the pool, the probes. Texts: own twice and hidden, human once and hidden.
    same(one.first, read=(2 * 40 + 20 + 4) * PROMPT + (16 * 3 + 16 * 2) * WHOLE)
    hot = counted({"policy": "none"}, {"policy": "tests", "sampling": {"temperature": 1.2}})
    same(hot.first, written=(40 * 4 + 2 * (20 + 4 * 2)) * BODY)


def test_an_arm_is_its_rounds_and_its_gate() -> None:
    (arm,) = counted({"policy": "tests"}).arms
    same(arm, trained=2 * 5 * 2 * WHOLE, written=2 * (40 * 4 + 20 + 4 * 2) * BODY, models=2)
    # The pools of rounds 0 to 2; held-out samples, fresh in each round, of which those of round 0 are the frozen ones.
    same(arm, judged=2 * (40 * 4 + 20) + 3 * 20 + 3 * 8)
    (human,) = counted({"control": "human"}).arms
    same(human, trained=arm.trained, judged=2 * (40 * 4 + 20))
    (longer,) = counted({"policy": "tests"}, rounds=1).arms
    same(longer, models=1, judged=40 * 4 + 20 + 2 * 20 + 2 * 8)


@pytest.mark.parametrize(
    ("policy", "written", "read"),
    [
        ("tests", 0, 0),
        ("perplexity-low-frozen", 0, WHOLE),
        ("self-score-quantile", 0, WHOLE),
        ("self-consistency", 4 * BODY, 4 * PROMPT),
        # With 3 others: itself, and for each the pair both ways, twice as long, and the other one.
        ("pairwise-self-judge", 3 * BODY, 3 * PROMPT + 16 * WHOLE),
    ],
)
def test_a_gate_that_asks_models_costs_their_answers(policy: str, written: float, read: float) -> None:
    (plain,), (asking,) = counted({"policy": "none"}).arms, counted({"policy": policy}).arms
    # Pools of rounds 0 to 2 and pool 0 for the threshold; held-out samples fresh and frozen, in round 0 the same.
    samples = 3 * 20 + 20 + (1 + 2 * 2) * 8
    assert asking.written - plain.written == pytest.approx(samples * written)
    # Every prompt is read once for all its samples.
    once = PROMPT if written else 0
    expected = read - (written / BODY - 1) * once if written else read
    assert asking.read - plain.read == pytest.approx(samples * expected)


def test_epochs_go_over_what_a_round_has_at_most() -> None:
    epochs = {"epochs": 2, "batch": 4}
    rules = {
        "replace": (20, 20),
        "accumulate-subsample": (20, 20),
        "accumulate": (100 + 20, 100 + 40),
    }
    for rule, documents in rules.items():
        (arm,) = counted({"policy": "none", "data": {"rule": rule}}, training=epochs).arms
        same(arm, trained=2 * sum(documents) * WHOLE)


def test_a_quota_counts_all_that_it_may_take() -> None:
    (plain,), (quota,) = (counted({"policy": "none", "data": d}).arms for d in ({}, {"quota": 15, "most_raw": 3}))
    # Two further sets for the trainings of rounds 1 and 2.
    assert quota.written - plain.written == pytest.approx(2 * 2 * 20 * BODY)


def test_what_is_needed_is_counted_though_it_was_not_asked_for() -> None:
    study = Study.model_validate({**SMALL, "arms": [{"policy": "tests"}, {"control": "random", "match": "tests"}]})
    assert len(estimate(study, cells(study, "random*"), 2).arms) == 2
    assert len(estimate(study, cells(study), 2).arms) == 2
    # A judge that is asked may be another base.
    two = {**SMALL["model"], "bases": [0, 1]}
    assert len(counted({"policy": "tests"}, model=two).bases) == 1
    assert len(counted({"policy": "foreign-judge"}, model=two).bases) == 2


def test_hours_are_the_longest_arm_at_least() -> None:
    cost = Cost(judged=3600)
    slow = Hardware("h", 2, 1.0, 1.0, 1.0, 1.0, "a test")
    assert Estimate(1, (cost,), Cost(), (cost, cost)).hours(slow) == pytest.approx(2)
    assert Estimate(1, (cost, cost), cost, (cost, cost)).hours(slow) == pytest.approx(2.5)
    assert Estimate(1, (cost,) * 3, Cost(), (cost,)).hours(slow) == pytest.approx(3)
    # 6 operations a weight and token to train, 2 to write or read.
    work = Cost(trained=1, written=1, read=1)
    assert work.flops(10) == 100
    assert work.seconds(10, Hardware("h", 1, 60.0, 20.0, 10.0, 1.0, "a test")) == pytest.approx(1 + 1 + 2)


def test_every_machine_says_how_it_is_known() -> None:
    assert len(machines()) >= 2
    for machine in machines():
        assert machine.source
        assert min(machine.train, machine.write, machine.read, machine.judge, machine.arms) > 0
    assert "not measured" in next(m.source for m in machines() if "H200" in m.name)


def test_the_command_says_it_all() -> None:
    done = CliRunner().invoke(cli, ["plan", "pocket", "--quick", "--rounds", "1"])
    assert done.exit_code == 0, done.output
    for said in ("8 arms x 1 seeds, 1 rounds", "random@tests", "trained on", "FLOPs", "MB", "two CPU cores", "H200"):
        assert said in done.output
    done = CliRunner().invoke(cli, ["plan", "pocket", "--arms", "random@tests", "--seeds", "2"])
    assert "and 2 that their random controls are matched with" in done.output
    assert "There is no study" in CliRunner().invoke(cli, ["plan", "pockt"]).output


def test_packed_rows_are_counted_by_their_length() -> None:
    (plain,) = counted({"policy": "none"}, training={"steps": 5, "batch": 2}).arms
    (packed,) = counted({"policy": "none"}, training={"steps": 5, "batch": 2, "packing": 256}).arms
    same(plain, trained=2 * 5 * 2 * WHOLE)
    same(packed, trained=2 * 5 * 2 * 256)


@pytest.mark.parametrize(
    ("policy", "quota", "most_raw", "sets"),
    [
        # Of 20 prompts: one set where all is accepted, four where a quarter is kept, never more than may be.
        ("none", 20, 6, 1),
        ("none", 21, 6, 2),
        ("perplexity-low-quarter", 20, 6, 4),
        ("perplexity-low-quarter", 20, 3, 3),
        # What a frozen threshold lets through hangs on results.
        ("perplexity-low-quarter-frozen", 20, 6, 1),
        ("none", None, 6, 1),
    ],
)
def test_at_least_a_quota_is_filled_as_soon_as_it_can_be(
    policy: str, quota: int | None, most_raw: int, sets: int
) -> None:
    arm = {"policy": policy, "data": {"quota": quota, "most_raw": most_raw}}
    study = Study.model_validate({**SMALL, "arms": [arm]})
    (least,) = estimate(study, cells(study), 2, least=True).arms
    (most,) = estimate(study, cells(study), 2).arms
    exact = {"quota": 20, "most_raw": sets} if sets > 1 else {}
    (wanted,) = counted({"policy": policy, "data": exact}).arms
    assert (least.written, least.judged) == (pytest.approx(wanted.written), pytest.approx(wanted.judged))
    assert (most.written > least.written) is (quota is not None and sets < most_raw)


def test_a_written_token_takes_its_time_however_small_the_model() -> None:
    slow = Hardware("h", 1, 1e9, 1e9, 1e9, 1.0, "a test", token=0.5)
    assert Cost(written=10).seconds(1, slow) == pytest.approx(5, rel=1e-6)
    assert Cost(read=10).seconds(1, slow) < 1
