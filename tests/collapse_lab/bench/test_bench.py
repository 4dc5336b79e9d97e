"""The command: the steps in processes of their own, resumed, ended for their time, and shown."""

from __future__ import annotations

import json
import os
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

pytest.importorskip("torch", reason="needs torch: pip install 'exogate[lab]'")

import torch

from collapse_lab.bench import run as running
from collapse_lab.bench.lines import read
from collapse_lab.cli import cli


def bench(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, ["bench", *map(str, words)])


def status(*words: str | Path) -> tuple[int, str]:
    """Return the status with which the command line would end, and what was printed."""
    done = CliRunner().invoke(cli, ["bench", *map(str, words)], standalone_mode=False)
    assert done.exception is None, done.output
    return done.return_value, done.output


def test_without_a_gpu_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    done = bench("--gpu", "--out", tmp_path / "bench.jsonl")
    assert done.exit_code == 1
    assert f"No GPU is here: torch {torch.__version__} sees no CUDA device. Install a driver" in done.output
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("words", [(), ("--gpu", "--list"), ("--cpu", "--show", __file__)])
def test_one_thing_at_a_time(words: tuple[str, ...]) -> None:
    done = bench(*words)
    assert done.exit_code == 2
    assert "Say one of --gpu, --cpu, --list and --show FILE" in done.output


def test_steps_are_listed() -> None:
    assert bench("--list", "--only", "decode/smollm2/*").output.splitlines() == [
        "decode/smollm2/own",
        "decode/smollm2/continuous",
        "decode/smollm2/vllm",
    ]
    assert "No step is called as 'nothing' says" in bench("--list", "--only", "nothing").output


def test_a_source_has_a_form(tmp_path: Path) -> None:
    done = bench("--cpu", "--only", "decode/smollm2/own", "--source", "folder", "--out", tmp_path / "b.jsonl")
    assert "--source 'folder' is not of the form MODEL=PLACE" in done.output


@pytest.mark.slow
def test_steps_give_lines_and_are_not_run_again(tmp_path: Path) -> None:
    file = tmp_path / "bench.jsonl"
    words = ("--cpu", "--only", "decode/smollm2/own|train/qwen2.5-coder-1.5b/joined-compiled", "--out", file)
    ended, said = status(*words)
    assert ended == 0, said
    decoded, trained = read(file)
    assert (decoded.step, decoded.kind, decoded.status) == ("decode/smollm2/own", "cpu", "ok")
    assert trained.status == "ok"
    assert decoded.made_on["cores"] >= 1
    assert "gpu" not in decoded.made_on
    assert decoded.versions["torch"] == torch.__version__
    assert len(decoded.code["sha256"]) == 64
    assert "decode/smollm2/own (cpu):" in said

    before = file.read_bytes()
    second = bench(*words)
    assert "2 of 2 steps are in" in second.output
    assert "Steps run: 0." in second.output
    assert file.read_bytes() == before

    shown = bench("--show", file)
    assert shown.exit_code == 0
    assert "decode/smollm2/own (cpu)" in shown.output
    assert "tokens/s" in shown.output
    assert "of the memory's limit" not in shown.output

    again = bench("--cpu", "--only", "decode/smollm2/own", "--again", "--out", file)
    assert "Steps run: 1." in again.output
    assert [line.step for line in read(file)] == [trained.step, decoded.step]
    assert read(file)[1].at >= decoded.at


def test_a_step_that_takes_too_long_is_ended_and_the_next_one_runs(tmp_path: Path) -> None:
    file = tmp_path / "bench.jsonl"
    ended, said = status("--cpu", "--only", "decode/*/own", "--minutes", "0.001", "--out", file)
    assert ended == 1
    assert [line.status for line in read(file)] == ["late", "late"]
    assert "too slow: It was not through after 0.001 minutes, and was ended (--again: once more)." in said


def test_what_a_step_started_ends_with_it(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    script = (
        f"import subprocess; left = subprocess.Popen(['sleep', '600']); open({str(mark)!r}, 'w').write(str(left.pid))"
    )
    assert running._ended(["python3", "-c", script], "cpu", 60.0, tmp_path / "log") == ""
    number = int(mark.read_text())
    deadline = time.monotonic() + 20
    while _alive(number) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(number)


def test_a_process_that_dies_is_a_line_with_its_last_words(tmp_path: Path) -> None:
    said = running._ended(["python3", "-c", "print('first'); raise SystemExit('gone')"], "cpu", 30.0, tmp_path / "log")
    found = running._found(tmp_path / "none.json", said, 480)
    assert found["status"] == "failed"
    assert found["why"] == "Its process ended without a word of what it measured: gone"


@pytest.mark.slow
@pytest.mark.skipif(find_spec("vllm") is not None, reason="vLLM is installed here")
def test_what_is_not_installed_is_said_and_asked_for_again(tmp_path: Path) -> None:
    file = tmp_path / "bench.jsonl"
    words = ("--cpu", "--only", "decode/smollm2/vllm", "--out", file)
    for count in (1, 2):
        assert status(*words)[0] == 0
        lines = read(file)
        assert [line.status for line in lines] == ["absent"] * count
        assert "The engine `vllm` needs the package vllm" in lines[0].why


@pytest.mark.slow
@pytest.mark.sandbox
def test_an_arm_of_a_study_is_run_for_real(tmp_path: Path) -> None:
    file = tmp_path / "bench.jsonl"
    ended, said = status("--cpu", "--only", "arm/smollm2-mini/compile", "--out", file)
    assert ended == 0, said
    (line,) = read(file)
    assert [arm["label"] for arm in line.values["arms"]] == ["compile", "random@compile"]
    folder = tmp_path / "bench-runs" / "cpu" / "smollm2-mini" / "compile"
    summary: dict[str, Any] = json.loads((folder / "summary.json").read_text())
    assert summary["rounds"] == 1
    assert line.values["seconds"] == pytest.approx(sum(summary["seconds"].values()) / 2)
    assert "compile: sampled pass@1" in bench("--show", file).output


def _alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    # One that ended and that nobody waited for is not alive.
    status = Path(f"/proc/{number}/stat")
    return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")
