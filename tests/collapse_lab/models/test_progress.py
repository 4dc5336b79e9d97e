"""A training that was killed goes on, and nobody can tell from the result."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from collapse_lab.models.model import Training
from tests.collapse_lab.models.standin import documents, tiny
from tests.collapse_lab.models.training_process import STEPS, run

ROOT = Path(__file__).parents[3]


def same(first: dict[str, Any], second: dict[str, Any]) -> bool:
    return (
        first["losses"] == second["losses"]
        and first["tokens"] == second["tokens"]
        and all(torch.equal(tensor, second["weights"][name]) for name, tensor in first["weights"].items())
    )


def start(state: Path, result: Path) -> subprocess.Popen[str]:
    argv = [sys.executable, "-m", "tests.collapse_lab.models.training_process", str(state), str(result)]
    return subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_killed_twice_it_ends_with_the_same_weights_and_losses(tmp_path: Path) -> None:
    state, result = tmp_path / "state", tmp_path / "result.pt"
    for last in (5, 11):
        process = start(state, result)
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) == last:
                os.kill(process.pid, signal.SIGKILL)
                break
        assert process.wait() == -signal.SIGKILL
        assert not result.exists()
    process = start(state, result)
    assert process.stdout is not None
    said = [int(line) for line in process.stdout]
    assert process.wait() == 0
    # After 11 steps the last state is that of 9 (or of 12, where the kill came late): it was used.
    assert said in ([*range(10, STEPS + 1)], [*range(13, STEPS + 1)])
    assert same(torch.load(result), run(None, say=False))


class _StoppedError(Exception):
    pass


@pytest.mark.parametrize("checkpoint_every", [1, 4])
def test_stopped_after_any_step_it_ends_with_the_same_weights(tmp_path: Path, checkpoint_every: int) -> None:
    training = Training(steps=7, batch=4, learning_rate=3e-3, checkpoint_every=checkpoint_every)
    whole = tiny()
    expected = whole.train(documents(20), training, seed=1).losses
    for last in range(1, 8):

        def told(done: int, _: int, last: int = last) -> None:
            if done == last:
                raise _StoppedError

        with pytest.raises(_StoppedError):
            tiny().train(documents(20), training, seed=1, state=tmp_path / str(last), told=told)
        again = tiny()
        log = again.train(documents(20), training, seed=1, state=tmp_path / str(last))
        assert log.losses == expected
        assert all(torch.equal(t, whole.network.state_dict()[n]) for n, t in again.network.state_dict().items())


TRAINING = Training(steps=4, batch=4, checkpoint_every=2)


def test_a_damaged_state_counts_as_none(tmp_path: Path) -> None:
    expected = tiny().train(documents(20), TRAINING, seed=1, state=tmp_path)
    file = tmp_path / "state.pt"
    whole = file.read_bytes()
    (tmp_path / "state.pt.part").write_bytes(b"half of")
    for damaged in (b"", whole[: len(whole) // 2], b"no state at all"):
        file.write_bytes(damaged)
        assert tiny().train(documents(20), TRAINING, seed=1, state=tmp_path).losses == expected.losses


def test_the_state_of_another_training_is_refused(tmp_path: Path) -> None:
    tiny().train(documents(20), TRAINING, seed=1, state=tmp_path)
    others = [
        lambda: tiny().train(documents(20), TRAINING, seed=2, state=tmp_path),
        lambda: tiny().train(documents(19), TRAINING, seed=1, state=tmp_path),
        lambda: tiny(seed=1).train(documents(20), TRAINING, seed=1, state=tmp_path),
        lambda: tiny().train(documents(20), TRAINING.model_copy(update={"clip": 2.0}), seed=1, state=tmp_path),
        lambda: tiny().train(documents(20), TRAINING, seed=1, state=tmp_path, beside=documents(1)),
    ]
    for other in others:
        with pytest.raises(ValueError, match="the state of another training"):
            other()


def test_how_often_the_state_is_kept_may_change(tmp_path: Path) -> None:
    expected = tiny().train(documents(20), TRAINING, seed=1, state=tmp_path).losses
    often = TRAINING.model_copy(update={"checkpoint_every": 1})
    assert tiny().train(documents(20), often, seed=1, state=tmp_path).losses == expected


def test_the_seconds_of_all_parts_are_counted(tmp_path: Path) -> None:
    first = tiny().train(documents(20), TRAINING, seed=1, state=tmp_path).seconds
    state = torch.load(tmp_path / "state.pt")
    assert 0 < state["seconds"] <= first
    state["seconds"] += 1000
    torch.save(state, tmp_path / "state.pt")
    assert tiny().train(documents(20), TRAINING, seed=1, state=tmp_path).seconds > 1000
