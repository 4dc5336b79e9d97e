"""A pretrained base that learns the task from human documents before round 0."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from click.testing import CliRunner
from pydantic import ValidationError

from collapse_lab.cli import cli
from collapse_lab.lab import base_facts
from collapse_lab.models.causal import open_model
from collapse_lab.models.pretrained import identity_of
from collapse_lab.models.tuned import documents, see_that_there_are_enough, tune_base
from collapse_lab.pools import PoolError
from collapse_lab.store import key_of
from collapse_lab.studies import StudyError, parse
from collapse_lab.study import PocketTasks, PretrainedModel, Study, Tuning
from collapse_lab.tasks import open_source
from collapse_lab.tasks.task import TaskSource
from tests.collapse_lab.benchmarks.answers.sets import codesearchnet, reveal
from tests.collapse_lab.models.tiny import write

TUNING = {"documents": 6, "training": {"steps": 5, "batch": 2, "checkpoint_every": 2, "learning_rate": 0.01}}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("tuned")
    write("smollm2", folder / "weights")
    write("qwen3-0.6b", folder / "other")
    return {
        "folder": folder,
        "reveal": reveal(folder / "reveal", 80, 200),
        "codesearchnet": codesearchnet(folder / "all.jsonl"),
    }


def study(files: dict[str, Path], pool: str = "reveal", weights: str = "weights", **model: Any) -> Study:
    given = {"kind": "pretrained", "name": "smollm2", "source": str(files["folder"] / weights), **model}
    choice = {"name": pool, "path": str(files[pool])}
    tasks = {"kind": "code", "benchmarks": [choice], "pool": choice}
    whole = {"name": "tuned", "question": "?", "model": given, "tasks": tasks, "arms": [{"policy": "none"}]}
    return Study.model_validate(whole)


def parts(files: dict[str, Path], pool: str = "reveal") -> tuple[PretrainedModel, Tuning, TaskSource]:
    chosen = study(files, pool, tuned=TUNING)
    assert isinstance(chosen.model, PretrainedModel)
    assert chosen.model.tuned is not None
    return chosen.model, chosen.model.tuned, open_source(chosen.tasks)


def weights(path: Path) -> dict[str, torch.Tensor]:
    found: dict[str, torch.Tensor] = open_model(path, device="cpu").network.state_dict()
    return found


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(tensor, other[name]) for name, tensor in one.items())


class StoppedError(Exception):
    """A kill."""


def test_a_tuned_base_is_the_same_however_often_it_was_stopped(files: dict[str, Path], tmp_path: Path) -> None:
    whole, broken, said = tmp_path / "whole", tmp_path / "broken", []
    tune_base(*parts(files), whole, told=lambda *step: said.append(step))
    assert said == [("tune the base", n, 5) for n in range(1, 6)]
    assert sorted(path.name for path in whole.iterdir()) == ["log.json", "model"]
    log = json.loads((whole / "log.json").read_text())
    assert (log["documents"], log["different"], len(log["losses"])) == (6, 6, 5)
    for last in (1, 3, 5):

        def told(_: str, done: int, __: int, last: int = last) -> None:
            if done == last:
                raise StoppedError

        with pytest.raises(StoppedError):
            tune_base(*parts(files), broken, told=told)
    tune_base(*parts(files), broken, told=lambda _, done, __: said.append(done))
    assert said[5:] == [5]  # It went on behind the state of step 4.
    assert same(weights(whole / "model"), weights(broken / "model"))
    assert not same(weights(whole / "model"), weights(files["folder"] / "weights"))
    assert open_model(whole / "model", device="cpu").manner == open_model(broken / "model", device="cpu").manner
    tune_base(*parts(files), whole, told=lambda *_: pytest.fail("It was trained again."))


def test_what_a_kill_left_beside_a_whole_base_goes(files: dict[str, Path], tmp_path: Path) -> None:
    for name in ("model", "plain", "state"):
        (tmp_path / name).mkdir()
    tune_base(*parts(files), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


@pytest.mark.parametrize("pool", ["reveal", "codesearchnet"])
def test_its_documents_are_human_and_never_a_prompt_or_a_document_of_a_round(files: dict[str, Path], pool: str) -> None:
    _, tuning, source = parts(files, pool)
    found = documents(tuning, source)
    assert len(found) == 6
    assert found == documents(tuning, source)
    assert all(answer.strip() for _, answer in found)
    for purpose in ("prompts", "human"):
        assert not {p for p, _ in found} & {t.prompt for t in source.pool(purpose, 0, 500)}
    for benchmark in source.benchmarks().values():
        assert not {p for p, _ in found} & {t.prompt for t in benchmark.tasks}


def test_too_few_documents_are_said_to_be_so(files: dict[str, Path], tmp_path: Path) -> None:
    model, tuning, source = parts(files)
    room = source.room("base")
    assert room
    see_that_there_are_enough(tuning.model_copy(update={"documents": room}), source)
    more = tuning.model_copy(update={"documents": room + 1})
    said = rf"The pool has {room} human documents for a base, .* asks for {room + 1}\. Write `documents: {room}`"
    with pytest.raises(PoolError, match=said):
        tune_base(model, more, source, tmp_path)
    assert not list(tmp_path.iterdir())
    # The generated tasks have no end.
    see_that_there_are_enough(tuning.model_copy(update={"documents": 10**9}), open_source(PocketTasks()))


def test_a_run_says_so_before_it_begins(files: dict[str, Path], tmp_path: Path) -> None:
    whole = study(files, tuned={**TUNING, "documents": 10_000}).model_dump(mode="json", exclude={"quick", "models"})
    (tmp_path / "mine.yml").write_text(yaml.safe_dump(whole), "utf-8")
    done = CliRunner().invoke(cli, ["run", str(tmp_path / "mine.yml"), "--out", str(tmp_path / "run")])
    assert done.exit_code == 1
    assert "and `model.tuned` asks for 10000. Write `documents: " in done.output
    assert not (tmp_path / "run").exists()


def test_room_is_what_a_draw_can_give(files: dict[str, Path]) -> None:
    for pool in ("reveal", "codesearchnet"):
        source = parts(files, pool)[2]
        for purpose in ("prompts", "human", "base", "judge"):
            assert source.room(purpose) == len({task.prompt for task in source.pool(purpose, 0, 500)})


POCKET = """\
name: small
question: Why?
arms: [{policy: none}]
model:
  tuned: {documents: 5, training: {epochs: 1}}
"""


def test_a_pocket_model_is_not_tuned() -> None:
    with pytest.raises(StudyError, match=r"mine\.yml, line 4: .*`tuned` is for `kind: pretrained`"):
        parse(POCKET, "mine.yml")
    with pytest.raises(ValidationError, match="documents"):
        Tuning.model_validate({"documents": 0, "training": {"epochs": 1}})


def test_without_it_every_key_is_as_before(files: dict[str, Path]) -> None:
    plain = study(files)
    assert isinstance(plain.model, PretrainedModel)
    source = open_source(plain.tasks)
    assert base_facts(plain, 0, source) == {"pretrained": identity_of(plain.model, 0)}
    # What keys, plans and manifests are made of has not even the name of it.
    assert "tuned" not in plain.model_dump(mode="json")["model"]
    tuned = study(files, tuned=TUNING)
    dumped = tuned.model_dump(mode="json")
    assert dumped["model"].pop("tuned")["documents"] == 6
    assert dumped == plain.model_dump(mode="json")
    assert Study.model_validate(tuned.model_dump(mode="json")) == tuned


def test_a_tuned_base_hangs_on_weights_tasks_documents_and_settings(files: dict[str, Path]) -> None:
    def key(number: int = 0, **changed: Any) -> str:
        chosen = study(files, **{"tuned": TUNING, **changed})
        return key_of("base", **base_facts(chosen, number, open_source(chosen.tasks)))

    training = {**TUNING["training"], "steps": 6}  # type: ignore[dict-item]
    others = (
        {"tuned": None},
        {"weights": "other"},
        {"pool": "codesearchnet"},
        {"tuned": {**TUNING, "documents": 7}},
        {"tuned": {**TUNING, "training": training}},
    )
    assert len({key(), *(key(**changed) for changed in others)}) == 1 + len(others)
    # What the foreign model is, nobody's tuning decides.
    foreign = {"foreign": "smollm2-instruct"}
    chosen = study(files, tuned=TUNING, **foreign)
    assert isinstance(chosen.model, PretrainedModel)
    assert (chosen.model.tuning(0), chosen.model.tuning(1)) == (chosen.model.tuned, None)
