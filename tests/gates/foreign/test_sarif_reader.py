from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.foreign import sarif
from gates.foreign.junit import ReportError
from gates.verdict import Finding, Severity

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = ("ruleId", "ruleIndex", "message", "locations", "level", "kind", "partialFingerprints", "suppressions", "rule")
PLACES = ("startLine", "endLine", "uri")


def log(*results: Any, **run: Any) -> bytes:
    return json.dumps({"version": "2.1.0", "runs": [{"results": list(results), **run}]}).encode()


def location(uri: str, line: object = 3) -> list[Any]:
    return [{"physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": line, "endLine": 4}}}]


def test_a_result_becomes_a_finding() -> None:
    result = {
        "ruleId": "no-eval",
        "level": "error",
        "message": {"text": "Do not eval."},
        "locations": location("src/a%20b.js"),
        "partialFingerprints": {"h": "1", "odd": 3},
        "suppressions": [{"kind": "inSource"}],
    }
    [read] = sarif.read([log(result)])
    assert read.finding == Finding("src/a b.js", 3, "no-eval", "Do not eval.", Severity.ERROR, 4)
    assert read.fingerprints == (("h", "1"),)
    assert read.suppressed


def test_rules_give_level_and_message() -> None:
    rule = {"id": "R1", "defaultConfiguration": {"level": "note"}, "messageStrings": {"m": {"text": "From the rule."}}}
    [read] = sarif.read([log({"ruleIndex": 0, "message": {"id": "m"}}, tool={"driver": {"rules": [rule]}})])
    assert read.finding == Finding(None, None, "R1", "From the rule.", Severity.NOTE)


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///w/tree/src/a.js", "src/a.js"),
        ("/w/tree/src/a.js", "src/a.js"),
        ("./src/a.js", "src/a.js"),
        ("caf%E9.js", "caf\udce9.js"),
        ("file:///etc/passwd", "etc/passwd"),
        ("http://[bad", None),
        ("", None),
    ],
)
def test_places_become_paths_of_the_tree(uri: str, path: str | None) -> None:
    [read] = sarif.read([log({"ruleId": "r", "locations": location(uri)})], "/w/tree")
    assert read.finding.path == path


def test_only_failures_count_and_the_default_level_is_warning() -> None:
    read = sarif.read([log({"kind": "pass", "ruleId": "a"}, {"ruleId": "b"}, {"ruleId": "c", "level": "none"})])
    assert [(r.finding.rule, r.finding.severity) for r in read] == [("b", Severity.WARNING), ("c", Severity.NOTE)]


@pytest.mark.parametrize(
    "document",
    [
        b"", b"[]", b"{}", b'{"runs": 3}', b'{"runs": []}', b'{"version": 2, "runs": []}', b"\xff\xfe\x00",
        b'{"version": "2.0.0", "runs": []}', b"[" * 100_000, b'{"version":"2.1.0","runs":' + b"9" * 5_000 + b"}",
        log(invocations=[{"executionSuccessful": False}]),
    ],
)  # fmt: skip
def test_what_cannot_be_read_ends_in_a_sentence(document: bytes) -> None:
    with pytest.raises(ReportError, match=r"^(It|The tool).*\.$"):
        sarif.read([document])


def test_too_many_results_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "MOST_RESULTS", 2)
    with pytest.raises(ReportError, match="more than 2 results"):
        sarif.read([log({}, {}, {})])


@given(JSON, st.dictionaries(st.sampled_from(KEYS), JSON), st.dictionaries(st.sampled_from(PLACES), JSON))
def test_no_value_of_any_type_crashes_the_reader(rules: Any, result: dict[str, Any], region: dict[str, Any]) -> None:
    odd = {"physicalLocation": {"region": region, "artifactLocation": region}}
    documents = [log(result, rules, tool={"driver": {"rules": rules}}), log({"locations": [odd, rules]}, tool=rules)]
    for read in sarif.read(documents):
        assert isinstance(read.finding.message, str)
        assert read.finding.line is None or (type(read.finding.line) is int and read.finding.line > 0)
