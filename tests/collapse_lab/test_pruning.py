"""Weights of past rounds are dropped, and what needs them after all gets the same ones again."""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from collapse_lab.pruning import bring_back, drop, is_dropped, weights_of
from collapse_lab.store import Artifact, Store


def build(path: Path) -> None:
    (path / "model").mkdir()
    (path / "model" / "weights.bin").write_bytes(b"\0\1\2")
    (path / "log.json").write_text("{}")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "run")


@pytest.fixture
def artifact(store: Store) -> Artifact:
    return store.make("a1", "train", build)


def never(path: Path) -> None:
    raise AssertionError(f"{path} was made again")


def test_weights_go_and_their_hash_stays(store: Store, artifact: Artifact) -> None:
    drop(store, artifact)
    assert not (artifact.path / "model").exists()
    record = json.loads((artifact.path / "dropped.json").read_text())
    assert record == {"weights.bin": {"bytes": 3, "sha256": hashlib.sha256(b"\0\1\2").hexdigest()}}
    assert (artifact.path / "log.json").read_text() == "{}"
    # It counts as made: whoever needs its key alone asks for nothing more.
    assert store.make("a1", "train", never) == artifact
    drop(store, artifact)
    assert is_dropped(artifact)


def test_they_come_back_as_they_were_made(store: Store, artifact: Artifact) -> None:
    drop(store, artifact)
    bring_back(store, artifact, build)
    assert not is_dropped(artifact)
    assert (artifact.path / "model" / "weights.bin").read_bytes() == b"\0\1\2"
    bring_back(store, artifact, never)
    assert list((store.root / "work").iterdir()) == []


def test_a_home_that_has_them_gives_them(tmp_path: Path, artifact: Artifact, store: Store) -> None:
    home = Store(tmp_path / "home")
    here = replace(store, behind=(home,))
    assert here.find("a1") == artifact  # and publishes it
    drop(here, artifact)
    bring_back(here, artifact, never)
    assert (artifact.path / "model" / "weights.bin").is_file()


def test_a_home_without_them_is_no_help(tmp_path: Path, artifact: Artifact, store: Store) -> None:
    home = Store(tmp_path / "home")
    here = replace(store, behind=(home,))
    drop(here, artifact)
    assert here.find("a1") == artifact  # published without weights
    bring_back(here, artifact, build)
    assert (artifact.path / "model" / "weights.bin").is_file()


def test_what_a_home_without_them_gave_is_not_mixed_with_what_is_made(
    tmp_path: Path, artifact: Artifact, store: Store
) -> None:
    """A home is asked with an empty folder, and a training finds what it left itself, and nothing else."""
    found: list[list[str]] = []

    def interrupted(path: Path) -> None:
        found.append(sorted(file.name for file in path.iterdir()))
        (path / "state").mkdir(exist_ok=True)
        if len(found) == 1:
            raise KeyboardInterrupt
        build(path)

    here = replace(store, behind=(Store(tmp_path / "home"),))
    drop(here, artifact)
    assert here.find("a1") == artifact  # published without weights
    with pytest.raises(KeyboardInterrupt):
        bring_back(here, artifact, interrupted)
    assert is_dropped(artifact)
    bring_back(here, artifact, interrupted)
    assert found == [[], ["state"]]
    assert list((store.root / "work").iterdir()) == []


def test_what_was_interrupted_is_ended(store: Store, artifact: Artifact) -> None:
    """Killed between the record and the deletion, or between the weights and the record's end."""
    (artifact.path / "dropped.json").write_text('{"weights.bin": {}}')
    drop(store, artifact)
    assert not (artifact.path / "model").exists()
    build_over = artifact.path / "model"
    build_over.mkdir()
    (build_over / "half").write_bytes(b"")
    bring_back(store, artifact, build)
    assert [file.name for file in build_over.iterdir()] == ["weights.bin"]


def test_nothing_is_dropped_while_somebody_opens_it(store: Store, artifact: Artifact) -> None:
    dropping = threading.Thread(target=drop, args=(store, artifact), daemon=True)
    with store.locked(weights_of("a1"), shared=True), store.locked(weights_of("a1"), shared=True):
        dropping.start()
        dropping.join(0.2)
        assert dropping.is_alive()
        assert (artifact.path / "model").exists()
    dropping.join(60)
    assert is_dropped(artifact)


@pytest.mark.sandbox
def test_an_arm_keeps_its_last_model_and_the_next_one_makes_the_same_pages(tmp_path: Path) -> None:
    """Three rounds; then what was made of M_1 is gone, so that its weights are asked for again."""
    pytest.importorskip("torch", reason="needs torch: pip install 'exogate[lab]'")
    from tests.collapse_lab.models.tiny import write

    run = _Run(tmp_path, write("smollm2", tmp_path / "weights"))
    kept = run.arm("kept", keep_models=True)
    assert [len(list(trained.glob("model"))) for trained in run.trained("kept")] == [1, 1, 1]
    pages = run.arm("run")
    assert pages == kept
    left = [trained for trained in run.trained("run") if (trained / "model").is_dir()]
    assert len(run.trained("run")) == 3
    assert len(left) == 1
    dropped = [json.loads((t / "dropped.json").read_text()) for t in run.trained("run") if t not in left]
    for files in dropped:
        assert {"model.safetensors", "exogate.json"} <= files.keys()
    # The same weights, byte for byte: what is asked of M_2 again takes M_2, and M_1 before it, trained once more.
    run.lose("run", "evaluate")
    assert run.arm("run") == kept
    assert len([trained for trained in run.trained("run") if (trained / "model").is_dir()]) == 1


class _Run:
    """One arm of a tiny study of pretrained weights, run in this process."""

    def __init__(self, folder: Path, weights: Path) -> None:
        from tests.collapse_lab.test_architectures import study

        self._folder = folder
        self.study = study("smollm2", weights, ("none",)).model_copy(update={"rounds": 3})

    def arm(self, name: str, *, keep_models: bool = False) -> list[dict[str, Any]]:
        """Run it to its end; return its pages, without what took how long."""
        import torch

        from collapse_lab.job import Plan, do, folder_of
        from collapse_lab.place import Place
        from collapse_lab.workshop import Workshop

        plan = Plan(self.study, "*", None, 3, str(self._folder / "bases"), keep_models)
        place = Place.named(self._folder / name, None)
        place.folder.mkdir(exist_ok=True)
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            with Workshop(self.study) as workshop:
                do(place, plan, 0, workshop, place.folder / "log.jsonl", lambda: None)
        finally:
            torch.set_num_threads(threads)
        found = [json.loads((folder_of(place.folder, 0) / f"round-{t}.json").read_text()) for t in range(4)]
        return [{key: value for key, value in page.items() if key != "seconds"} for page in found]

    def trained(self, name: str) -> list[Path]:
        return [file.parent for file in self._made(name, "train")]

    def lose(self, name: str, stage: str) -> None:
        """Delete all that a stage made."""
        for file in self._made(name, stage):
            for part in file.parent.iterdir():
                part.unlink()
            file.parent.rmdir()

    def _made(self, name: str, stage: str) -> list[Path]:
        metas = sorted((self._folder / name / "objects").rglob("artifact.json"))
        return [meta for meta in metas if json.loads(meta.read_text())["stage"] == stage]
