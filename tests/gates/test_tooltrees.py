from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from gates.change import MemorySnapshot
from gates.gate import Context, CouldNotJudgeError
from gates.interpreter import Interpreter
from gates.sandbox.bubblewrap import Bubblewrap
from gates.tooltrees import MAX_SOURCE_BYTES, environment, python_digest, show, unfit
from gates.workspace import Workspace


@pytest.fixture
def context() -> Iterator[Context]:
    with Workspace() as workspace:
        yield Context(workspace, Interpreter.own(), Interpreter.own(), Bubblewrap())


def snapshots(count: int) -> list[MemorySnapshot]:
    return [MemorySnapshot.of({"a.py": str(n)}) for n in range(count)]


def test_few_trees_are_shown_apart_and_many_together(context: Context) -> None:
    few = show(context, [*snapshots(3), *snapshots(2)])
    assert len(few.mounts) == 3
    assert sorted(few.paths.values()) == [m.target for m in few.mounts]
    many = show(context, snapshots(100))
    assert len(many.mounts) == 1
    assert len(set(many.paths.values())) == 100
    for snapshot in snapshots(100):
        inside = many.paths[snapshot.id].removeprefix(many.mounts[0].target)
        assert (many.mounts[0].source / inside[1:] / "a.py").read_text() == snapshot.read("a.py").decode()


def test_trees_that_must_be_alone_are(context: Context) -> None:
    context.workspace.tree(MemorySnapshot.of({"head.py": ""}))
    alone = show(context, snapshots(100), alone=True)
    assert {m.source for m in alone.mounts} == {context.workspace.tree(s) for s in snapshots(100)}


def test_without_a_sandbox_there_is_nowhere_to_show_them(context: Context) -> None:
    with pytest.raises(CouldNotJudgeError):
        show(replace(context, sandbox=None), snapshots(1))


def test_the_digest_is_of_what_python_tools_read() -> None:
    tree = {"a.py": "1", "b.txt": "2", "c.pyi": "3"}
    digest = python_digest(MemorySnapshot.of(tree))
    assert digest == python_digest(MemorySnapshot.of({**tree, "b.txt": "4"}))
    assert digest != python_digest(MemorySnapshot.of({**tree, "a.py": "4"}))
    assert digest != python_digest(MemorySnapshot.of({**tree, "d.py": ""}))
    assert digest != python_digest(MemorySnapshot.of({"a.py": "1", "c.pyi": "3", "py.typed": ""}))


def test_the_environment_names_versions(context: Context) -> None:
    versions, interpreters = environment(context, ["pylint"])
    assert versions[0][0].isdigit()
    assert any("pylint" in name for name in interpreters[0][2])


def test_files_that_tools_cannot_take_are_named_with_the_remedy() -> None:
    tree = MemorySnapshot.of({"a.py": "", "large.py": b"#" * (MAX_SOURCE_BYTES + 1), ".git/a.py": ""})
    assert unfit(tree, "a.py", "pylint") is None
    assert "split it" in (unfit(tree, "large.py", "pylint") or "")
    assert "git" in (unfit(tree, ".git/a.py", "pylint") or "")
    assert "no file" in (unfit(tree, "gone.py", "pylint") or "")
