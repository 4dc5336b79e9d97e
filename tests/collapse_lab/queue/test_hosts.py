"""A whole tiny study by several hosts: real workers, a real Redis, one of them killed; and by folders that share."""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fsspec
import pytest

pytest.importorskip("torch", reason="needs torch: pip install 'exogate[lab]'")

from ..pages import pages
from .conftest import Host, until

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]
STUDY = """\
name: tiny
question: Does all of it work together?
model:
  {width: 32, layers: 2, heads: 2, bases: [0], documents: 300, training: {steps: 40, learning_rate: 0.005}}
tasks: {benchmark: 24, second_benchmark: 0}
rounds: 1
seeds: [0]
prompts: 8
training: {steps: 4, batch: 8, checkpoint_every: 1}
evaluation: {samples: 1}
probes: {texts: 4, held_out: 4, prompts: 2, per_prompt: 2}
arms:
  - policy: perplexity-low-quantile
  - control: human
"""


def events(folder: Path, number: int) -> list[dict[str, Any]]:
    """Return what an arm's processes have told, half-written lines left out."""
    found = []
    for log in sorted((folder / "logs").glob(f"{number:03d}*.jsonl")):
        found += [json.loads(line) for line in log.read_text().splitlines() if line.endswith("}")]
    return found


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("study") / "tiny.yml"
    file.write_text(STUDY)
    return file


@pytest.fixture(scope="module")
def share(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"file://{tmp_path_factory.mktemp('share') / 'tiny'}"


@pytest.fixture(scope="module")
def alone(study: Path, share: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The study on one host, in a folder of its own, with all of it published."""
    host = Host(tmp_path_factory.mktemp("alone") / "host", redis_url)
    out = host.folder / "run"
    assert host.finish("run", study, "--out", out, "--share", share, "--workers", "1") == 0, host.said
    yield out
    shutil.rmtree(host.folder)


@contextmanager
def held(out: Path, key: str) -> Iterator[None]:
    """Let whoever would make an artifact wait."""
    (out / "locks").mkdir(parents=True, exist_ok=True)
    with (out / "locks" / key).open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def key_of(out: Path, number: int, stage: str) -> str:
    """Return the key of what a stage made for an arm: the same in every folder."""
    return next(event["key"] for event in reversed(events(out, number)) if event.get("stage") == stage)


def test_two_workers_share_a_run_and_the_arm_of_the_killed_one_is_taken_up_again(
    study: Path, alone: Path, redis_url: str, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    asking, first, second = (Host(tmp_path / name, redis_url) for name in ("asking", "first", "second"))
    watching = asking.start("run", study, "--out", out, "--queue", "gpu")
    until(lambda: "2 arms put into queue gpu" in asking.said, watching)
    # Silent for seconds is dead. Were one that lives taken for dead, its arm would be run twice, to the same end.
    words = ("worker", "--queue", "gpu", "--silence", "5")
    with held(out, key_of(alone, 0, "train")):
        killed = first.start(*words)
        until(lambda: "taken: arm 0" in first.said, watching, killed)
        living = second.start(*words)
        until(lambda: (out / "arms" / "001" / "round-1.json").exists(), watching, killed, living)
        until(lambda: (out / "arms" / "000" / "round-0.json").exists(), watching, killed, living)
        killed.kill()
        killed.wait()
    assert watching.wait(250) == 0, asking.said
    living.terminate()
    assert living.wait(60) == 0
    taken = [line.partition(" ")[2] for line in second.said.splitlines() if "taken" in line]
    assert taken == [f"taken: arm {number} of {out}" for number in (1, 0)]
    assert "2 of 2 arms ended" in asking.said
    assert pages(out) == pages(alone)
    # Nothing was made twice. The base lies with the run, and every host that used it keeps it.
    made = [event["key"] for number in (0, 1) for event in events(out, number) if "stage" in event]
    finished = {file.parent.name for file in (out / "objects").rglob("artifact.json")}
    assert set(made) == finished
    base = key_of(alone, 0, "base")
    assert (second.folder / "cache" / "exogate" / "lab" / "objects" / base[:2] / base / "artifact.json").is_file()


def test_another_folder_goes_on_from_the_share(
    study: Path, alone: Path, share: str, redis_url: str, tmp_path: Path
) -> None:
    """One arm's pages are gone, and one of its artifacts is half there: a worker elsewhere makes just those again."""
    files, root = fsspec.core.url_to_fs(share)
    files.rm(f"{root}/arms/001", recursive=True)
    key = key_of(alone, 1, "train")
    (object_,) = [name for name in files.find(f"{root}/objects/{key[:2]}/{key}") if name.endswith("log.json")]
    files.rm_file(object_)
    asking, working = Host(tmp_path / "asking", redis_url), Host(tmp_path / "working", redis_url)
    watching = asking.start("run", study, "--out", tmp_path / "run", "--queue", "s3", "--share", share)
    worker = working.start("worker", "--queue", "s3", "--folder", tmp_path / "kept")
    assert watching.wait(250) == 0, asking.said + working.said
    worker.terminate()
    assert worker.wait(60) == 0
    assert "1 arms put into queue s3" in asking.said
    assert [line for line in working.said.splitlines() if "taken" in line][1:] == []
    assert pages(tmp_path / "run") == pages(alone)
    (kept,) = (tmp_path / "kept").iterdir()
    again = [event for event in events(kept, 1) if "stage" in event]
    assert [event["key"] for event in again] == [key]
    # The log came back too, and the summary holds both hosts' arms.
    assert events(tmp_path / "run", 1)[-1]["round"] == 1
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert [len(arm["rounds"]) for arm in summary["arms"]] == [2, 2]
    assert files.exists(object_)


def test_a_share_belongs_to_one_study(study: Path, alone: Path, share: str, redis_url: str, tmp_path: Path) -> None:
    other = tmp_path / "other.yml"
    other.write_text(STUDY.replace("prompts: 8", "prompts: 9"))
    host = Host(tmp_path / "host", redis_url)
    assert host.finish("run", other, "--out", tmp_path / "run", "--share", share) == 2
    assert f"The results in {share} were made with something else: study.prompts." in host.said
    assert "name another --share" in host.said
