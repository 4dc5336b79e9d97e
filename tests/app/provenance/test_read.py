"""Reading real repositories."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.git import GitError, git
from app.provenance import read
from app.provenance.commit import PullText
from app.provenance.detector import detect_change
from app.provenance.patch import added_spans
from app.provenance.read import parse_date, read_history
from app.provenance.types import Status
from tests.conftest import Repo


def note(path: str, key: str = "s_c9883b05a2487d::t_9f8e7d6c5b4a32", lines: str = "1-2") -> str:
    metadata = {
        "schema_version": "authorship/3.0.0",
        "base_commit_sha": "0" * 40,
        "prompts": {},
        "humans": {"h_31dce776f88375": {"author": "Ada Moreau <ada@example.org>"}},
        "sessions": {"s_c9883b05a2487d": {"agent_id": {"tool": "cursor", "id": "1", "model": "gpt-5.5"}}},
    }
    return f"{path}\n  {key} {lines}\n---\n{json.dumps(metadata)}"


def attach(repo: Repo, commit: str, text: str, ref: str = "ai") -> None:
    repo.git("notes", f"--ref={ref}", "add", "--allow-empty", "-F", "-", commit, stdin=text.encode())


def test_commits_newest_first_with_their_lines(repo: Repo) -> None:
    first = repo.commit({"a.py": "1\n2\n", "b.bin": b"\0\1"}, "First\n\nBody.\n")
    second = repo.commit({"a.py": "1\n3\n4\n"}, "Second")
    history = read_history(repo.path)
    assert [commit.sha for commit in history.commits] == [second, first]
    assert history.commits[1].message == "First\n\nBody.\n"
    assert history.commits[0].parents == (first,)
    assert {sha: added.total for sha, added in history.evidence.added.items()} == {first: 2, second: 2}
    assert history.evidence.remarks == ()


def test_a_range_and_a_bare_clone(repo: Repo, tmp_path: Path) -> None:
    repo.commit({"a.py": "1\n"})
    repo.branch("topic")
    tip = repo.commit({"b.py": "1\n"}, "Topic\n\nCo-authored-by: Claude <noreply@anthropic.com>\n")
    repo.git("clone", "--quiet", "--bare", str(repo.path), str(tmp_path / "bare.git"))
    history = read_history(tmp_path / "bare.git", "main..topic")
    assert [commit.sha for commit in history.commits] == [tip]
    assert detect_change(history.commits, None, history.evidence).sum.lines == {"ai-declared": 1}


def test_an_empty_range_is_empty(repo: Repo) -> None:
    repo.commit({"a.py": "1\n"})
    history = read_history(repo.path, "main..main")
    assert history.commits == ()
    assert detect_change(history.commits, PullText(), history.evidence).sum.status is Status.UNDECLARED


@pytest.mark.parametrize("revision", ["nowhere", "--output=stolen", "-p", "a.py"])
def test_what_is_no_revision_is_refused(repo: Repo, revision: str) -> None:
    repo.commit({"a.py": "1\n"})
    with pytest.raises(GitError):
        read_history(repo.path, revision)
    assert not list(repo.path.glob("*stolen*"))


def test_an_empty_repository_is_refused(repo: Repo) -> None:
    with pytest.raises(GitError):
        read_history(repo.path)


def test_names_are_those_of_the_commit_not_of_a_mailmap(repo: Repo) -> None:
    repo.commit({".mailmap": "Claude <noreply@anthropic.com> <ada@example.org>\n"})
    repo.git("config", "log.mailmap", "true")
    (commit,) = read_history(repo.path).commits
    assert (commit.author_name, commit.author_email) == ("Ada Moreau", "ada@example.org")


def test_messages_in_other_encodings_and_with_odd_bytes(repo: Repo) -> None:
    repo.git("config", "i18n.commitEncoding", "ISO-8859-1")
    repo.write({"a.py": "1\n"})
    repo.git("add", "--all")
    repo.git("commit", "--quiet", "--file=-", stdin="Grüße\n\nSigned-off-by: É <e@x>\n".encode("latin-1"))
    repo.git("config", "i18n.commitEncoding", "UTF-8")
    tree = repo.git("rev-parse", "HEAD^{tree}")
    header = b"tree %b\nauthor \xff <x@\xfe> 1 +0000\ncommitter c <c@c> 99999999999999 -9999\n\n" % tree.encode()
    raw = header + b"\xff\x01\x1b[31m\r\n\nKey: \xff\n"
    odd = repo.git("hash-object", "-t", "commit", "-w", "--stdin", "--literally", stdin=raw)
    history = read_history(repo.path, "HEAD", odd)
    by_sha = {commit.sha: commit for commit in history.commits}
    assert by_sha[repo.git("rev-parse", "HEAD")].message.startswith("Grüße\n")
    assert by_sha[odd].author_name == "\ufffd"
    assert by_sha[odd].message.startswith("\ufffd\x01\x1b[31m")
    json.dumps(detect_change(history.commits, None, history.evidence).sum.as_dict()).encode()


def test_a_message_that_starts_with_empty_lines_starts_behind_them(repo: Repo) -> None:
    repo.commit({"a.py": "1\n"})
    header = f"tree {repo.git('rev-parse', 'HEAD^{tree}')}\nauthor A <a@x> 1 +0000\ncommitter A <a@x> 1 +0000\n\n"
    raw = f"{header}\n \t\r\n\nCo-authored-by: Claude <noreply@anthropic.com>\n".encode()
    sha = repo.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=raw)
    assert repo.git("log", "-1", "--format=%(trailers)", sha) == ""
    (commit,) = read_history(repo.path, sha).commits
    assert detect_change([commit]).sum.status is Status.UNDECLARED


@pytest.mark.parametrize(
    ("raw", "when"),
    [
        ("1780000000 +0200", datetime.fromtimestamp(1780000000, UTC)),
        ("-5 +0000", datetime(1969, 12, 31, 23, 59, 55, tzinfo=UTC)),
        ("1780000000 -9999", datetime.fromtimestamp(1780000000, UTC)),
        ("99999999999999999 +0000", datetime(1970, 1, 1, tzinfo=UTC)),
        ("253402300799 +0200", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("1780000000", datetime.fromtimestamp(1780000000, UTC)),
        ("", datetime(1970, 1, 1, tzinfo=UTC)),
        ("soon", datetime(1970, 1, 1, tzinfo=UTC)),
    ],
)
def test_dates(raw: str, when: datetime) -> None:
    assert parse_date(raw) == when


def test_the_offset_is_kept() -> None:
    assert parse_date("1780000000 -0330").utcoffset() == -timedelta(hours=3, minutes=30)


NAMES = [
    "plain.py",
    "with space.py",
    'quo"te.py',
    "tab\there.py",
    "new\nline.py",
    "ünï.py",
    "back\\slash.py",
    "b/a/b.py",
]


@pytest.mark.parametrize("name", NAMES)
def test_line_claims_find_any_path(repo: Repo, name: str) -> None:
    repo.commit({name: "0\n"})
    sha = repo.commit({name: "0\n1\n2\n"})
    attach(repo, sha, note(name, lines="2-3"))
    history = read_history(repo.path, "HEAD~1..HEAD")
    assert history.evidence.added[sha].spans == {name: ((2, 3),)}
    found = detect_change(history.commits, None, history.evidence).sum
    if "\n" not in name:
        assert (found.status, found.harnesses, found.models) == (Status.AI_DECLARED, ("Cursor",), ("gpt-5.5",))


def test_lines_that_look_like_a_patch_fool_nobody(repo: Repo) -> None:
    text = "++ b/evil.py\n@@ -1 +1,900 @@\n" + "a" * 40 + "\n\\ No newline at end of file\n- x"
    sha = repo.commit({"a.py": text})
    attach(repo, sha, note("a.py"))
    spans = read_history(repo.path).evidence.added[sha].spans
    assert spans == {"a.py": ((1, 5),)}


def test_the_repositorys_own_diff_settings_play_no_part(repo: Repo) -> None:
    for key, value in (
        ("diff.noprefix", "true"),
        ("diff.mnemonicPrefix", "true"),
        ("core.quotePath", "true"),
        ("diff.renames", "copies"),
        ("log.showSignature", "true"),
        ("log.showRoot", "false"),
        ("color.ui", "always"),
        ("diff.evil.textconv", "touch stolen; cat"),
        ("format.pretty", "oneline"),
        ("diff.context", "7"),
    ):
        repo.git("config", key, value)
    sha = repo.commit({"ä.py": "1\n2\n", ".gitattributes": "*.py diff=evil\n"})
    attach(repo, sha, note("ä.py"))
    history = read_history(repo.path)
    assert history.evidence.added[sha].spans == {"ä.py": ((1, 2),), ".gitattributes": ((1, 1),)}
    assert not (repo.path / "stolen").exists()


def test_spans_of_several_commits_and_a_merge(repo: Repo) -> None:
    root = repo.commit({"a.py": "1\n2\n3\n"})
    repo.branch("topic")
    side = repo.commit({"a.py": "1\n3\nx\n"})
    repo.git("checkout", "--quiet", "main")
    repo.commit({"b.py": "1\n"})
    repo.git("merge", "--quiet", "--no-edit", "topic")
    merge = repo.git("rev-parse", "HEAD")
    for sha in (root, side, merge):
        attach(repo, sha, note("a.py", lines="1-3"))
    added = read_history(repo.path).evidence.added
    assert added[root].spans == {"a.py": ((1, 3),)}
    assert added[side].spans == {"a.py": ((3, 3),)}
    assert (added[merge].total, added[merge].spans) == (0, {})


def test_notes_traces_and_references(repo: Repo) -> None:
    first = repo.commit({"a.py": "1\n2\n"})
    attach(repo, first, note("a.py", "h_31dce776f88375"))
    attach(repo, first, "a talk", "claude-conversations")
    attach(repo, first, "of no interest", "commits")
    repo.git("update-ref", f"refs/ai/authorship/{first}", first)
    repo.git("update-ref", "refs/entire/checkpoints/v1", first)
    record = {
        "version": "0.1.0",
        "id": "550e8400-e29b-41d4-a716-446655440000",
        "timestamp": "2026-08-01T00:00:00Z",
        "vcs": {"type": "git", "revision": first},
        "files": [
            {
                "path": "b.py",
                "conversations": [{"contributor": {"type": "ai"}, "ranges": [{"start_line": 1, "end_line": 1}]}],
            }
        ],
    }
    second = repo.commit({"b.py": "1\n", ".agent-trace/traces.jsonl": json.dumps(record) + "\n{\n"})
    history = read_history(repo.path)
    evidence = history.evidence
    assert set(evidence.notes) == {first}
    assert set(evidence.refs[first]) == {"refs/notes/claude-conversations", f"refs/ai/authorship/{first}"}
    assert evidence.added[second].spans == {".agent-trace/traces.jsonl": ((1, 2),), "b.py": ((1, 1),)}
    found = detect_change(history.commits, None, evidence)
    assert [one.provenance.status for one in found.commits] == [Status.AI_DECLARED, Status.HUMAN_ATTESTED]
    assert found.sum.status is Status.MIXED
    assert found.sum.lines == {"ai-declared": 1, "human-attested": 2, "undeclared": 2}
    said = {item.id for item in found.sum.ignored}
    assert said == {"agent-trace", "ref-ai-authorship", "ref-claude-conversations"}


def test_fetched_notes_speak_where_there_is_no_local_one(repo: Repo) -> None:
    first = repo.commit({"a.py": "1\n2\n"})
    second = repo.commit({"b.py": "1\n2\n"})
    attach(repo, first, note("a.py"), "ai-remote/origin")
    attach(repo, second, note("b.py"), "ai-remote/origin")
    attach(repo, second, note("b.py", "h_31dce776f88375"), "ai")
    history = read_history(repo.path)
    found = detect_change(history.commits, None, history.evidence)
    assert [one.provenance.status for one in found.commits] == [Status.HUMAN_ATTESTED, Status.AI_DECLARED]


@pytest.mark.parametrize("ref", ["refs/notes/ai", "refs/notes/claude-conversations"])
def test_a_broken_notes_reference_costs_its_notes_only(repo: Repo, ref: str) -> None:
    sha = repo.commit({"a.py": "1\n"}, "Fix\n\nCo-authored-by: Claude <noreply@anthropic.com>\n")
    repo.git("update-ref", ref, repo.git("rev-parse", "HEAD:a.py"))
    history = read_history(repo.path)
    assert [commit.sha for commit in history.commits] == [sha]
    (remark,) = history.evidence.remarks
    assert ref in remark
    assert "could not be read" in remark


def test_a_note_whose_text_is_missing_is_said(repo: Repo) -> None:
    sha = repo.commit({"a.py": "1\n"})
    attach(repo, sha, note("a.py"))
    blob = repo.git("notes", "--ref=ai", "list").split()[0]
    (repo.path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    (remark,) = read_history(repo.path).evidence.remarks
    assert remark == f"The git-ai note of {sha[:12]} is missing from this clone."


def test_a_record_too_large_to_be_one_is_left_out(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "LARGEST_RECORD", 100)
    sha = repo.commit({"a.py": "1\n", ".agent-trace/traces.jsonl": "x" * 101})
    attach(repo, sha, note("a.py"))
    evidence = read_history(repo.path).evidence
    assert (evidence.notes, evidence.traces.problems) == ({}, ())
    assert [remark.endswith("too large to be read.") for remark in evidence.remarks] == [True, True]


def test_a_folder_in_the_place_of_the_traces_is_nothing(repo: Repo) -> None:
    repo.commit({".agent-trace/traces.jsonl/x": "1\n"})
    assert read_history(repo.path).evidence.traces.problems == ()


def test_a_shallow_clone(repo: Repo, tmp_path: Path) -> None:
    for number in range(3):
        repo.commit({"a.py": f"{number}\n"}, f"Commit {number}")
    repo.git("clone", "--quiet", "--depth=2", f"file://{repo.path}", str(tmp_path / "shallow"))
    history = read_history(tmp_path / "shallow")
    assert [commit.message for commit in history.commits] == ["Commit 2\n", "Commit 1\n"]


def test_missing_contents_cost_the_counts_only(repo: Repo) -> None:
    sha = repo.commit({"a.py": "1\n"})
    blob = repo.git("rev-parse", "HEAD:a.py")
    (repo.path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    (repo.path / "a.py").unlink()
    history = read_history(repo.path)
    assert [commit.sha for commit in history.commits] == [sha]
    (remark,) = history.evidence.remarks
    assert remark.startswith("The added lines could not be counted")
    assert detect_change(history.commits, None, history.evidence).sum.lines == {}


def test_the_number_of_processes_does_not_grow(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def counting(path: Path, *args: str, stdin: bytes | None = None) -> bytes:
        calls.append(args[0])
        return git(path, *args, stdin=stdin)

    monkeypatch.setattr(read, "git", counting)
    for number in range(12):
        attach(repo, repo.commit({"a.py": "x\n" * (number + 2)}), note("a.py"))
    found = read_history(repo.path)
    assert len(found.evidence.notes) == 12
    assert len(calls) <= 8


def test_a_commits_line_alone_starts_a_commit() -> None:
    assert added_spans(b"") == {}
    assert added_spans(b"a" * 40 + b"\n") == {"a" * 40: {}}
