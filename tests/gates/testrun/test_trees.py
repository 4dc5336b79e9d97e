from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.change import MemorySnapshot
from gates.testrun.trees import Overlay
from gates.workspace import Workspace


def of(**files: str) -> MemorySnapshot:
    return MemorySnapshot.of({name.replace("_", "/"): text for name, text in files.items()})


def is_test(path: str) -> bool:
    return path.startswith("t/")


def test_the_picked_paths_are_those_of_the_upper_side() -> None:
    tree = Overlay(of(a="head", t_x="head", t_new="head"), of(a="base", t_x="base", t_old="base"), is_test)
    assert {p: tree.read(p) for p in tree.entries} == {"a": b"head", "t/x": b"base", "t/old": b"base"}
    assert list(tree.read_many(["t/x", "a", "t/old"])) == [("t/x", b"base"), ("a", b"head"), ("t/old", b"base")]
    with pytest.raises(KeyError):
        tree.read("t/new")


@pytest.mark.parametrize("lower", [of(t="a file"), of(t_x_y="a directory where the base has a file")])
def test_a_file_in_the_way_of_a_judging_directory_is_gone(lower: MemorySnapshot) -> None:
    tree = Overlay(lower, of(t_x="base"), is_test)
    assert list(tree.entries) == ["t/x"]
    with Workspace() as workspace:
        assert (workspace.tree(tree) / "t" / "x").read_bytes() == b"base"


trees = st.dictionaries(st.sampled_from(["a", "b", "t/x", "t/y"]), st.sampled_from(["1", "2"]))


@given(trees, trees)
def test_equal_ids_mean_equal_trees(below: dict[str, str], above: dict[str, str]) -> None:
    one = Overlay(MemorySnapshot.of(below), MemorySnapshot.of(above), is_test)
    other = Overlay(MemorySnapshot.of({**below, "t/z": "9"}), MemorySnapshot.of({**above, "c": "9"}), is_test)
    assert one.id == other.id
    more = Overlay(MemorySnapshot.of({**below, "c": "9"}), MemorySnapshot.of(above), is_test)
    assert one.id != more.id
    assert {p: one.read(p) for p in one.entries} == {
        p: c.encode()
        for p, c in [*(i for i in below.items() if not is_test(i[0])), *(i for i in above.items() if is_test(i[0]))]
    }
