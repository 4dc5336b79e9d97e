"""git-ai notes and Agent Trace records: parsing, tolerance, and what they make of a commit."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.provenance.agent_trace import parse_traces
from app.provenance.commit import Added
from app.provenance.detector import Evidence, detect_change, detect_commit
from app.provenance.git_ai import parse_note
from app.provenance.lines import Contributor
from app.provenance.report import jsonl_report
from app.provenance.types import Provenance, Status
from tests.app.provenance.build import PARENT, SHA, build_commit

SESSION = "s_c9883b05a2487d"
KEY = f"{SESSION}::t_9f8e7d6c5b4a32"
HUMAN = "h_31dce776f88375"
PROMPT = "abcd1234abcd1234"
METADATA: dict[str, Any] = {
    "schema_version": "authorship/3.0.0",
    "base_commit_sha": "0" * 40,
    "prompts": {PROMPT: {"agent_id": {"tool": "codex", "id": "1", "model": "gpt-5.5"}}},
    "humans": {HUMAN: {"author": "Jane Doe <jane@example.org>"}},
    "sessions": {SESSION: {"agent_id": {"tool": "claude", "id": "2", "model": "claude-opus-4-8"}}},
}
TEN = Added({"a.py": 10}, {"a.py": ((1, 10),)})


def note(attestations: str, **changes: Any) -> bytes:
    return f"{attestations}---\n{json.dumps({**METADATA, **changes})}".encode()


def detect(data: bytes, added: Added | None = TEN, message: str = "Fix\n") -> Provenance:
    return detect_commit(build_commit(message), note=data, added=added)


def test_the_three_forms_of_keys() -> None:
    parsed = parse_note(note(f'a.py\n  {KEY} 1-4,6\n  {HUMAN} 7\n"b c.py"\n  {PROMPT} 2\n'))
    assert parsed.problems == ()
    told = [(c.path, c.contributor, c.spans, c.harness, c.family, c.model) for c in parsed.claims]
    assert told == [
        ("a.py", Contributor.AI, ((1, 4), (6, 6)), "Claude Code", "anthropic", "claude-opus-4-8"),
        ("a.py", Contributor.HUMAN, ((7, 7),), "unknown", "unknown", None),
        ("b c.py", Contributor.AI, ((2, 2),), "Codex", "openai", "gpt-5.5"),
    ]


def test_a_note_without_lines_says_nothing() -> None:
    assert parse_note(b"---\n" + json.dumps(METADATA).encode()) == parse_note(note(""))
    assert detect(note("")).status is Status.UNDECLARED


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xff\xfe", "not UTF-8"),
        (b"", "no `---` line"),
        (b"a.py\n  x 1\n", "no `---` line"),
        (b"a.py\n---\n{", "not JSON"),
        (b"---\n" + b"[" * 200_000, "not JSON"),
        (b"---\n[]", "not a JSON object"),
        (b"---\n{}", "another standard"),
        (note("", schema_version="authorship/2.0.0"), "another standard"),
        (note(f"a.py\n  {KEY} 1\n", sessions={}), "do not name"),
        (note(f"a.py\n  {KEY} 1\n", sessions=[1]), "do not name"),
        (note(f"a.py\n  {HUMAN} 1\n", humans={HUMAN: "Jane"}), "do not name"),
        (note("a.py\n  what 1\n"), "unknown form"),
        (note(f"a.py\n  {SESSION} 1\n"), "unknown form"),
        (note(f"a.py\n  {KEY} 0\n"), "Line 2"),
        (note(f"a.py\n  {KEY} 4-2\n"), "Line 2"),
        (note(f"a.py\n  {KEY} 1, 2\n"), "Line 2"),
        (note(f"a.py\n {KEY} 1\n"), "Line 2"),
        (note(f"  {KEY} 1\n"), "Line 1"),
    ],
)
def test_a_broken_note_is_ignored_with_the_reason(data: bytes, said: str) -> None:
    found = detect(data)
    assert found.status is Status.UNDECLARED
    (ignored,) = found.ignored
    assert (ignored.id, ignored.field) == ("git-ai-note", "note")
    assert said in ignored.reason


def test_a_broken_line_takes_no_other_down() -> None:
    found = detect(note(f"a.py\n  {KEY} 1\n  {KEY} x\n"))
    assert found.status is Status.AI_DECLARED
    assert len(found.ignored) == 1


@pytest.mark.parametrize("agent", [None, "cursor", {}, {"tool": 7, "model": []}, {"tool": "unheard-of", "model": ""}])
def test_an_agent_nobody_knows_is_unknown(agent: Any) -> None:
    found = detect(note(f"a.py\n  {KEY} 1\n", sessions={SESSION: {"agent_id": agent}}))
    assert (found.status, found.harnesses, found.models) == (Status.AI_DECLARED, ("unknown",), ())


@pytest.mark.parametrize("model", ["\ud800", "unknown", "none", " ", "\x1b\n"])
def test_a_model_without_a_name_is_none(model: str) -> None:
    agent = {"agent_id": {"tool": "claude", "model": model}}
    found = detect(note(f"a.py\n  {KEY} 1\n", sessions={SESSION: agent}))
    assert (found.harnesses, found.models, found.signals[0].model) == (("Claude Code",), (), None)
    assert traced(record([span(1, 10)], contributor={"type": "ai", "model_id": model})).models == ()


def test_half_a_character_in_a_record_can_be_written() -> None:
    agent = {"agent_id": {"tool": "\ud800", "model": "gpt-5.5\ud800\x1b[31m"}}
    data = note(f"a.py\n  {KEY} 1\n", sessions={SESSION: agent})
    trace = parse_traces(json.dumps(record([span(1, 10)], contributor={"type": "ai", "model_id": "o3\udfff"})).encode())
    found = detect_change([build_commit()], None, Evidence({SHA: data}, trace, {SHA: TEN}))
    "".join(jsonl_report(found)).encode()
    assert found.sum.models == ("gpt-5.5 [31m", "o3")


@pytest.mark.parametrize(
    ("attestations", "status", "lines"),
    [
        (f"  {KEY} 1-10", Status.AI_DECLARED, {"ai-declared": 10}),
        (f"  {KEY} 1-4", Status.AI_DECLARED, {"ai-declared": 4, "undeclared": 6}),
        (f"  {HUMAN} 1-10", Status.HUMAN_ATTESTED, {"human-attested": 10}),
        (f"  {HUMAN} 1-9", Status.UNDECLARED, {"human-attested": 9, "undeclared": 1}),
        (f"  {KEY} 1-4\n  {HUMAN} 5-10", Status.MIXED, {"ai-declared": 4, "human-attested": 6}),
        (f"  {KEY} 1-6\n  {HUMAN} 5-10", Status.MIXED, {"ai-declared": 4, "mixed": 2, "human-attested": 4}),
        (f"  {KEY} 1-900000000", Status.AI_DECLARED, {"ai-declared": 10}),
    ],
)
def test_lines_by_a_note(attestations: str, status: Status, lines: dict[str, int]) -> None:
    found = detect(note(f"a.py\n{attestations}\n"))
    assert (found.status, found.lines) == (status, lines)


def test_a_partial_attestation_is_listed_with_the_reason() -> None:
    found = detect(note(f"a.py\n  {HUMAN} 1-9\n"))
    (ignored,) = found.ignored
    assert ignored.id == "git-ai-human"
    assert "only a part" in ignored.reason


def test_nothing_added_cannot_be_attested() -> None:
    found = detect(note(f"a.py\n  {HUMAN} 1-9\n"), added=Added({}, {}))
    assert found.status is Status.UNDECLARED


def test_an_attestation_counts_for_nothing_where_lines_are_not_known() -> None:
    assert detect(note(f"a.py\n  {HUMAN} 1-10\n"), added=None).status is Status.UNDECLARED
    assert detect(note(f"a.py\n  {KEY} 1-10\n"), added=None).status is Status.AI_DECLARED


def test_lines_the_commit_did_not_add_declare_nothing() -> None:
    found = detect(note(f"a.py\n  {KEY} 11-20\nother.py\n  {KEY} 1\n"))
    assert found.status is Status.UNDECLARED
    assert [item.reason for item in found.ignored] == ["The lines it names are none that this commit added."]
    assert found.lines == {"undeclared": 10}


def test_a_trailer_and_an_attestation_together_are_mixed() -> None:
    message = "Fix\n\nCo-authored-by: Claude <noreply@anthropic.com>\n"
    found = detect(note(f"a.py\n  {HUMAN} 1-4\n"), message=message)
    assert (found.status, found.lines) == (Status.MIXED, {"human-attested": 4, "ai-declared": 6})


def test_a_person_is_no_harness() -> None:
    found = detect(note(f"a.py\n  {HUMAN} 1-10\n"))
    assert (found.harnesses, found.model_families) == ((), ())
    assert found.signals[0].harness == "none"


# Agent Trace.


def record(ranges: list[dict[str, Any]], revision: str | None = SHA, **conversation: Any) -> dict[str, Any]:
    vcs = {"vcs": {"type": "git", "revision": revision}} if revision else {}
    return {
        "version": "0.1.0",
        "id": "550e8400-e29b-41d4-a716-446655440000",
        "timestamp": "2026-08-01T00:00:00Z",
        "tool": {"name": "cursor", "version": "2.4.0"},
        "files": [{"path": "a.py", "conversations": [{**conversation, "ranges": ranges}]}],
        **vcs,
    }


def span(first: Any, last: Any, **more: Any) -> dict[str, Any]:
    return {"start_line": first, "end_line": last, **more}


def traced(*records: Any, added: Added = TEN, **given: Any) -> Provenance:
    traces = parse_traces(b"\n".join(r if isinstance(r, bytes) else json.dumps(r).encode() for r in records))
    return detect_change([build_commit(**given)], None, Evidence(traces=traces, added={SHA: added})).sum


def test_a_trace_names_the_tool_and_the_model() -> None:
    found = traced(record([span(1, 10)], contributor={"type": "ai", "model_id": "openai/gpt-5.5"}))
    assert found.status is Status.AI_DECLARED
    assert (found.harnesses, found.model_families, found.models) == (("Cursor",), ("openai",), ("openai/gpt-5.5",))
    assert found.signals[0].evidence == "a.py:1-10"


@pytest.mark.parametrize(
    ("kind", "status", "lines"),
    [
        ("ai", Status.AI_DECLARED, {"ai-declared": 10}),
        ("human", Status.UNDECLARED, {"undeclared": 10}),
        ("mixed", Status.MIXED, {"mixed": 10}),
        ("unknown", Status.UNDECLARED, {"undeclared": 10}),
    ],
)
def test_contributors(kind: str, status: Status, lines: dict[str, int]) -> None:
    found = traced(record([span(1, 10)], contributor={"type": kind}))
    assert (found.status, found.lines) == (status, lines)


def test_a_range_overrides_its_conversation() -> None:
    ranges = [span(1, 4), span(5, 10, contributor={"type": "human"})]
    found = traced(record(ranges, contributor={"type": "ai"}))
    assert (found.status, found.lines) == (Status.MIXED, {"ai-declared": 4, "undeclared": 6})


def test_a_tools_record_of_a_human_is_no_persons_word() -> None:
    found = traced(record([span(1, 10)], contributor={"type": "human"}))
    (ignored,) = found.ignored
    assert (found.signals, ignored.id) == ((), "agent-trace-human")
    assert "Only a person attests" in ignored.reason


def test_a_record_written_before_the_commit_names_its_parent() -> None:
    assert traced(record([span(1, 10)], PARENT, contributor={"type": "ai"})).status is Status.AI_DECLARED
    elsewhere = Added({"b.py": 1}, {"b.py": ((1, 1),)})
    assert traced(record([span(1, 10)], PARENT, contributor={"type": "ai"}), added=elsewhere).signals == ()


def test_an_abbreviated_revision_is_enough() -> None:
    assert traced(record([span(1, 10)], SHA[:9], contributor={"type": "ai"})).status is Status.AI_DECLARED


def test_a_record_of_another_commit_is_history() -> None:
    found = traced(record([span(1, 10)], "c" * 40, contributor={"type": "ai"}))
    assert (found.status, found.ignored) == (Status.UNDECLARED, ())


def test_records_without_a_revision_are_counted_once() -> None:
    bare = record([span(1, 10)], None, contributor={"type": "ai"})
    jujutsu = {**bare, "vcs": {"type": "jj", "revision": "kkmpptxz"}}
    found = traced(bare, bare, jujutsu)
    assert found.status is Status.UNDECLARED
    (ignored,) = found.ignored
    assert ignored.reason.startswith("3 record(s) name no git revision")


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (b"{", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * 200_000, "not JSON"),
        (b"[]", "`version` is missing"),
        ({**record([]), "files": {}}, "`files` is not a list"),
        ({**record([]), "files": [1]}, "`files[]` is not an object"),
        ({**record([]), "files": [{"path": "a"}]}, "`conversations` is not a list"),
        ({**record([]), "vcs": 1}, "`vcs` is not an object"),
        (record([span(0, 1)]), "counted from 1"),
        (record([span(3, 1)]), "in order"),
        (record([span("1", 2)]), "`start_line`"),
        (record([span(True, 2)]), "`start_line`"),
        (record([span(1, 2)], contributor={"type": "robot"}), "none of human, ai"),
        (record([span(1, 2)], contributor={"type": ["ai"]}), "none of human, ai"),
        (record([span(1, 2)], contributor={"type": {}}), "none of human, ai"),
        (record([span(1, 2)], contributor="ai"), "`contributor` is not an object"),
    ],
)
def test_a_broken_record_is_ignored_with_the_reason(broken: Any, said: str) -> None:
    good = record([span(1, 10)], contributor={"type": "ai"})
    found = traced(good, broken)
    assert found.status is Status.AI_DECLARED
    (ignored,) = found.ignored
    assert said in ignored.reason
    assert "Line 2 of .agent-trace/traces.jsonl" in ignored.reason


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["files", "conversations", "ranges", "contributor", "type", "vcs", "tool"]), inner
        )
    ),
    max_leaves=12,
)


@given(JSON, JSON)
def test_no_json_makes_the_readers_fail(files: Any, more: Any) -> None:
    raw = {**record([]), "files": files, **(more if isinstance(more, dict) else {})}
    parse_traces(json.dumps(raw).encode())
    parse_note(b"a.py\n  " + KEY.encode() + b" 1\n---\n" + json.dumps({**METADATA, "sessions": more}).encode())


@given(st.binary(max_size=200))
def test_no_bytes_make_the_readers_fail(data: bytes) -> None:
    parse_traces(data)
    parse_note(data)
    parse_note(note("") + data)
