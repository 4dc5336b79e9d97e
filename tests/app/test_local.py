"""Changes taken from real git repositories, ordinary and hostile."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.local import SourceError, open_change
from gates.change import Change, EntryKind, Status
from gates.diff import split_lines
from gates.workspace import write_tree
from tests.conftest import Repo
from tests.gates.test_diff import rebuilt


def _change(repo: Repo, head: str = "work", base: str = "main") -> Change:
    with open_change(repo.path, base, head) as local:
        for file in local.change.present():
            local.change.head.read(file.path)
        return local.change


def _refusal(repo: Path, base: str, head: str) -> str:
    with pytest.raises(SourceError) as caught, open_change(repo, base, head):
        pass
    return str(caught.value)


def test_a_branch_is_compared_with_where_it_left_the_base(repo: Repo) -> None:
    repo.commit({"a.py": "1\n"})
    repo.branch("work")
    head = repo.commit({"b.py": "2\n"})
    repo.git("checkout", "--quiet", "main")
    tip = repo.commit({"c.py": "3\n"})
    with open_change(repo.path, "main", "work") as local:
        assert [(f.path, f.status) for f in local.change.files] == [("b.py", Status.ADDED)]
        assert (local.base_commit, local.head_commit) == (tip, head)
        assert local.merge_base not in (tip, head)
        assert "c.py" in local.policy_base.entries
        assert "c.py" not in local.change.base.entries


def test_renames_are_followed_and_their_edits_seen(repo: Repo) -> None:
    repo.commit({"old.py": "".join(f"line {n}\n" for n in range(20))})
    repo.branch("work")
    repo.commit({"old.py": None, "new.py": "".join(f"line {n}\n" for n in range(19)) + "other\n"})
    (file,) = _change(repo).files
    assert (file.status, file.old_path, file.path) == (Status.RENAMED, "old.py", "new.py")
    assert file.added_lines == {20}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.sampled_from(["a.py", "d/b.py", "c.txt"]),
        st.tuples(
            *[st.none() | st.lists(st.sampled_from([b"x", b"y", b"diff --git a/z b/z", b"@@ -1 +1 @@"]), max_size=6)]
            * 2
        ),
        min_size=1,
    )
)
def test_git_and_memory_see_the_same_changes(
    tmp_path_factory: pytest.TempPathFactory, contents: dict[str, tuple[list[bytes] | None, list[bytes] | None]]
) -> None:
    repo = Repo(tmp_path_factory.mktemp("repo"))
    repo.commit({"keep": "x", **{p: b"\n".join(c[0]) for p, c in contents.items() if c[0] is not None}})
    repo.branch("work")
    repo.commit(
        {
            p: None if c[1] is None else b"\n".join(c[1])
            for p, c in contents.items()
            if c[0] is not None or c[1] is not None
        }
    )
    try:
        with open_change(repo.path, "main", "work") as local:
            between = Change.between(local.change.base, local.change.head)
            seen = {f.path for f in local.change.files} | {f.old_path for f in local.change.files if f.old_path}
            assert seen == {f.path for f in between.files}
            for file in local.change.files:
                if file.status is Status.MODIFIED:
                    old, new = local.change.base.read(file.path), local.change.head.read(file.path)
                    assert rebuilt(old, new, file.hunks) == split_lines(new)
    except SourceError as error:
        assert "changes nothing" in str(error)


def test_attributes_of_the_change_hide_nothing(repo: Repo) -> None:
    repo.commit({"a.py": "1\n2\n", "tests/test_a.py": "x\n"})
    repo.branch("work")
    attributes = "*.py binary -diff diff=evil filter=evil\ntests export-ignore\na.py export-subst\n"
    repo.commit({".gitattributes": attributes, "a.py": "1\n$Format:%H$\n"})
    repo.git("config", "diff.evil.textconv", "sh -c 'touch evil; cat'")
    repo.git("config", "diff.evil.command", "touch evil")
    repo.git("config", "filter.evil.smudge", "touch evil")
    change = _change(repo)
    file = next(f for f in change.files if f.path == "a.py")
    assert file.added_lines == {2}
    with open_change(repo.path, "main", "work") as local:
        assert local.change.head.read("a.py") == b"1\n$Format:%H$\n"
        assert "tests/test_a.py" in local.change.head.entries
    assert not (repo.path / "evil").exists()


def test_hooks_fsmonitor_and_configuration_of_the_repository_do_not_act(repo: Repo) -> None:
    repo.commit({"a.py": "1\n"})
    repo.branch("work")
    repo.commit({"a.py": "2\n"})
    trap = repo.path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {repo.path}/evil\n")
    trap.chmod(0o755)
    for key in ("core.fsmonitor", "core.pager", "diff.external", "core.sshCommand", "pager.diff-tree"):
        repo.git("config", key, str(trap))
    hook = repo.path / ".git/hooks/post-index-change"
    hook.parent.mkdir(exist_ok=True)
    hook.write_bytes(trap.read_bytes())
    hook.chmod(0o755)
    assert _change(repo).files
    assert not (repo.path / "evil").exists()


def test_nothing_of_the_repository_is_changed(repo: Repo) -> None:
    repo.commit({"a.py": "1\n"})
    repo.branch("work")
    repo.commit({"a.py": "2\n"})

    def state() -> dict[str, tuple[int, bytes]]:
        files = (p for p in repo.path.rglob("*") if p.is_file())
        return {str(p): (p.stat().st_mtime_ns, p.read_bytes()) for p in files}

    before = state()
    _change(repo)
    assert state() == before


def test_a_bare_repository_is_as_good(repo: Repo, tmp_path: Path) -> None:
    repo.commit({"a.py": "1\n"})
    repo.branch("work")
    repo.commit({"a.py": "2\n"})
    bare = tmp_path / "bare.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", str(repo.path), str(bare)], check=True)
    with open_change(bare, "main", "work") as local:
        assert [f.path for f in local.change.files] == ["a.py"]


def test_binary_undecodable_and_large_files_are_noted(repo: Repo) -> None:
    repo.commit({"a": "x"})
    repo.branch("work")
    large = b"x = 1\n" * 9_000_000
    repo.commit({"b.bin": b"\0\1\2", "latin.py": "# caf\xe9\n".encode("latin-1"), "big.py": large})
    started = time.monotonic()
    with open_change(repo.path, "main", "work") as local:
        by_path = {f.path: f for f in local.change.files}
        assert not by_path["b.bin"].compared
        assert not by_path["big.py"].compared
        assert by_path["latin.py"].compared
        assert any("big.py" in note for note in local.notes)
        assert any("b.bin" in note for note in local.notes)
    assert time.monotonic() - started < 20


def test_paths_that_are_no_utf8_are_kept(repo: Repo) -> None:
    repo.commit({"a": "x"})
    repo.branch("work")
    name = os.fsdecode(b"caf\xe9\n.py")
    repo.commit({name: "x = 1\n"})
    (file,) = _change(repo).files
    assert file.path == name


def test_submodules_symlinks_and_lfs_pointers_are_told_apart(repo: Repo) -> None:
    first = repo.commit({"a": "x"})
    repo.branch("work")
    (repo.path / "link").symlink_to("/etc/passwd")
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{first},vendored")
    repo.write({"weights.bin": pointer})
    repo.git("add", "link", "weights.bin")
    repo.git("commit", "--quiet", "-m", "x")
    with open_change(repo.path, "main", "work") as local:
        kinds = {path: entry.kind for path, entry in local.change.head.entries.items()}
        assert kinds["link"] is EntryKind.SYMLINK
        assert kinds["vendored"] is EntryKind.SUBMODULE
        assert local.change.head.read("link") == b"/etc/passwd"
        assert {"link", "vendored"}.isdisjoint(f.path for f in local.change.present())
        assert any("vendored" in note for note in local.notes)
        assert any("LFS" in note and "weights.bin" in note for note in local.notes)


def test_three_thousand_files_take_seconds(repo: Repo, tmp_path: Path) -> None:
    repo.commit({f"d{n % 50}/f{n}.py": f"x = {n}\n" for n in range(3000)})
    repo.branch("work")
    repo.commit({f"d{n % 50}/f{n}.py": f"x = {n}\ny = 1\n" for n in range(3000)})
    started = time.monotonic()
    with open_change(repo.path, "main", "work") as local:
        assert len(local.change.files) == 3000
        assert all(f.added_lines == {2} for f in local.change.files)
        target = tmp_path / "tree"
        target.mkdir()
        assert write_tree(local.change.head, target) == []
    assert time.monotonic() - started < 20


def _crafted(repo: Repo, entries: bytes) -> str:
    tree = repo.git("hash-object", "-w", "-t", "tree", "--literally", "--stdin", stdin=entries)
    return repo.git("commit-tree", tree, "-p", "main", "-m", "crafted")


def test_a_crafted_tree_cannot_leave_its_directory(repo: Repo, tmp_path: Path) -> None:
    repo.commit({"a": "x"})
    blob = bytes.fromhex(repo.git("hash-object", "-w", "--stdin", stdin=b"owned"))
    inner = repo.git("hash-object", "-w", "-t", "tree", "--literally", "--stdin", stdin=b"100644 out\0" + blob)
    hooks = repo.git(
        "hash-object", "-w", "-t", "tree", "--literally", "--stdin", stdin=b"100755 post-checkout\0" + blob
    )
    commit = _crafted(
        repo,
        b"40000 ..\0" + bytes.fromhex(inner) + b"40000 .git\0" + bytes.fromhex(hooks) + b"100644 ok\0" + blob,
    )
    with open_change(repo.path, "main", commit) as local:
        target = tmp_path / "deep" / "tree"
        target.mkdir(parents=True)
        left_out = write_tree(local.change.head, target)
    assert sorted(left_out) == ["../out", ".git/post-checkout"]
    assert [p.name for p in (tmp_path / "deep").rglob("*")] == ["tree", "ok"]


def test_unknown_names_are_told_with_those_that_exist(repo: Repo) -> None:
    repo.commit({"a": "x"})
    message = _refusal(repo.path, "main", "nowhere")
    assert "--head" in message
    assert "'nowhere'" in message
    assert "It has: main." in message


@pytest.mark.parametrize(
    "name", ["-x", "--upload-pack=touch evil", "", "a\0b", "main..main", "HEAD:a", "^main", "@{-1}"]
)
def test_names_that_are_no_commit_are_refused(repo: Repo, name: str) -> None:
    repo.commit({"a": "x"})
    assert "--base" in _refusal(repo.path, name, "main")


def test_an_empty_change_is_said(repo: Repo) -> None:
    repo.commit({"a": "x"})
    assert "nothing to judge" in _refusal(repo.path, "main", "main")


def test_unrelated_histories_are_said(repo: Repo) -> None:
    repo.commit({"a": "x"})
    repo.git("checkout", "--quiet", "--orphan", "other")
    repo.commit({"b": "y"})
    assert "share no history" in _refusal(repo.path, "main", "other")


def test_a_shallow_clone_is_said_with_the_remedy(repo: Repo, tmp_path: Path) -> None:
    repo.commit({"a": "1"})
    repo.branch("work")
    for number in range(3):
        repo.commit({"a": f"w{number}"})
    repo.git("checkout", "--quiet", "main")
    for number in range(3):
        repo.commit({"b": f"m{number}"})
    shallow = tmp_path / "shallow"
    subprocess.run(
        ["git", "clone", "--quiet", "--depth=1", "--no-single-branch", f"file://{repo.path}", str(shallow)], check=True
    )
    message = _refusal(shallow, "main", "origin/work")
    assert "shallow" in message
    assert "fetch --unshallow" in message


def test_what_is_no_repository_is_said(tmp_path: Path) -> None:
    assert "--repo" in _refusal(tmp_path, "main", "work")
    assert "--repo" in _refusal(tmp_path / "missing", "main", "work")


def test_a_repository_without_commits_is_said(repo: Repo) -> None:
    assert "no branches" in _refusal(repo.path, "main", "work")


def test_without_git_git_is_what_is_missing(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit({"a": "1"})
    monkeypatch.setenv("PATH", "/nowhere")
    message = _refusal(repo.path, "main", "main")
    assert "Install git" in message
    assert "no git repository" not in message


@pytest.mark.parametrize("tag", [("tag", "work"), ("tag", "-a", "-m", "x", "work")])
def test_a_tag_cannot_pass_for_a_branch(repo: Repo, tag: tuple[str, ...]) -> None:
    repo.commit({"a": "1"})
    repo.branch("work")
    repo.git(*tag, "main")
    repo.commit({"a": "2"})
    message = _refusal(repo.path, "main", "work")
    assert "refs/heads/work" in message
    assert "refs/tags/work" in message
    assert _change(repo, head="refs/heads/work").files


def test_a_tag_and_a_branch_at_one_commit_are_one_name(repo: Repo) -> None:
    repo.commit({"a": "1"})
    repo.branch("work")
    repo.commit({"a": "2"})
    repo.git("tag", "-a", "-m", "x", "work")
    assert _change(repo).files


def test_of_many_names_the_nearest_are_told(repo: Repo) -> None:
    repo.commit({"a": "1"})
    for number in range(12):
        repo.git("branch", f"a{number}")
    repo.git("branch", "zebra")
    message = _refusal(repo.path, "main", "zebar")
    assert "'zebra'" in message
    assert "and 6 more" in message


def test_a_partial_clone_without_its_objects_is_said(repo: Repo, tmp_path: Path) -> None:
    repo.commit({"a.py": "1\n"})
    repo.branch("work")
    repo.commit({"a.py": "2\n"})
    repo.git("config", "uploadpack.allowFilter", "true")
    partial = tmp_path / "partial"
    subprocess.run(
        ["git", "clone", "--quiet", "--bare", "--filter=blob:none", f"file://{repo.path}", str(partial)], check=True
    )
    message = _refusal(partial, "main", "work")
    assert "fetch" in message.lower() or "partial" in message.lower()
