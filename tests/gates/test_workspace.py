"""Trees on disk: nothing leaves its directory, nothing becomes a git directory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from gates.change import Entry, EntryKind, MemorySnapshot
from gates.workspace import UnsafePathError, Workspace, check_path, write_tree


@dataclass
class Crafted:
    """A tree that no ordinary git would make."""

    contents: Mapping[str, tuple[EntryKind, bytes]]
    id: str = "crafted"

    @property
    def entries(self) -> Mapping[str, Entry]:
        return {path: Entry(kind, path, len(content)) for path, (kind, content) in self.contents.items()}

    def read(self, path: str) -> bytes:
        return self.contents[path][1]

    def read_many(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        for path in paths:
            yield path, self.read(path)


@pytest.mark.parametrize(
    "path",
    [
        "../x",
        "a/../../x",
        "/etc/x",
        ".git/hooks/post-checkout",
        "a/.GIT/config",
        "git~1/x",
        ".git./x",
        ".g\u200cit/x",
        "a//b",
        "",
        "a\0b",
        "n" * 256,
        "\u00e9" * 128,
        "d/" * 200 + "x",
        "/".join(["n" * 200] * 16),
    ],
)
def test_unsafe_paths_are_refused(path: str) -> None:
    with pytest.raises(UnsafePathError):
        check_path(path)


@pytest.mark.parametrize(
    "path", ["a", "a/b.py", ".github/x.yml", ".gitignore", "a..b/c", "..a", "n" * 255, "d/" * 199 + "x"]
)
def test_ordinary_paths_are_fine(path: str) -> None:
    check_path(path)


def test_unsafe_paths_are_left_out_and_said(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    file = EntryKind.FILE
    tree = Crafted(
        {"../out": (file, b"x"), ".git/config": (file, b"x"), "ok": (file, b"y"), "sub": (EntryKind.SUBMODULE, b"")}
    )
    assert sorted(write_tree(tree, inside)) == ["../out", ".git/config", "sub"]
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["inside", "ok"]


def test_nothing_is_written_through_a_symlink(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    tree = Crafted({"link": (EntryKind.SYMLINK, str(outside).encode()), "link/file": (EntryKind.FILE, b"x")})
    write_tree(tree, inside)
    assert list(outside.iterdir()) == []


def test_no_directory_or_symlink_is_made_through_a_symlink(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    link = EntryKind.SYMLINK
    tree = Crafted({"a": (link, str(outside).encode()), "a/b": (link, b"to"), "a/c/d": (link, b"to")})
    assert write_tree(tree, inside) == ["a"]
    assert list(outside.iterdir()) == []
    assert (inside / "a/b").readlink() == (inside / "a/c/d").readlink() == Path("to")


def test_a_path_too_deep_for_a_disk_is_left_out_and_the_rest_is_written_and_removed() -> None:
    deep = "d/" * 1500 + "x"
    with Workspace() as workspace:
        tree = workspace.tree(MemorySnapshot.of({deep: "x", "a": "y"}))
        assert [p.name for p in tree.iterdir()] == ["a"]
    assert not tree.exists()


def test_a_file_in_the_place_of_a_directory_is_left_out(tmp_path: Path) -> None:
    file = EntryKind.FILE
    assert write_tree(Crafted({"a": (file, b"x"), "a/b": (file, b"y")}), tmp_path) == ["a"]
    assert (tmp_path / "a/b").read_bytes() == b"y"


def test_executables_stay_executable_and_links_stay_links(tmp_path: Path) -> None:
    tree = Crafted({"run": (EntryKind.EXECUTABLE, b"#!/bin/sh\n"), "to": (EntryKind.SYMLINK, b"run")})
    assert write_tree(tree, tmp_path) == []
    assert (tmp_path / "run").stat().st_mode & 0o111
    assert (tmp_path / "to").readlink() == Path("run")


def test_a_snapshot_is_written_once_and_removed_at_the_end() -> None:
    snapshot = MemorySnapshot.of({"a": "x"})
    with Workspace() as workspace:
        tree = workspace.tree(snapshot)
        assert workspace.tree(snapshot) == tree
        assert (tree / "a").read_text() == "x"
    assert not tree.exists()


def test_links_that_cannot_be_made_are_left_out_and_the_others_are_made(tmp_path: Path) -> None:
    link = EntryKind.SYMLINK
    tree = Crafted({"a": (link, b"x\0y"), "b": (link, b""), "d/e/c": (link, b"to"), "f": (EntryKind.FILE, b"")})
    assert sorted(write_tree(tree, tmp_path)) == ["a", "b"]
    assert (tmp_path / "d/e/c").readlink() == Path("to")


def test_every_directory_of_a_workspace_is_new_and_empty() -> None:
    with Workspace() as workspace:
        first, second = workspace.directory(), workspace.directory()
        assert first != second
        assert list(first.iterdir()) == list(second.iterdir()) == []
    assert not first.exists()
