"""Artifacts: made once, whole or not at all, whoever is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from collapse_lab.store import Artifact, DamagedArtifactError, Store, key_of, write_json, write_rows

# Makes one artifact of two files, and waits between them where it is told to.
MAKER = """
import sys, time
from pathlib import Path
from collapse_lab.store import Store, write_json

root, waiting = Path(sys.argv[1]), sys.argv[2] == "wait"

def build(path):
    with (root.parent / "built").open("a") as log:
        log.write(f"{sorted(p.name for p in path.iterdir())}\\n")
    if not (path / "one.json").exists():
        write_json(path / "one.json", 1)
    if waiting:
        (root.parent / "in-the-middle").touch()
        time.sleep(600)
    write_json(path / "two.json", 2)

print(Store(root).make("ab" * 32, "test", build).path)
"""
KEY = "ab" * 32


def maker(root: Path, how: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", MAKER, str(root), how], stdout=subprocess.PIPE, text=True)


def until(file: Path, process: subprocess.Popen[str]) -> None:
    while not file.exists():
        assert process.poll() is None
        time.sleep(0.01)


def test_a_key_hangs_on_everything_that_is_named_and_on_no_order() -> None:
    assert key_of("train", a=1, b=[2]) == key_of("train", b=[2], a=1)
    assert len({key_of("train", a=1), key_of("train", a=2), key_of("mix", a=1), key_of("train", b=1)}) == 4


def test_an_artifact_is_made_once(tmp_path: Path) -> None:
    store, times = Store(tmp_path), []

    def build(path: Path) -> None:
        times.append(path)
        write_json(path / "value.json", {"x": 1})

    first, second = store.make(KEY, "test", build), store.make(KEY, "test", build)
    assert first == second == store.find(KEY)
    assert len(times) == 1
    assert first.json("value.json") == {"x": 1}
    assert first.seconds >= 0
    assert not list((tmp_path / "work").iterdir())


def test_two_processes_make_it_once(tmp_path: Path) -> None:
    root = tmp_path / "store"
    makers = [maker(root, "go") for _ in range(2)]
    said = [process.communicate(timeout=120)[0] for process in makers]
    assert [process.returncode for process in makers] == [0, 0]
    assert said[0] == said[1]
    assert (tmp_path / "built").read_text() == "[]\n"


def test_the_second_waits_while_the_first_works(tmp_path: Path) -> None:
    root = tmp_path / "store"
    first = maker(root, "wait")
    until(tmp_path / "in-the-middle", first)
    second = maker(root, "go")
    until(root / "locks" / KEY, second)
    assert Store(root).find(KEY) is None
    first.kill()
    first.communicate()
    assert second.wait(timeout=120) == 0
    second.communicate()
    # It went on in the directory of the killed one.
    assert (tmp_path / "built").read_text() == "[]\n['one.json']\n"


def test_what_a_killed_process_left_is_gone_on_with(tmp_path: Path) -> None:
    root = tmp_path / "store"
    killed = maker(root, "wait")
    until(tmp_path / "in-the-middle", killed)
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate()
    assert Store(root).find(KEY) is None
    assert (root / "work" / KEY / "one.json").read_text() == "1\n"
    assert maker(root, "go").communicate(timeout=120)
    found = Store(root).find(KEY)
    assert found is not None
    assert (found.json("one.json"), found.json("two.json")) == (1, 2)
    assert (tmp_path / "built").read_text() == "[]\n['one.json']\n"
    assert not (root / "work" / KEY).exists()


def test_what_building_raises_is_passed_on_and_nothing_counts_as_made(tmp_path: Path) -> None:
    store = Store(tmp_path)

    def fails(path: Path) -> None:
        write_json(path / "one.json", 1)
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        store.make(KEY, "test", fails)
    assert store.find(KEY) is None
    found = store.make(KEY, "test", lambda path: write_json(path / "two.json", (path / "one.json").exists()))
    assert found.json("two.json") is True


@pytest.mark.parametrize("content", [None, b"", b'{"x": 1', b"\xff\xfe"])
def test_a_damaged_file_is_named_with_the_remedy(tmp_path: Path, content: bytes | None) -> None:
    made = Store(tmp_path).make(KEY, "test", lambda path: write_json(path / "value.json", 1))
    (made.path / "value.json").unlink()
    if content is not None:
        (made.path / "value.json").write_bytes(content)
    with pytest.raises(DamagedArtifactError) as error:
        made.json("value.json")
    assert str(made.path / "value.json") in str(error.value)
    assert str(error.value).endswith(f"Delete {made.path}.")


def test_a_damaged_table_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"a": 1}\n{"a"')
    with pytest.raises(DamagedArtifactError, match="Delete"):
        Artifact(KEY, tmp_path).rows("rows.jsonl")


def test_rows_come_back_as_they_were(tmp_path: Path) -> None:
    # Characters at which `str.splitlines` would cut.
    rows = [{"text": "a\u2028b\x85c\nd\x0b"}, {"text": "\ud800"}, {"text": ""}]
    write_rows(tmp_path / "rows.jsonl", rows)
    assert Artifact(KEY, tmp_path).rows("rows.jsonl") == rows


def test_json_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "value.json"
    write_json(file, {"b": 1, "a": 2})
    before = file.read_bytes()
    with pytest.raises(TypeError):
        write_json(file, {"c": object()})
    assert file.read_bytes() == before
    assert list(json.loads(before)) == ["a", "b"]
