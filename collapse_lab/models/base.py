"""A base model: a pocket model trained on the human pool, then taught to judge code by what tests said of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from collapse_lab.execution.outcome import Program, Verdict
from collapse_lab.models.causal import CausalModel, open_model
from collapse_lab.models.judge import lessons
from collapse_lab.models.model import Sampling
from collapse_lab.models.pocket import fresh
from collapse_lab.models.tokenizer import build
from collapse_lab.sample import seed_of
from collapse_lab.study import PocketModel
from collapse_lab.tasks.corrupt import corrupted

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from collapse_lab.models.model import Document
    from collapse_lab.study import JudgeStage, Study
    from collapse_lab.tasks.task import Task, TaskSource

Execute = Callable[[Sequence[Program]], list[Verdict]]
Told = Callable[[str, int, int], None]
"""Hears what is being done, how many steps of it are, and of how many."""


def train_base(
    study: Study,
    source: TaskSource,
    number: int,
    path: Path,
    execute: Execute,
    *,
    tokenizer: PreTrainedTokenizerBase | None = None,
    told: Told | None = None,
) -> None:
    """Train base *number* into ``path/model``; called again after a kill, it goes on, with the same result.

    It hangs on the study's tasks, model and judge settings and the number, on nothing else of the study.
    """
    final = path / "model"
    if final.exists():
        return
    plain = documents(study, source, number)
    model = _stage(
        path / "plain",
        path / "plain-state",
        lambda state: _plain(study, number, plain, tokenizer or build(source.texts()), state, told),
    )
    if study.judge:
        taught = judge_lessons(model, study.judge, source, number, execute)
        model.train(
            plain,
            study.judge.training,
            seed_of("judge", number),
            path / "judge-state",
            beside=taught,
            told=named(told, "teach to judge"),
        )
    save(model, final)
    for name in ("plain", "plain-state", "judge-state"):
        shutil.rmtree(path / name, ignore_errors=True)


def documents(study: Study, source: TaskSource, number: int) -> list[Document]:
    """Return the human documents that base *number* learns to write from."""
    assert isinstance(study.model, PocketModel)
    return [(task.prompt, task.reference) for task in source.pool("base", number, study.model.documents)]


def judge_lessons(
    model: CausalModel, stage: JudgeStage, source: TaskSource, number: int, execute: Execute
) -> list[Document]:
    """Return documents that teach verdicts: on the model's own samples, and on human bodies, good and corrupted.

    The hidden tests of these training tasks label the samples; a corrupted body that passes them is left out with
    its good twin.
    """
    tasks = source.pool("judge", seed_of("own", number), stage.own_samples)
    seeds = [seed_of("judge sample", number, place) for place in range(len(tasks))]
    written = [c.text for c in model.complete([t.prompt for t in tasks], seeds, Sampling(temperature=1.0))]
    made = lessons(
        [task.program(text) for task, text in zip(tasks, written, strict=True)], _right(tasks, written, execute)
    )
    human = source.pool("judge", seed_of("human", number), stage.human_pairs)
    spoiled = [corrupted(task, seed_of("spoil", number, place)).body for place, task in enumerate(human)]
    for task, body, right in zip(human, spoiled, _right(human, spoiled, execute), strict=True):
        if not right:
            made += lessons([task.program(task.reference), task.program(body)], [True, False])
    return made


def _right(tasks: Sequence[Task], bodies: Sequence[str], execute: Execute) -> list[bool]:
    programs = [Program(t.program(b), t.entry_point, t.hidden) for t, b in zip(tasks, bodies, strict=True)]
    return [verdict.passed for verdict in execute(programs)]


def _plain(
    study: Study,
    number: int,
    documents: Sequence[Document],
    tokenizer: PreTrainedTokenizerBase,
    state: Path,
    told: Told | None,
) -> CausalModel:
    assert isinstance(study.model, PocketModel)
    model = fresh(study.model, tokenizer, number)
    model.train(documents, study.model.training, seed_of("base", number), state, told=named(told, "train the base"))
    return model


def _stage(path: Path, state: Path, make: Callable[[Path], CausalModel]) -> CausalModel:
    """Return the model kept at *path*; where there is none, make it and keep it."""
    if not path.exists():
        save(make(state), path)
    return open_model(path)


def save(model: CausalModel, path: Path) -> None:
    """Save under another name first: what has the right name is whole."""
    part = path.with_name(f"{path.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    model.save(part)
    part.replace(path)


def named(told: Told | None, name: str) -> Callable[[int, int], None] | None:
    """Return what hears of the steps of one of a base's trainings."""
    return None if told is None else lambda done, of: told(name, done, of)
