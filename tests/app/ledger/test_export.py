"""What leaves the ledger, and that our own readers read it back."""

from __future__ import annotations

import io
import json
import re
import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.git import git
from app.ledger.attribution import UNDECLARED, LineRow, Origin
from app.ledger.contents import FileRow
from app.ledger.errors import LedgerError
from app.ledger.export import parquet as parquet_module
from app.ledger.export import rows as rows_module
from app.ledger.export.agent_trace import agent_trace
from app.ledger.export.git_ai import REF, git_ai_notes, note
from app.ledger.export.jsonl import jsonl
from app.ledger.export.parquet import parquet
from app.ledger.export.rows import Filters, Row
from app.ledger.landing import read_landing
from app.ledger.ledger import Ledger
from app.ledger.words import Reviewers
from app.provenance.agent_trace import parse_traces
from app.provenance.commit import Added
from app.provenance.detector import detect_commit
from app.provenance.git_ai import parse_note
from app.provenance.lines import Claim, Contributor, Split, split_added
from app.provenance.read import read_history
from app.provenance.types import Status
from tests.app.ledger.build import ACCEPTING, HEAD, MERGED, NAME, REJECTING, REPOSITORY, add_merge, add_review
from tests.app.ledger.conftest import Clock
from tests.conftest import Repo

OPUS = Origin(Status.AI_DECLARED, "Claude Code", "anthropic", "Claude Opus 4.8")
GPT = Origin(Status.AI_DECLARED, "Codex", "openai", "gpt-5.5")
BOTH = Origin(Status.MIXED, "Claude Code", "anthropic", "Claude Opus 4.8")
PERSON = Origin(Status.HUMAN_ATTESTED)
LINES = [
    LineRow("src/a.py", 1, 4, OPUS),
    LineRow("src/a.py", 5, 5, UNDECLARED),
    LineRow("src/a.py", 6, 9, GPT),
    LineRow("src/a.py", 12, 14, OPUS),
    LineRow("src/b c.py", 2, 3, PERSON),
    LineRow("src/b c.py", 4, 4, BOTH),
]


@pytest.fixture
def filled(ledger: Ledger) -> Ledger:
    add_review(ledger)
    add_merge(ledger, LINES, files=[FileRow("src/a.py", "d" * 40, 20, None)])
    return ledger


def exported(ledger: Ledger, **filters: Any) -> list[Row]:
    return list(ledger.export([REPOSITORY], Filters(**filters)))


def test_a_row_for_each_run_of_lines_with_what_is_known(filled: Ledger, clock: Clock) -> None:
    rows = exported(filled)
    assert [(r.path, r.first, r.last, r.status, r.harness, r.model_family, r.model) for r in rows] == [
        (one.path, one.first, one.last, one.origin.status.value, *_tool(one.origin)) for one in LINES
    ]
    first = rows[0]
    assert (first.repository_id, first.repository, first.number) == (REPOSITORY, NAME, 1)
    assert (first.merge_sha, first.head, first.merged, first.method) == (MERGED, HEAD, clock.now, "squash")
    assert (first.change_status, first.gates_passed, first.reviewers) == ("ai-declared", True, "none")
    assert (first.policy_hash, first.rules, first.gate_versions) == ("sha256:" + "ab" * 32, "2026.1", {"compile": "1"})
    assert first.verdicts == {"compile": "accept"}
    assert {(row.path, row.blob, row.blob_lines) for row in rows} == {
        ("src/a.py", "d" * 40, 20),
        ("src/b c.py", None, None),
    }


def test_a_merge_brings_the_contents_that_it_left(filled: Ledger) -> None:
    files = [
        FileRow("src/a.py", "d" * 40, 20, "c" * 40, ((5, 5, 4), (10, 20, -1))),
        FileRow("gone\0", "e" * 40, 0, None),
    ]
    add_merge(filled, number=2, files=files)
    first, second = filled.merged([REPOSITORY])
    assert [file.path for file in first.files] == ["src/a.py"]
    assert (len(first.rows), len(second.rows)) == (len(LINES), 1)
    assert [(f.path, f.blob, f.lines, f.before, tuple(f.kept)) for f in second.files] == [
        ("src/a.py", "d" * 40, 20, "c" * 40, ((5, 5, 4), (10, 20, -1))),
        ("gone\\x00", "e" * 40, 0, None, ()),
    ]


def test_verdicts_are_those_of_the_head_that_went_in(ledger: Ledger) -> None:
    add_review(ledger, ACCEPTING, REJECTING)
    add_review(ledger, ACCEPTING, head="e" * 40)
    add_merge(ledger, LINES[:1])
    add_merge(ledger, LINES[:1], number=2)
    assert [row.verdicts for row in exported(ledger)] == [{"compile": "accept", "tampering": "reject"}, None]


def test_an_override_of_another_repositorys_pull_request_of_that_number_does_not_count(filled: Ledger) -> None:
    said = {"number": 1, "actor": "ada", "kind": "provenance", "head": HEAD, "value": "human"}
    filled.override(**said, repository_id=REPOSITORY + 1, reason="Of mine.")
    add_merge(filled, LINES[:1], repository_id=REPOSITORY + 1, repository="octo/other")
    told = list(filled.export([REPOSITORY, REPOSITORY + 1]))
    assert [row.status for row in told] == [*(one.origin.status.value for one in LINES), "human-attested"]


def _tool(origin: Origin) -> tuple[str | None, ...]:
    return origin.harness, origin.model_family, origin.model


def test_the_filters_narrow(ledger: Ledger, clock: Clock) -> None:
    for number, (verdict, reviewers) in enumerate(
        [(ACCEPTING, "none"), (REJECTING, "independent"), (ACCEPTING, "self")], start=1
    ):
        add_review(ledger, verdict, number=number)
        add_merge(ledger, LINES[:2], number=number, merge_sha=f"{number:040x}", reviewers=reviewers)
        clock.move(days=1)

    def told(**filters: Any) -> list[tuple[int, str]]:
        return [(row.number, row.status) for row in exported(ledger, **filters)]

    both = ["ai-declared", "undeclared"]
    assert told() == [(n, status) for n in (1, 2, 3) for status in both]
    assert told(gates_passed=True) == [(n, status) for n in (1, 3) for status in both]
    assert told(provenance=frozenset({"undeclared"})) == [(1, "undeclared"), (2, "undeclared"), (3, "undeclared")]
    assert told(provenance=frozenset(both), number=2) == [(2, status) for status in both]
    assert told(reviewers=Reviewers.INDEPENDENT) == [(2, status) for status in both]
    assert told(reviewers=Reviewers.SELF) == [(3, status) for status in both]
    assert told(since=clock.now - timedelta(days=2)) == [(n, status) for n in (2, 3) for status in both]
    assert told(since=clock.now) == []
    assert told(until=clock.now - timedelta(days=2)) == [(1, status) for status in both]
    assert list(ledger.export([REPOSITORY + 1])) == []


def test_an_override_counts_and_what_was_declared_stays(filled: Ledger) -> None:
    said = {"repository_id": REPOSITORY, "number": 1, "actor": "ada", "kind": "provenance"}
    filled.override(**said, head=HEAD, value="ai", reason="All of it.")
    assert {row.status for row in exported(filled)} == {"ai-declared"}
    assert [row.declared for row in exported(filled)] == [one.origin.status.value for one in LINES]
    assert len(exported(filled, provenance=frozenset({"undeclared"}))) == 0
    filled.override(**said, head=HEAD, value="human", reason="Typed by me after all.")
    assert {(row.status, row.harness) for row in exported(filled)} == {("human-attested", None)}
    assert len(filled.merge_lines(1)) == len(LINES)


def test_a_merge_without_known_lines_is_one_row(ledger: Ledger) -> None:
    add_review(ledger)
    add_merge(ledger)
    (row,) = exported(ledger)
    assert (row.path, row.first, row.last, row.lines) == (None, None, None, 0)
    assert (row.status, row.harness, row.model_family) == ("ai-declared", "Claude Code", "anthropic")
    assert list(agent_trace([row])) == []
    assert list(git_ai_notes([row])) == [b""]


def test_batches_leave_nothing_out(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_module, "_BATCH", 2)
    for number in range(1, 6):
        add_merge(ledger, LINES[:1], number=number)
    assert [row.number for row in exported(ledger)] == [1, 2, 3, 4, 5]


def test_json_lines(filled: Ledger) -> None:
    told = [json.loads(line) for line in jsonl(exported(filled))]
    assert [(one["path"], one["first"], one["status"]) for one in told] == [
        (line.path, line.first, line.origin.status.value) for line in LINES
    ]
    assert told[0]["merged"] == "2026-08-01T12:00:00Z"
    assert told[0]["gate_versions"] == {"compile": "1"}
    assert set(told[0]) == set(Row.__slots__)


def test_parquet_holds_the_same(filled: Ledger) -> None:
    files = pytest.importorskip("pyarrow.parquet", reason="needs pyarrow")
    rows = exported(filled)
    rows.append(replace(rows[0], gate_versions=None, gates_passed=None, policy_hash=None, verdicts=None))
    made = io.BytesIO()
    parquet(rows, made)
    table = files.read_table(io.BytesIO(made.getvalue()))
    assert table.column_names == list(Row.__slots__)
    mappings = ("gate_versions", "verdicts")
    back = [{**one, **{name: one[name] and dict(one[name]) for name in mappings}} for one in table.to_pylist()]
    assert [Row(**one) for one in back] == rows
    assert str(table.schema.field("merged").type) == "timestamp[us, tz=UTC]"


def test_parquet_of_nothing_has_the_columns(ledger: Ledger) -> None:
    files = pytest.importorskip("pyarrow.parquet", reason="needs pyarrow")
    made = io.BytesIO()
    parquet([], made)
    assert files.read_table(io.BytesIO(made.getvalue())).num_rows == 0


def test_without_pyarrow_it_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(parquet_module, "import_module", absent)
    with pytest.raises(LedgerError, match="pip install pyarrow"):
        parquet([], io.BytesIO())


def lines_of(claims: Any) -> set[tuple[str, int, Contributor, str, str]]:
    return {
        (claim.path, line, claim.contributor, claim.harness, claim.family)
        for claim in claims
        for first, last in claim.spans
        for line in range(first, last + 1)
    }


def expected_lines(*, unknown: bool) -> set[tuple[str, int, Contributor, str, str]]:
    who = {
        Status.AI_DECLARED: Contributor.AI,
        Status.MIXED: Contributor.MIXED,
        Status.HUMAN_ATTESTED: Contributor.HUMAN,
        Status.UNDECLARED: Contributor.UNKNOWN,
    }
    return {
        (one.path, line, who[one.origin.status], one.origin.harness or "unknown", one.origin.model_family or "unknown")
        for one in LINES
        for line in range(one.first, one.last + 1)
        if unknown or one.origin.status is not Status.UNDECLARED
    }


def test_agent_trace_is_read_back(filled: Ledger) -> None:
    traces = parse_traces(b"".join(agent_trace(exported(filled))))
    assert traces.problems == ()
    assert {trace.revision for trace in traces.records} == {MERGED}
    assert lines_of(claim for trace in traces.records for claim in trace.claims) == expected_lines(unknown=True)
    models = {claim.model for trace in traces.records for claim in trace.claims}
    assert models == {"anthropic/Claude Opus 4.8", "openai/gpt-5.5", None}


def test_agent_trace_records_have_one_tool_and_the_same_id_every_time(filled: Ledger) -> None:
    records = [json.loads(line) for line in agent_trace(exported(filled))]
    assert [record.get("tool", {}).get("name") for record in records] == ["Claude Code", None, "Codex"]
    assert len({record["id"] for record in records}) == 3
    assert records == [json.loads(line) for line in agent_trace(exported(filled))]
    for record in records:
        assert {"version", "id", "timestamp", "files"} <= record.keys()
        assert record.keys() <= {"version", "id", "timestamp", "vcs", "tool", "files", "metadata"}
        assert record["vcs"] == {"type": "git", "revision": MERGED}
        # The published schema: two numbers, a UUID, seconds in UTC, a tool with a version, nothing beyond.
        assert re.fullmatch(r"[0-9]+\.[0-9]+", record["version"])
        assert uuid.UUID(record["id"]).version == 5
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", record["timestamp"])
        assert set(record.get("tool", ("name", "version"))) == {"name", "version"}
        for file in record["files"]:
            assert file.keys() == {"path", "conversations"}
            for talk in file["conversations"]:
                assert talk.keys() == {"contributor", "ranges"}
                assert talk["contributor"].keys() <= {"type", "model_id"}
                assert all(span.keys() == {"start_line", "end_line"} for span in talk["ranges"])
        assert record["metadata"]["exogate"]["repository"] == NAME


def test_a_git_ai_note_is_read_back(filled: Ledger) -> None:
    text = note(MERGED, exported(filled))
    assert text is not None
    parsed = parse_note(text.encode())
    assert parsed.problems == ()
    mixed = {("src/b c.py", 4, who, *tool) for who, tool in _MIXED}
    wanted = {one for one in expected_lines(unknown=False) if one[2] is not Contributor.MIXED} | mixed
    assert lines_of(parsed.claims) == wanted
    spans = {"src/a.py": ((1, 14),), "src/b c.py": ((2, 4),)}
    added = Added({"src/a.py": 14, "src/b c.py": 3}, spans)
    assert split_added(parsed.claims, added) == Split(ai=11, human=2, mixed=1, rest=3)


_MIXED = [(Contributor.AI, ("Claude Code", "anthropic")), (Contributor.HUMAN, ("unknown", "unknown"))]


@pytest.mark.parametrize("path", ['"quoted".py', '"', " lead.py", "---", "a\tb.py", "tail ", "plain.py", "ünï.py"])
def test_odd_paths_in_a_note(filled: Ledger, path: str) -> None:
    row = replace(exported(filled)[0], path=path)
    text = note(MERGED, [row])
    assert text is not None
    parsed = parse_note(text.encode())
    assert parsed.problems == ()
    assert [claim.path for claim in parsed.claims] == [path]


def test_a_path_with_a_lines_end_has_no_note(filled: Ledger) -> None:
    row = replace(exported(filled)[0], path="a\nb.py")
    assert note(MERGED, [row]) is None
    text = note(MERGED, [row, replace(row, path="c.py")])
    assert text is not None
    assert [claim.path for claim in parse_note(text.encode()).claims] == ["c.py"]


TRAILER = "\n\nCo-authored-by: Claude Opus 4.8 <noreply@anthropic.com>\n"


def squashed(repo: Repo, ledger: Ledger) -> str:
    """Squash a branch whose trailers the squash forgets, and add it to the ledger."""
    base = repo.commit({"a.py": "1\n2\n3\n"}, "Base")
    repo.branch("topic")
    repo.commit({"a.py": "1\nai\nai\n2\n3\n", "we ird.py": "x\n"}, "By tool" + TRAILER)
    head = repo.commit({"a.py": "1\nai\nai\n2\n3\nhand\n"}, "By hand")
    repo.git("checkout", "--quiet", "main")
    repo.git("merge", "--quiet", "--squash", "topic")
    merge = repo.commit({}, "Land it (#1)")
    landing = read_landing(repo.path, base, head, merge)
    add_merge(
        ledger, landing.lines, head=head, merge_sha=merge, method=landing.method, provenance=landing.provenance.sum
    )
    return merge


def test_git_takes_the_notes_and_we_read_the_squash_as_it_was(repo: Repo, ledger: Ledger) -> None:
    merge = squashed(repo, ledger)
    for _ in range(2):  # a later export replaces an earlier one
        stream = b"".join(git_ai_notes(exported(ledger)))
        git(repo.path, "fast-import", "--quiet", "--force", stdin=stream)
    assert repo.git("for-each-ref", "--format=%(refname)", REF) == REF
    history = read_history(repo.path, merge, f"^{merge}~1")
    (commit,) = history.commits
    found = detect_commit(commit, note=history.evidence.notes[merge], added=history.evidence.added[merge])
    assert found.status is Status.AI_DECLARED
    assert (found.harnesses, found.model_families) == (("Claude Code",), ("anthropic",))
    assert found.lines == {"ai-declared": 3, "undeclared": 1}


def test_a_note_that_git_ai_wrote_itself_stays(repo: Repo, ledger: Ledger) -> None:
    merge = squashed(repo, ledger)
    repo.git("notes", "--ref=ai", "add", "-m", "theirs", merge)
    git(repo.path, "fast-import", "--quiet", "--force", stdin=b"".join(git_ai_notes(exported(ledger))))
    assert repo.git("notes", "--ref=ai", "show", merge) == "theirs"
    assert read_history(repo.path, merge, f"^{merge}~1").evidence.notes[merge].strip() == b"theirs"


def test_the_traces_of_a_squash_in_the_repository_tell_what_it_was(repo: Repo, ledger: Ledger) -> None:
    merge = squashed(repo, ledger)
    repo.commit({".agent-trace/traces.jsonl": b"".join(agent_trace(exported(ledger)))}, "Traces")
    history = read_history(repo.path, "HEAD", f"^{merge}~1")
    assert history.commits[1].sha == merge
    claims: list[Claim] = [claim for trace in history.evidence.traces.records for claim in trace.claims]
    assert split_added(claims, history.evidence.added[merge]) == Split(ai=3, rest=1)
