"""A second home behind a store: nothing half is found, and nothing is said twice to mean two things."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from collapse_lab.remote import Remote, RemoteError
from collapse_lab.store import META, Artifact, Store, write_json

KEY = "ab" * 32
WHERE = f"objects/ab/{KEY}"


class Flaky(MemoryFileSystem):
    """A file system whose next *failures* calls fail, as a network does."""

    protocol = "flaky"
    failures = 0
    error: Exception = OSError("connection reset")
    calls = 0

    def _perhaps(self) -> None:
        type(self).calls += 1
        if type(self).failures:
            type(self).failures -= 1
            raise type(self).error

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **kwargs: Any) -> Any:
        self._perhaps()
        return super().pipe_file(path, value, mode, **kwargs)

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **kwargs: Any) -> Any:
        self._perhaps()
        return super().cat_file(path, start, end, **kwargs)


fsspec.register_implementation("flaky", Flaky, clobber=True)


@pytest.fixture(params=["memory", "file"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    name = f"/{uuid4().hex}"
    yield f"file://{tmp_path}/share" if request.param == "file" else f"memory:/{name}"
    if request.param == "memory":
        MemoryFileSystem().rm(name, recursive=True) if MemoryFileSystem().exists(name) else None


@pytest.fixture
def flaky() -> Iterator[type[Flaky]]:
    Flaky.failures, Flaky.error, Flaky.calls = 0, OSError("connection reset"), 0
    yield Flaky
    Flaky.failures = 0


def build(path: Path) -> None:
    (path / "model").mkdir(exist_ok=True)
    write_json(path / "model" / "weights.json", [1.5])
    write_json(path / "value.json", 1)


def never(path: Path) -> None:
    raise AssertionError("it is there already")


def remade(path: Path) -> None:
    build(path)
    write_json(path / "value.json", 2)


def made(folder: Path, url: str) -> Artifact:
    return Store(folder, (Remote(url),)).make(KEY, "test", build)


def test_what_one_folder_made_another_finds(tmp_path: Path, url: str) -> None:
    first = made(tmp_path / "a", url)
    assert Remote(url).names() == [f"{WHERE}/{name}" for name in (META, "model/weights.json", "value.json")]
    for second in (
        Store(tmp_path / "b", (Remote(url),)).find(KEY),
        Store(tmp_path / "c", (Remote(url),)).make(KEY, "test", never),
    ):
        assert second is not None
        assert second.path != first.path
        assert (second.json("value.json"), second.json("model/weights.json")) == (1, [1.5])
        assert second.seconds == first.seconds
    assert Store(tmp_path / "b").find(KEY) is not None
    assert Store(tmp_path / "d", (Remote(url),)).find("cd" * 32) is None
    # Nothing is left lying about.
    assert not list((tmp_path / "b" / "work").iterdir())


def test_what_was_made_before_there_was_a_share_comes_to_it(tmp_path: Path, url: str) -> None:
    Store(tmp_path / "a").make(KEY, "test", build)
    assert Store(tmp_path / "a", (Remote(url),)).find(KEY) is not None
    assert Store(tmp_path / "b", (Remote(url),)).make(KEY, "test", never)


@pytest.mark.parametrize("missing", [META, "value.json", "model/weights.json"])
def test_a_half_upload_is_not_found_and_made_whole_by_the_next(tmp_path: Path, url: str, missing: str) -> None:
    made(tmp_path / "a", url)
    files, root = fsspec.core.url_to_fs(url)
    files.rm_file(f"{root}/{WHERE}/{missing}")
    store = Store(tmp_path / "b", (Remote(url),))
    assert store.find(KEY) is None
    assert not (tmp_path / "b" / "objects").exists()
    assert store.make(KEY, "test", build).json("value.json") == 1
    assert Store(tmp_path / "c", (Remote(url),)).make(KEY, "test", never)


@pytest.mark.parametrize("content", [b"", b"2\n", b"11\n"])
def test_a_damaged_file_is_not_found_and_replaced(tmp_path: Path, url: str, content: bytes) -> None:
    made(tmp_path / "a", url)
    Remote(url).write(f"{WHERE}/value.json", content)
    store = Store(tmp_path / "b", (Remote(url),))
    assert store.find(KEY) is None
    store.make(KEY, "test", build)
    assert Store(tmp_path / "c", (Remote(url),)).make(KEY, "test", never).json("value.json") == 1


@pytest.mark.parametrize("content", [b"", b"[]", b'{"files"', b'{"key": "x"}', b'{"files": {"value.json": 1}}'])
def test_a_damaged_last_file_is_not_found_and_replaced(tmp_path: Path, url: str, content: bytes) -> None:
    made(tmp_path / "a", url)
    Remote(url).write(f"{WHERE}/{META}", content)
    store = Store(tmp_path / "b", (Remote(url),))
    assert store.find(KEY) is None
    store.make(KEY, "test", build)
    assert Store(tmp_path / "c", (Remote(url),)).make(KEY, "test", never)


@pytest.mark.parametrize("name", ["../../../stolen", "/tmp/stolen", "model/../../stolen", ""])
def test_a_share_cannot_say_where_files_are_written(tmp_path: Path, url: str, name: str) -> None:
    made(tmp_path / "a", url)
    meta = json.loads(Remote(url).read(f"{WHERE}/{META}") or b"")
    meta["files"][name] = meta["files"]["value.json"]
    Remote(url).write(f"{WHERE}/{META}", json.dumps(meta).encode())
    with pytest.raises(RemoteError, match="outside of it"):
        Store(tmp_path / "b", (Remote(url),)).find(KEY)
    assert not list(tmp_path.rglob("stolen"))


def test_two_makers_are_harmless_and_the_first_is_what_both_go_on_from(tmp_path: Path, url: str) -> None:
    def overtaken(path: Path) -> None:
        remade(path)
        made(tmp_path / "fast", url)

    slow = Store(tmp_path / "slow", (Remote(url),)).make(KEY, "test", overtaken)
    assert slow.json("value.json") == 1
    assert not list((tmp_path / "slow" / "work").iterdir())
    Remote(url).publish(KEY, slow.path)
    assert Store(tmp_path / "third", (Remote(url),)).make(KEY, "test", never).json("value.json") == 1


def test_a_store_is_a_home_too(tmp_path: Path) -> None:
    run, kept = tmp_path / "run", Store(tmp_path / "kept")
    Store(run, (kept,)).make(KEY, "test", build)
    assert kept.find(KEY) is not None
    again = Store(tmp_path / "again", (kept,)).make(KEY, "test", never)
    assert again.path.is_relative_to(tmp_path / "again")
    assert again.json("model/weights.json") == [1.5]


def test_a_network_that_fails_now_and_then_is_tried_again(tmp_path: Path, flaky: type[Flaky]) -> None:
    share = Remote(f"flaky://{uuid4().hex}", pauses=(0.0,) * 3)
    flaky.failures = 3
    Store(tmp_path / "a", (share,)).make(KEY, "test", build)
    flaky.failures = 3
    fresh = Remote(share.url, pauses=(0.0,) * 3)
    assert Store(tmp_path / "b", (fresh,)).make(KEY, "test", never)


def test_a_network_that_stays_away_is_a_sentence_and_nothing_is_lost(tmp_path: Path, flaky: type[Flaky]) -> None:
    share = Remote(f"flaky://{uuid4().hex}", pauses=(0.0,) * 3)

    def last(path: Path) -> None:
        build(path)
        flaky.failures = 99

    with pytest.raises(RemoteError) as error:
        Store(tmp_path / "a", (share,)).make(KEY, "test", last)
    assert "after 4 attempts: OSError: connection reset." in str(error.value)
    assert "the same command goes on" in str(error.value)
    flaky.failures = 0
    assert Store(tmp_path / "a", (share,)).make(KEY, "test", never)
    assert Store(tmp_path / "b", (Remote(share.url),)).make(KEY, "test", never)


def test_what_will_not_pass_is_not_tried_again(flaky: type[Flaky]) -> None:
    share = Remote(f"flaky://{uuid4().hex}", pauses=(0.0,) * 3)
    flaky.failures, flaky.error = 99, PermissionError("not yours")
    with pytest.raises(RemoteError, match="PermissionError: not yours"):
        share.write("x", b"")
    assert flaky.calls == 1


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("sftp://me:secret@host/x", "holds a password"),
        ("/mnt/share", "is no address"),
        ("nosuch://x/y", "cannot be opened"),
    ],
)
def test_an_address_that_cannot_be_used_is_a_sentence(address: str, says: str) -> None:
    with pytest.raises(RemoteError, match=says) as error:
        Remote(address)
    assert "secret" not in str(error.value)


def test_single_files_come_and_go(tmp_path: Path, url: str) -> None:
    share = Remote(url)
    assert (share.read("a/b.json"), share.names()) == (None, [])
    share.remove("a")
    share.probe()
    share.write("a/b.json", b"1")
    (tmp_path / "c").write_bytes(b"2")
    share.put("a/c/d.json", tmp_path / "c")
    share.write("ab.json", b"3")
    assert share.names() == ["a/b.json", "a/c/d.json", "ab.json"]
    assert share.names("a") == ["a/b.json", "a/c/d.json"]
    assert Remote(url).read("a/c/d.json") == b"2"
    share.remove("a")
    assert share.names() == ["ab.json"]
