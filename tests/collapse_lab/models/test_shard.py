"""Two processes that share a training come to what one comes to. They run for real, on the CPU."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from collapse_lab.models.adapter import adapted
from tests.collapse_lab.models.sharing import CASES, SEED, SIZE, alone, half

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Let two processes share all cases, one after the other: that they start takes longer than all of these."""
    folder = tmp_path_factory.mktemp("shared")
    half(CASES["gone on with"], folder / "state")
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.collapse_lab.models.sharing", str(folder), str(rank)],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(SIZE)
    ]
    try:
        said = [process.communicate(timeout=300)[1] for process in started]
    finally:
        for process in started:
            process.kill()
    assert [process.returncode for process in started] == [0] * SIZE, "\n".join(said)
    return folder


def of(shared: Path, name: str) -> dict[str, Any]:
    """Return what two processes made of a case."""
    if CASES[name].training.adapter:
        pytest.importorskip("peft", reason="adapters come with the extra lab-lora")
    found: dict[str, Any] = torch.load(shared / f"{list(CASES).index(name)}.pt")
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_losses_and_weights_are_those_of_one_process(shared: Path, name: str) -> None:
    case, found = CASES[name], of(shared, name)
    expected = alone(case)
    assert found["losses"] == pytest.approx(expected["losses"], rel=case.tolerance)
    assert found["norms"] == pytest.approx(expected["norms"][-len(found["norms"]) :], rel=10 * case.tolerance)
    assert found["tokens"] == expected["tokens"]
    network = case.made().network
    start = {key: tensor.clone() for key, tensor in network.state_dict().items()}
    with adapted(network, case.training.adapter, SEED):
        network.load_state_dict({**network.state_dict(), **found["network"]})
    for key, tensor in network.state_dict().items():
        far, moved = (float((tensor - other[key]).norm()) for other in (expected["network"], start))
        assert key.endswith(case.idle) or far <= 10 * case.tolerance * max(moved, 1e-3), (key, far, moved)
    assert any(not torch.equal(tensor, start[key]) for key, tensor in network.state_dict().items())


@pytest.mark.parametrize("name", ["as many rows for each", "biases", "starcoder2", "gpt_bigcode", "computed again"])
def test_each_holds_its_part_of_the_weights_and_one_layer_at_a_time(shared: Path, name: str) -> None:
    found = of(shared, name)
    assert found["held"] == pytest.approx(1 / SIZE, abs=0.02)
    assert found["cut"] == CASES[name].made().network.config.num_hidden_layers


def test_two_go_on_from_the_state_that_one_left(shared: Path) -> None:
    found = of(shared, "gone on with")
    assert found["begun"]
    assert found["steps"] == [3, 4]
