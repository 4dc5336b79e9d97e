from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import torch

from collapse_lab.execution.outcome import Program, Verdict
from collapse_lab.models import base
from collapse_lab.models.causal import open_model
from collapse_lab.models.model import Training
from collapse_lab.study import Arm, JudgeStage, PocketModel, PocketTasks, Study
from collapse_lab.tasks.pocket import PocketSource
from collapse_lab.tasks.task import Benchmark, Task

SETTINGS = PocketTasks(benchmark=10, second_benchmark=0)
MODEL = PocketModel(width=32, layers=1, heads=2, documents=60, training=Training(steps=8, batch=8, checkpoint_every=3))
JUDGE = JudgeStage(own_samples=10, human_pairs=10, training=Training(steps=8, batch=8, checkpoint_every=3))


class Source:
    """The real pocket source with a small text for the tokenizer; remembers what was asked of it."""

    name = "pocket"

    def __init__(self) -> None:
        self._real = PocketSource(SETTINGS)
        self.asked: list[str] = []

    def pool(self, purpose: str, seed: int, count: int) -> Sequence[Task]:
        self.asked.append(purpose)
        return self._real.pool(purpose, seed, count)

    def benchmarks(self) -> Mapping[str, Benchmark]:
        raise AssertionError("a base never sees a benchmark")

    def texts(self) -> Sequence[tuple[str, str]]:
        return [(t.prompt, t.reference) for t in self._real.pool("base", 0, 60)]


def execute(programs: Sequence[Program]) -> list[Verdict]:
    """Judge by syntax alone: nothing that a model wrote runs in this test."""
    made = []
    for program in programs:
        try:
            ast.parse(program.source)
        except SyntaxError:
            made.append(Verdict("error", "SyntaxError"))
        else:
            made.append(Verdict("passed"))
    return made


def study(judge: JudgeStage | None = JUDGE) -> Study:
    return Study(name="test", question="?", model=MODEL, judge=judge, arms=(Arm(policy="none"),))


def weights(path: Path) -> dict[str, torch.Tensor]:
    found: dict[str, torch.Tensor] = open_model(path / "model").network.state_dict()
    return found


def test_a_base_is_the_same_however_often_it_was_stopped(tmp_path: Path) -> None:
    source, said = Source(), []
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    base.train_base(study(), source, 0, whole, execute, told=lambda *step: said.append(step))
    assert said[7:9] == [("train the base", 8, 8), ("teach to judge", 1, 8)]
    assert source.asked == ["base", "judge", "judge"]
    assert sorted(path.name for path in whole.iterdir()) == ["model"]

    class StoppedError(Exception):
        pass

    for name, last in (("train the base", 5), ("teach to judge", 2), ("teach to judge", 7)):

        def told(what: str, done: int, _: int, name: str = name, last: int = last) -> None:
            if (what, done) == (name, last):
                raise StoppedError

        with pytest.raises(StoppedError):
            base.train_base(study(), Source(), 0, broken, execute, told=told)
    base.train_base(study(), Source(), 0, broken, execute)
    expected = weights(whole)
    assert all(torch.equal(tensor, expected[name]) for name, tensor in weights(broken).items())


def test_bases_of_other_numbers_differ_and_need_no_judge_stage(tmp_path: Path) -> None:
    for number in (0, 1):
        base.train_base(study(judge=None), Source(), number, tmp_path / str(number), execute)
    first, second = weights(tmp_path / "0"), weights(tmp_path / "1")
    assert any(not torch.equal(tensor, second[name]) for name, tensor in first.items())


def test_lessons_are_of_own_samples_and_of_human_pairs(tmp_path: Path) -> None:
    base.train_base(study(judge=None), Source(), 0, tmp_path, execute)
    model = open_model(tmp_path / "model")
    found = base.judge_lessons(model, JUDGE, Source(), 0, execute)
    own, human = found[:10], found[10:]
    assert {answer for _, answer in own} <= {" good", " bad"}
    for (good, yes), (bad, no) in zip(human[::2], human[1::2], strict=True):
        assert (yes, no) == (" good", " bad")
        assert ast.parse(good)
        with pytest.raises(SyntaxError):
            # `execute` of this test calls nothing but broken syntax wrong, so only such pairs are kept.
            ast.parse(bad)
    assert found == base.judge_lessons(model, JUDGE, Source(), 0, execute)
