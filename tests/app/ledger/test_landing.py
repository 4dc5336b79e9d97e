"""Whose the lines of a merge are, in real repositories: merged, squashed, rebased, pushed by hand."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app.git import GitError
from app.ledger.attribution import UNDECLARED, LineRow, Origin
from app.ledger.landing import Landing, landed_on, read_landing
from app.provenance.commit import PullText
from app.provenance.types import Status
from tests.app.provenance.test_read import attach, note
from tests.conftest import Repo

CODEX = "\n\nCo-authored-by: Codex <noreply@openai.com>\n"
TRAILER = "\n\nCo-authored-by: Claude Opus 4.8 <noreply@anthropic.com>\n"
CLAUDE = Origin(Status.AI_DECLARED, "Claude Code", "anthropic", "Claude Opus 4.8")
CURSOR = Origin(Status.AI_DECLARED, "Cursor", "openai", "gpt-5.5")
PERSON = Origin(Status.HUMAN_ATTESTED)
BASE = {"a.py": "1\n2\n3\n4\n5\n"}


class Pull:
    """A branch with one commit of a tool's and one of nobody's, on a base that can move on."""

    def __init__(self, repo: Repo) -> None:
        self.repo = repo
        self.base = repo.commit(BASE, "Base")
        repo.branch("topic")
        repo.commit({"a.py": "1\n2\nai\n3\n4\n5\n", "new.py": "x\ny\n"}, "Add by tool" + TRAILER)
        self.head = repo.commit({"a.py": "1\n2\nai\n3\n4\n5\nhand\n"}, "Add by hand")
        repo.git("checkout", "--quiet", "main")

    def move_base(self) -> None:
        self.repo.commit({"a.py": "0\n0\n1\n2\n3\n4\n5\n", "other.py": "z\n"}, "Meanwhile" + CODEX)

    def land(self, *args: str, message: str = "Land it (#1)") -> str:
        self.repo.git("merge", "--quiet", *args, "topic")
        if "--squash" in args:
            self.repo.git("commit", "--quiet", f"--message={message}")
        return self.repo.git("rev-parse", "HEAD")

    def read(self, merge: str, pull: PullText | None = None) -> Landing:
        return read_landing(self.repo.path, self.base, self.head, merge, pull)


@pytest.fixture
def pull(repo: Repo) -> Pull:
    return Pull(repo)


UNMOVED = [LineRow("a.py", 3, 3, CLAUDE), LineRow("a.py", 7, 7, UNDECLARED), LineRow("new.py", 1, 2, CLAUDE)]
MOVED = [LineRow("a.py", 5, 5, CLAUDE), LineRow("a.py", 9, 9, UNDECLARED), LineRow("new.py", 1, 2, CLAUDE)]


@pytest.mark.parametrize(("args", "method"), [(["--no-ff", "--no-edit"], "merge"), (["--squash"], "squash")])
@pytest.mark.parametrize("moved", [False, True])
def test_merged_and_squashed(pull: Pull, args: list[str], method: str, moved: bool) -> None:
    if moved:
        pull.move_base()
    found = pull.read(pull.land(*args))
    assert found.method == method
    assert list(found.lines) == (MOVED if moved else UNMOVED)
    assert found.provenance.sum.status is Status.MIXED
    assert found.remarks == ()


def test_rebased_onto_a_base_that_moved(pull: Pull) -> None:
    pull.move_base()
    pull.repo.git("checkout", "--quiet", "topic", "-B", "rebased")
    pull.repo.git("rebase", "--quiet", "main")
    found = pull.read(pull.repo.git("rev-parse", "HEAD"))
    assert found.method == "rebase"
    assert list(found.lines) == MOVED


def test_pushed_by_hand_as_it_was(pull: Pull) -> None:
    found = pull.read(pull.land("--ff-only"))
    assert found.method == "rebase"
    assert list(found.lines) == UNMOVED


def test_a_squash_with_all_trailers_in_its_message_declares_no_more_lines(pull: Pull) -> None:
    found = pull.read(pull.land("--squash", message="Land it (#1)" + TRAILER))
    assert list(found.lines) == UNMOVED


def test_the_base_merged_into_the_branch_is_not_the_branchs_work(pull: Pull) -> None:
    pull.move_base()
    pull.repo.git("checkout", "--quiet", "topic")
    pull.repo.git("merge", "--quiet", "--no-edit", "main")
    pull.head = pull.repo.git("rev-parse", "HEAD")
    pull.repo.git("checkout", "--quiet", "main")
    found = pull.read(pull.land("--squash"))
    assert list(found.lines) == MOVED
    assert found.method == "squash"
    assert found.provenance.sum.harnesses == ("Claude Code",)


def test_a_strong_sign_of_the_pull_request_covers_what_is_not_spoken_of(pull: Pull) -> None:
    body = "*PR created automatically by Jules for task [123](https://jules.google.com/task/123)*"
    found = pull.read(pull.land("--squash"), PullText(body))
    jules = Origin(Status.AI_DECLARED, "Jules", "google")
    assert list(found.lines) == [
        LineRow("a.py", 3, 3, CLAUDE),
        LineRow("a.py", 7, 7, jules),
        LineRow("new.py", 1, 2, CLAUDE),
    ]


def test_a_weak_sign_of_the_pull_request_covers_nothing(pull: Pull) -> None:
    found = pull.read(pull.land("--squash"), PullText(branch="codex/fix"))
    assert list(found.lines) == UNMOVED


def test_a_weak_sign_that_a_commit_bears_out_covers_that_commit_only(repo: Repo) -> None:
    base = repo.commit(BASE, "Base")
    repo.branch("topic")
    repo.commit({"b.py": "1\n"}, "By tool" + CODEX)
    head = repo.commit({"b.py": "1\n2\n"}, "By hand")
    repo.git("checkout", "--quiet", "main")
    repo.git("merge", "--quiet", "--squash", "topic")
    found = read_landing(repo.path, base, head, repo.commit({}, "Land it"), PullText(branch="codex/fix"))
    assert "branch" in {signal.field for signal in found.provenance.sum.signals}
    codex = Origin(Status.AI_DECLARED, "Codex", "openai")
    assert list(found.lines) == [LineRow("b.py", 1, 1, codex), LineRow("b.py", 2, 2, UNDECLARED)]


@pytest.mark.parametrize(("branch", "origin"), [("fix", PERSON), ("codex/fix", UNDECLARED)])
def test_a_sign_off_is_no_attestation_where_the_branch_leaves_doubt(repo: Repo, branch: str, origin: Origin) -> None:
    base = repo.commit(BASE, "Base")
    repo.branch("topic")
    head = repo.commit({"b.py": "1\n"}, "By hand\n\nSigned-off-by: Ada Moreau <ada@example.org>\n")
    repo.git("checkout", "--quiet", "main")
    repo.git("merge", "--quiet", "--squash", "topic")
    merge = repo.commit({}, "Land it")
    found = read_landing(repo.path, base, head, merge, PullText(branch=branch), accepted_signoffs=True)
    assert list(found.lines) == [LineRow("b.py", 1, 1, origin)]


def test_notes_speak_for_their_lines_alone(repo: Repo) -> None:
    base = repo.commit(BASE, "Base")
    repo.branch("topic")
    first = repo.commit({"n.py": "1\n2\n3\n4\n"}, "Noted")
    attach(repo, first, note("n.py", lines="2-3"))
    second = repo.commit({"n.py": "0\n1\n2\n3\n4\n5\n6\n"}, "Attested")
    attach(repo, second, note("n.py", "h_31dce776f88375", "1,6-7"))
    repo.git("checkout", "--quiet", "main")
    repo.git("merge", "--quiet", "--squash", "topic")
    merge = repo.commit({}, "Land it")
    found = read_landing(repo.path, base, second, merge)
    assert list(found.lines) == [
        LineRow("n.py", 1, 1, PERSON),
        LineRow("n.py", 2, 2, UNDECLARED),
        LineRow("n.py", 3, 4, CURSOR),
        LineRow("n.py", 5, 5, UNDECLARED),
        LineRow("n.py", 6, 7, PERSON),
    ]


def test_a_file_that_was_only_renamed_brings_no_lines(repo: Repo) -> None:
    lines = "".join(f"{n}\n" for n in range(30))
    base = repo.commit({"old.py": lines}, "Base")
    repo.branch("topic")
    repo.git("mv", "old.py", "new.py")
    head = repo.commit({"new.py": lines + "more\n"}, "Rename" + TRAILER)
    repo.git("checkout", "--quiet", "main")
    repo.git("merge", "--quiet", "--squash", "topic")
    found = read_landing(repo.path, base, head, repo.commit({}, "Land it"))
    assert list(found.lines) == [LineRow("new.py", 31, 31, CLAUDE)]


def test_a_file_that_the_base_renamed_meanwhile(repo: Repo) -> None:
    lines = [f"{n}\n" for n in range(30)]
    base = repo.commit({"old.py": "".join(lines)}, "Base")
    repo.branch("topic")
    head = repo.commit({"old.py": "".join([*lines, "more\n"])}, "Add" + TRAILER)
    repo.git("checkout", "--quiet", "main")
    repo.git("mv", "old.py", "new.py")
    repo.commit({}, "Rename")
    repo.git("merge", "--quiet", "--squash", "topic")
    found = read_landing(repo.path, base, head, repo.commit({}, "Land it"))
    assert list(found.lines) == [LineRow("new.py", 31, 31, CLAUDE)]


def test_lines_made_while_merging_are_undeclared(pull: Pull) -> None:
    pull.repo.git("merge", "--quiet", "--no-ff", "--no-commit", "topic")
    (pull.repo.path / "a.py").write_text("1\n2\nai\nevil\n3\n4\n5\nhand\n")
    (pull.repo.path / "made.py").write_text("m\n")
    found = pull.read(pull.repo.commit({}, "Merge"))
    assert list(found.lines) == [
        LineRow("a.py", 3, 3, CLAUDE),
        LineRow("a.py", 4, 4, UNDECLARED),
        LineRow("a.py", 8, 8, UNDECLARED),
        LineRow("made.py", 1, 1, UNDECLARED),
        LineRow("new.py", 1, 2, CLAUDE),
    ]


def test_a_list_of_commits_that_blame_is_to_ignore_hides_nothing(repo: Repo) -> None:
    base = repo.commit(BASE, "Base")
    repo.branch("topic")
    head = repo.commit({"a.py": "1\n2 of the tool\n3\n4\n5\n"}, "Rewrite" + TRAILER)
    (repo.path / "ignored").write_text(f"{head}\n")
    repo.git("config", "blame.ignoreRevsFile", str(repo.path / "ignored"))
    repo.git("checkout", "--quiet", "main")
    repo.git("merge", "--quiet", "--squash", "topic")
    repo.git("commit", "--quiet", "--message=Land it")
    found = read_landing(repo.path, base, head, repo.git("rev-parse", "HEAD"))
    assert list(found.lines) == [LineRow("a.py", 2, 2, CLAUDE)]


@pytest.mark.parametrize("name", ['we"ird.py', "tab\there.py", "new\nline.py", "ünï.py", " lead.py", "back\\slash.py"])
def test_odd_names(repo: Repo, name: str) -> None:
    base = repo.commit({name: "1\n", **BASE}, "Base")
    repo.branch("topic")
    head = repo.commit({name: "1\n2\n"}, "Add" + TRAILER)
    repo.git("checkout", "--quiet", "main")
    repo.git("merge", "--quiet", "--squash", "topic")
    found = read_landing(repo.path, base, head, repo.commit({}, "Land it"))
    assert list(found.lines) == [LineRow(name, 2, 2, CLAUDE)]


def test_a_change_cannot_hide_its_lines_by_attributes(repo: Repo) -> None:
    base = repo.commit(BASE, "Base")
    repo.branch("topic")
    head = repo.commit({".gitattributes": "*.py -diff binary\n", "n.py": "1\n"}, "Add" + TRAILER)
    repo.git("checkout", "--quiet", "main")
    repo.git("merge", "--quiet", "--squash", "topic")
    found = read_landing(repo.path, base, head, repo.commit({}, "Land it"))
    assert [row.path for row in found.lines] == [".gitattributes", "n.py"]


def test_binary_files_links_and_modules_have_no_lines(repo: Repo) -> None:
    base = repo.commit(BASE, "Base")
    repo.branch("topic")
    (repo.path / "link").symlink_to("a.py")
    head = repo.commit({"b.bin": b"\0\1\n\2\n", "t.py": "1\n"}, "Add" + TRAILER)
    repo.git("checkout", "--quiet", "main")
    repo.git("merge", "--quiet", "--squash", "topic")
    found = read_landing(repo.path, base, head, repo.commit({}, "Land it"))
    assert [row.path for row in found.lines] == ["t.py"]


def test_a_clone_without_the_contents_says_so(pull: Pull, tmp_path: Path) -> None:
    """A file that the commits in between had cannot be traced: its lines have what the whole declares."""
    merge = pull.land("--squash")
    middle = pull.repo.git("rev-parse", f"{pull.head}^:a.py")
    clone = tmp_path / "clone"
    shutil.copytree(pull.repo.path, clone)
    (clone / ".git" / "objects" / middle[:2] / middle[2:]).unlink()
    found = read_landing(clone, pull.base, pull.head, merge)
    assert any("'a.py' could not be traced" in remark for remark in found.remarks)
    told = [(row.path, row.first, row.last, row.origin.status.value) for row in found.lines]
    assert told == [("a.py", 3, 3, "mixed"), ("a.py", 7, 7, "mixed"), ("new.py", 1, 2, "ai-declared")]
    assert [(file.path, file.lines) for file in found.files] == [("a.py", 7), ("new.py", 2)]


def test_a_clone_without_the_contents_of_what_it_landed_on_has_no_lines(pull: Pull, tmp_path: Path) -> None:
    pull.move_base()
    onto = pull.repo.git("rev-parse", "main")
    merge = pull.land("--squash")
    lost = pull.repo.git("rev-parse", f"{onto}:a.py")
    clone = tmp_path / "clone"
    shutil.copytree(pull.repo.path, clone)
    (clone / ".git" / "objects" / lost[:2] / lost[2:]).unlink()
    assert landed_on(clone, pull.base, pull.head, merge) == onto
    found = read_landing(clone, pull.base, pull.head, merge)
    assert found.lines == ()
    assert any("could not be read" in remark for remark in found.remarks)
    assert (found.method, found.provenance.sum.status) == ("squash", Status.MIXED)


def test_what_it_landed_on(pull: Pull) -> None:
    pull.move_base()
    onto = pull.repo.git("rev-parse", "main")
    pull.repo.git("checkout", "--quiet", "topic", "-B", "rebased")
    pull.repo.git("rebase", "--quiet", "main")
    rebased = pull.repo.git("rev-parse", "HEAD")
    pull.repo.git("checkout", "--quiet", "main")
    merged = pull.land("--no-ff", "--no-edit")
    assert {landed_on(pull.repo.path, pull.base, pull.head, merge) for merge in (rebased, merged)} == {onto}
    assert landed_on(pull.repo.path, pull.base, pull.head, pull.head) == pull.base


def contents(repo: Repo, commit: str, path: str) -> list[bytes]:
    return repo.git("show", f"{commit}:{path}").encode().splitlines() if commit else []


def test_the_contents_that_files_are_left_with(pull: Pull) -> None:
    """By git's ids, whatever the merge did; and each line that was there before is found where it was."""
    pull.repo.git("checkout", "--quiet", "topic")
    files = {"end.py": "1\n2", "empty.py": "", "bin": "\0", "a.py": "1\n2\nai\n3\n5\nhand"}
    pull.head = pull.repo.commit(files, "More")
    pull.repo.git("checkout", "--quiet", "main")
    pull.move_base()
    onto = pull.repo.git("rev-parse", "HEAD")
    pull.repo.git("merge", "--quiet", "--no-ff", "--no-commit", "topic")
    pull.repo.git("rm", "--quiet", "other.py")
    (pull.repo.path / "new.py").write_text("x\ninserted\ny\n")
    merge = pull.repo.commit({"made.py": "m\nm\n"}, "Merge")
    found = pull.read(merge)
    new = {path: pull.repo.git("rev-parse", f"{merge}:{path}") for path in ("empty.py", "end.py", "made.py", "new.py")}
    assert [(f.path, f.blob, f.lines, f.before, f.kept) for f in found.files if f.path != "a.py"] == [
        (path, blob, lines, None, ()) for (path, blob), lines in zip(new.items(), (0, 2, 2, 3), strict=True)
    ]
    (file,) = (file for file in found.files if file.path == "a.py")
    assert (file.blob, file.lines) == (pull.repo.git("rev-parse", f"{merge}:a.py"), 8)
    assert file.before == pull.repo.git("rev-parse", f"{onto}:a.py")
    old, now = contents(pull.repo, onto, "a.py"), contents(pull.repo, merge, "a.py")
    assert file.kept == ((1, 4, 0), (6, 6, 1), (7, 7, 0))
    for first, last, shift in file.kept:
        assert now[first - 1 : last] == old[first - 1 - shift : last - shift]


def test_what_only_went_or_moved_leaves_contents_too(repo: Repo) -> None:
    lines = [f"{n}\n" for n in range(30)]
    base = repo.commit({"a.py": "".join(lines), "b.py": "".join(lines[:20]), "c.py": "x\n"}, "Base")
    repo.branch("topic")
    repo.git("mv", "a.py", "moved.py")
    repo.git("mv", "c.py", "same.py")
    head = repo.commit({"moved.py": "".join(lines[1:]), "b.py": "".join(lines[5:20])}, "Take lines out" + TRAILER)
    repo.git("checkout", "--quiet", "main")
    repo.git("merge", "--quiet", "--squash", "topic")
    found = read_landing(repo.path, base, head, repo.commit({}, "Land it"))
    assert found.lines == ()
    assert [(file.path, file.lines, file.before, file.kept) for file in found.files] == [
        ("b.py", 15, repo.git("rev-parse", f"{base}:b.py"), ((1, 15, -5),)),
        ("moved.py", 29, repo.git("rev-parse", f"{base}:a.py"), ((1, 29, -1),)),
    ]


def test_a_commit_that_is_missing_is_an_error(pull: Pull) -> None:
    with pytest.raises(GitError):
        read_landing(pull.repo.path, pull.base, pull.head, "f" * 40)


def test_a_bare_clone_is_enough(pull: Pull, tmp_path: Path) -> None:
    merge = pull.land("--no-ff", "--no-edit")
    pull.repo.git("clone", "--quiet", "--bare", str(pull.repo.path), str(tmp_path / "bare.git"))
    found = read_landing(tmp_path / "bare.git", pull.base, pull.head, merge)
    assert list(found.lines) == UNMOVED
