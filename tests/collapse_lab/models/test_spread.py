"""A training that is spread over processes: whatever dies, nothing is left behind, and the next one goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from collapse_lab.cli import cli
from collapse_lab.models.causal import CausalModel
from collapse_lab.models.device import homes
from collapse_lab.models.several import VARIABLE, several
from tests.collapse_lab.models.spread_training import DEVICES, pretrained, run

ROOT = Path(__file__).parents[3]


def processes(state: Path) -> list[int]:
    """Return the processes that work on a training with this state, in the order of their ranks."""
    found = {}
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdigit() else []
        except OSError:
            continue
        if b"collapse_lab.models.spread_process" in words and str(state / "devices").encode() in words:
            found[int(words[6])] = int(entry.name)
    return [found[rank] for rank in sorted(found)]


class _StoppedError(Exception):
    pass


def weights(model: CausalModel) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in model.network.state_dict().items()}


def assert_alike(some: dict[str, torch.Tensor], others: dict[str, torch.Tensor]) -> None:
    assert some.keys() == others.keys()
    for name, tensor in some.items():
        torch.testing.assert_close(tensor, others[name], rtol=0, atol=1e-4)


@pytest.mark.slow
def test_what_two_learned_is_in_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    alone, together, heard = pretrained(), pretrained(), []
    monkeypatch.delenv(VARIABLE, raising=False)
    expected = run(alone, None, None, steps=4)
    monkeypatch.setenv(VARIABLE, DEVICES)
    losses = run(together, None, lambda done, of: heard.append((done, of)), steps=4)
    assert losses == pytest.approx(expected, rel=1e-4)
    assert heard == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert_alike(weights(together), weights(alone))


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="looks for processes in /proc, which Linux has")
def test_killed_from_outside_and_from_inside_it_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, DEVICES)
    state = tmp_path / "a state #1"

    # Who began it is killed, and has no time to end what it began.
    argv = [sys.executable, "-m", "tests.collapse_lab.models.spread_training", str(state)]
    # It has no time to take its temporary files away, either.
    own = {**os.environ, "TMPDIR": str(tmp_path)}
    parent = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=own)
    assert parent.stdout is not None
    for line in parent.stdout:
        if int(line) == 5:
            assert len(processes(state)) == 2
            parent.kill()
            break
    assert parent.wait() == -signal.SIGKILL
    parent.stdout.close()
    while processes(state):
        time.sleep(0.05)
    assert (state / "state.pt").exists()

    # One of the two that go on is killed.
    model, heard = pretrained(), []
    before = weights(model)

    def told(done: int, _: int) -> None:
        heard.append(done)
        if len(heard) == 5:
            os.kill(processes(state)[1], signal.SIGKILL)

    with pytest.raises(RuntimeError, match=r"on 2 devices broke off: .*process 1 \(cpu\) ended with status -9: "):
        run(model, state, told)
    assert heard[0] > 3
    assert not processes(state)
    assert not (state / "devices").exists()
    assert all(torch.equal(tensor, model.network.state_dict()[name]) for name, tensor in before.items())

    # What stands in the state is what one process would have come to by then.
    found = torch.load(state / "state.pt")
    done = len(found["losses"])
    assert done > 3

    def stopped(step: int, _: int) -> None:
        if step == done + 1:
            raise _StoppedError

    monkeypatch.delenv(VARIABLE)
    with pytest.raises(_StoppedError):
        run(model, tmp_path / "alone", stopped)
    expected = torch.load(tmp_path / "alone" / "state.pt")
    assert found["losses"] == pytest.approx(expected["losses"], rel=1e-4)
    assert found["tokens"] == expected["tokens"]
    assert_alike(found["network"], expected["network"])


def test_what_is_wrong_is_said_before_a_process_is_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, DEVICES)
    monkeypatch.setattr(subprocess, "Popen", None)
    model = pretrained()
    (tmp_path / "state.pt").parent.mkdir(exist_ok=True)
    torch.save({"identity": "another"}, tmp_path / "state.pt")
    with pytest.raises(ValueError, match="the state of another training"):
        run(model, tmp_path, None)


def test_devices_are_named_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    for said, names in (
        ("", ()),
        (" ", ()),
        ("cuda:0,cuda:1", ("cuda:0", "cuda:1")),
        ("cpu, cpu", ("cpu", "cpu")),
    ):
        monkeypatch.setenv(VARIABLE, said)
        assert several() == names
    for said in ("cuda", "2", "cuda:3", "cuda:0,", "cpu,cuda:0", "cuda:0,cuda:0", "cuda:0;cuda:1"):
        monkeypatch.setenv(VARIABLE, said)
        with pytest.raises(ValueError, match=VARIABLE):
            several()


def test_devices_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setenv(VARIABLE, "cuda:0,cuda:1")
    assert homes() == ("cuda:0", "cuda:1")
    monkeypatch.setenv(VARIABLE, "cuda:1,cuda:2")
    with pytest.raises(ValueError, match=f"{VARIABLE} names cuda:2, and torch sees 2 CUDA devices"):
        homes()


STUDY = """
name: tiny
question: Does it start?
model: {kind: pretrained, name: smollm2}
tasks: {kind: code, benchmarks: [{name: everyday}]}
training: {steps: 1, precision: bf16}
arms: [{policy: none}]
"""


def test_plan_and_run_say_of_devices_what_they_know(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = tmp_path / "tiny.yml"
    study.write_text(STUDY)

    def said(*words: str) -> str:
        done = CliRunner().invoke(cli, [words[0], str(study), *words[1:]])
        assert (done.exit_code != 0) == ("Error: " in done.output)
        return " ".join(done.output.split())

    monkeypatch.delenv(VARIABLE, raising=False)
    assert "devices" not in said("plan")
    monkeypatch.setenv(VARIABLE, "cuda:0,cuda:1")
    assert "2.2 GB to train (fp32 weights" in said("plan")
    assert "1.1 GB of that on each of 2 devices, beside 0.3 GB of weights in bf16; times are those of" in said("plan")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    assert f"{VARIABLE} names cuda:0, and torch sees 0 CUDA devices" in said("run", "--out", str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()
    monkeypatch.setenv(VARIABLE, "gpu")
    assert f"{VARIABLE} is 'gpu'. Write devices of one kind" in said("plan")
    assert f"{VARIABLE} is 'gpu'. Write devices of one kind" in said("run", "--out", str(tmp_path / "out"))
