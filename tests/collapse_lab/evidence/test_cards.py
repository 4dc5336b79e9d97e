"""Cards from runs: what each says, and what makes one say `unmeasured`."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from collapse_lab.evidence.cards import cards, is_plain
from collapse_lab.evidence.facts import commands, plain_name
from collapse_lab.metrics.passk import pass_at_k
from collapse_lab.policies import policy_of
from collapse_lab.report.contrasts import against_human, against_none, against_random
from collapse_lab.report.reading import ReportError, Run
from collapse_lab.report.retention import retained
from collapse_lab.report.scores import Scores
from gates.evidence.card import Card, read_card
from gates.evidence.verdicts import RULES
from tests.collapse_lab.evidence.runs import made_up
from tests.collapse_lab.report.test_marks import made as answered
from tests.gates.evidence.made_up import text


def by_name(run: Run) -> dict[str, Card]:
    return {card.policy.name: card for card in cards(run)}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    settings = {"evaluation": {"samples": 4, "k": [1, 3, 9]}}
    return made_up(tmp_path_factory.mktemp("run"), settings=settings)


@pytest.fixture(scope="module")
def made(run: Run) -> dict[str, Card]:
    return by_name(run)


def test_there_is_a_card_for_each_policy_and_none_for_a_control(made: dict[str, Card]) -> None:
    assert sorted(made) == ["compile", "none", "self-score-frozen", "tests"]
    assert all(read_card(text(card).encode()) == card for card in made.values())


def test_a_card_names_the_policy_its_gates_and_their_settings(made: dict[str, Card]) -> None:
    for name, card in made.items():
        policy = policy_of(name)
        assert card.policy.hash == policy.hash
        assert card.policy.settings == {g: policy.settings_of(g).model_dump(mode="json") for g in card.policy.gates}
    assert [made[n].policy.kind for n in ("none", "tests", "self-score-frozen")] == ["none", "exogenous", "endogenous"]
    assert [made[n].policy.source for n in ("none", "tests", "self-score-frozen")] == ["preset", "preset", "lab"]


def test_its_numbers_are_the_reports(run: Run, made: dict[str, Card]) -> None:
    scores = Scores(run.scores, "pocket")
    families = {"ungated": against_none, "random": against_random, "human": against_human}
    for name, card in made.items():
        kept, found = card.summary.retention.policy, retained(scores, name, 2)
        assert kept is not None
        assert found is not None
        assert (kept.estimate, kept.low, kept.high) == pytest.approx((found.estimate, found.low, found.high), rel=1e-5)
        for side, family in families.items():
            mine = getattr(card.summary.contrasts, side)
            others = [one for one in family(run, scores) if one.label == name]
            assert (mine is None) == (not others)
            if mine is not None:
                assert mine.says == others[0].verdict
                assert mine.difference.estimate == pytest.approx(others[0].difference.estimate, rel=1e-5)
    assert made["tests"].summary.contrasts.random is not None
    assert made["self-score-frozen"].summary.contrasts.random is None


def test_every_round_is_there_with_what_was_measured(run: Run, made: dict[str, Card]) -> None:
    card = made["tests"]
    assert [page.round for page in card.rounds] == [0, 1, 2]
    last = card.rounds[2]
    assert last.acceptance == pytest.approx(run.mean("tests", 2, "acceptance"), rel=1e-5)
    assert last.gate is not None
    assert last.gate.fresh.recall == 1.0
    assert last.effective_rank is not None
    assert last.effective_rank.own == pytest.approx(
        run.mean("tests", 2, "spectrum", "own", "-1", "effective_rank"), 1e-5
    )
    assert all(last.strata[name] for name in ("head", "middle", "tail"))
    assert card.rounds[1].contamination is not None
    assert last.contamination is None
    assert made["none"].summary.rubber_stamp is not None
    assert len(made["none"].summary.rubber_stamp.seeds) == 3


def test_the_controls_rounds_stand_beside_its_own(run: Run, made: dict[str, Card]) -> None:
    beside = made["tests"].controls
    assert beside.ungated == tuple(page.pass_at_1 for page in made["none"].rounds)
    assert beside.random is not None
    assert beside.random[0] == made["tests"].rounds[0].pass_at_1
    assert [one and one.estimate for one in beside.human or ()] == [
        pytest.approx(run.mean("human", t, "pass_at_1_sampled"), rel=1e-5) for t in range(3)
    ]
    assert made["self-score-frozen"].controls.random is None


def test_pass_at_k_has_an_interval_where_there_are_k_samples(run: Run, made: dict[str, Card]) -> None:
    pages = made["tests"].rounds
    assert [list(page.pass_at_k) for page in pages] == [["3"]] * 3
    rows = run.scores[(run.scores["label"] == "tests") & (run.scores["round"] == 1)]
    each = [pass_at_k(int(n), int(c), 3) for n, c in zip(rows["n"], rows["c"], strict=True)]
    found = pages[1].pass_at_k["3"]
    assert found.estimate == pytest.approx(float(np.mean(each)), rel=1e-5)
    assert found.low < found.estimate < found.high


def test_how_it_was_made_is_told(run: Run, made: dict[str, Card]) -> None:
    facts = made["tests"].made
    assert facts.commands == (
        "collapse-lab run synthetic-pocket",
        "collapse-lab evidence runs/synthetic-pocket --out gates/evidence/",
    )
    for name, digest in facts.results.items():
        assert digest == hashlib.sha256((run.folder / name).read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("typed", "study", "quick", "again"),
    [
        ("collapse-lab run pocket", "pocket", False, "collapse-lab run pocket"),
        ("collapse-lab run pocket --out /tmp/x --workers 2", "pocket", False, "collapse-lab run pocket"),
        ("collapse-lab run pocket --out=/tmp/x --seeds 2", "pocket", False, "collapse-lab run pocket --seeds 2"),
        (
            "collapse-lab run pocket --quick --queue q --redis redis://h",
            "pocket",
            True,
            "collapse-lab run pocket --quick",
        ),
        ("collapse-lab run '/home/me/my study.yml'", "own", False, "collapse-lab run 'my study.yml'"),
    ],
)
def test_commands_hold_nothing_of_one_machine(typed: str, study: str, quick: bool, again: str) -> None:
    folder = f"runs/{study}{'-quick' if quick else ''}"
    assert commands(typed, study, quick=quick) == (again, f"collapse-lab evidence {folder} --out gates/evidence/")


def test_the_verdicts_are_those_of_the_rules(tmp_path: Path) -> None:
    made = by_name(made_up(tmp_path, rounds=3, tasks={"pocket": 300}))
    assert made["tests"].summary.verdict in ("holds", "slows")
    assert made["none"].summary.rule.startswith("Nothing that blocks looks at the code")
    assert (
        made["self-score-frozen"].summary.rule == "The study has no toss at the policy's own acceptance rate beside it."
    )


def test_an_arm_that_was_stopped_makes_it_unmeasured(tmp_path: Path) -> None:
    for at, stopped in enumerate(("tests", "random@tests", "none", "human")):
        found = by_name(made_up(tmp_path / str(at), stopped={(stopped, 1): 1}))
        assert (found["tests"].summary.verdict, found["tests"].summary.complete) == ("unmeasured", False), stopped
        assert found["tests"].summary.rule == RULES[0].sentence
    assert found["compile"].summary.complete is False
    found = by_name(made_up(tmp_path / "other", stopped={("compile", 1): -1}))
    assert found["tests"].summary.complete
    assert not found["compile"].summary.complete
    assert len(found["compile"].study.seeds) == 2


def test_one_seed_is_unmeasured_and_says_so(tmp_path: Path) -> None:
    found = by_name(made_up(tmp_path, seeds=1))
    assert "fewer than 2 seeds" in found["tests"].summary.rule


def test_a_policy_that_changed_since_has_a_card_without_settings(tmp_path: Path) -> None:
    def change(summary: dict[str, Any]) -> None:
        for arm in summary["arms"]:
            if arm["label"] == "compile":
                arm["policy_hash"] = "e" * 64

    found = by_name(made_up(tmp_path, change))
    assert found["compile"].policy.settings is None
    assert found["tests"].policy.settings is not None


def test_a_policy_from_a_file_is_known_by_its_hash(tmp_path: Path) -> None:
    file = tmp_path / "compile.yml"
    file.write_text("extends: compile\ngates: {secrets: block}\n")

    def change(summary: dict[str, Any]) -> None:
        policy = policy_of(str(file))
        for arm in summary["settings"]["arms"]:
            if arm["policy"] == "compile":
                arm["policy"] = str(file)
        for arm in summary["arms"]:
            if arm["label"] == "compile":
                arm |= {"policy_hash": policy.hash, "gate_versions": {"compile": "1", "secrets": "1"}}

    card = by_name(made_up(tmp_path / "run", change))["compile"]
    assert card.policy.source == "file"
    assert card.policy.settings is not None
    assert set(card.policy.settings) == {"compile", "secrets"}
    assert str(tmp_path) not in text(card)


@pytest.mark.parametrize(
    "change", [{"flip": 0.1}, {"start": "base"}, {"data_rule": "accumulate"}, {"control": "oracle"}]
)
def test_an_arm_with_anything_further_has_no_card(tmp_path: Path, change: dict[str, Any]) -> None:
    def turn(summary: dict[str, Any]) -> None:
        for arm in summary["arms"]:
            if arm["label"] == "compile":
                arm |= change

    run = made_up(tmp_path, turn)
    assert not is_plain(run, "compile")
    assert is_plain(run, "tests")


def test_a_card_says_the_study_s_quota_and_whose_weights_they_were(tmp_path: Path) -> None:
    model: dict[str, Any] = {"kind": "pretrained", "name": "smollm2"}
    settings = {"data": {"rule": "replace", "quota": 5000}, "model": model, "judge": None}
    found = by_name(made_up(tmp_path, settings=settings))["tests"].study
    assert (found.data_rule, found.model) == ("replace-quota-5000", "smollm2, whose weights others trained")
    model["tuned"] = {"documents": 50, "training": {"epochs": 1}}
    tuned = by_name(made_up(tmp_path / "tuned", settings=settings))["tests"].study
    assert tuned.model == "smollm2, whose weights others trained, tuned on 50 human documents before round 0"


def test_a_card_says_the_study_s_share_of_prose(tmp_path: Path) -> None:
    tasks = {"kind": "code", "benchmarks": [{"name": "everyday"}], "prose": {"name": "packages"}}
    model = {"kind": "pretrained", "name": "smollm2"}
    settings = {"data": {"prose_share": 0.25}, "tasks": tasks, "model": model, "judge": None}
    assert by_name(made_up(tmp_path, settings=settings))["tests"].study.data_rule == "replace-prose-25%"


def test_answers_in_words_make_no_card(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"is scored by accuracy on reveal: a card says what code a policy keeps\."):
        cards(answered(tmp_path / "run"))


def test_what_was_not_measured_is_null(tmp_path: Path) -> None:
    without = ("held_out", "rubber_stamp_index", "contamination", "correctness_held_out", "spectrum", "diversity")
    card = by_name(made_up(tmp_path, without=without))["tests"]
    page = card.rounds[1]
    assert (page.gate, page.contamination, page.correctness_held_out, page.effective_rank) == (None, None, None, None)
    assert set(page.diversity.model_dump().values()) == {None}
    assert card.summary.rubber_stamp is None


def test_greedy_answers_alone_make_a_card_too(tmp_path: Path) -> None:
    card = by_name(made_up(tmp_path, samples=0, settings={"evaluation": {"samples": 0}}))["tests"]
    assert card.rounds[0].pass_at_1 is None
    assert card.rounds[0].greedy is not None
    assert card.summary.retention.policy is not None


def test_names_that_a_card_may_not_hold_are_made_plain() -> None:
    assert [plain_name(name) for name in ("tests~10%", "my policy", "../x", "\x1b", "")] == [
        "tests~10%", "my-policy", "-x"[1:], "unnamed", "unnamed",
    ]  # fmt: skip
