from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator, FormatChecker

from app.reporting import sarif
from app.review_types import Review
from gates.verdict import Finding, Verdict

SCHEMA = json.loads((Path(__file__).parent / "schemas" / "sarif-2.1.0-rtm.5.json").read_text("utf-8"))
VALIDATOR = Draft4Validator(SCHEMA, format_checker=FormatChecker())
ANY = st.text(st.characters(exclude_categories=()), max_size=20)


def run_of(review: Review) -> dict[str, Any]:
    log = json.loads(sarif.render(review))
    run: dict[str, Any] = log["runs"][0]
    return run


def test_every_report_satisfies_the_standards_schema(any_review: Review) -> None:
    VALIDATOR.validate(json.loads(sarif.render(any_review)))


def test_a_result_says_rule_place_level_and_weight(samples: SimpleNamespace) -> None:
    run = run_of(samples.REJECTED)
    first = run["results"][0]
    assert (first["ruleId"], first["level"]) == ("tampering/deleted-test", "error")
    assert first["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "tests/test_cart.py", "uriBaseId": "SRCROOT"},
        "region": {"startLine": 12},
    }
    assert run["results"][1]["locations"][0]["physicalLocation"]["region"] == {"startLine": 30, "endLine": 31}
    assert first["properties"] == {"gate": "tampering", "blocking": True}
    top = run_of(samples.review(samples.blocks(Verdict.reject("g", "r", findings=(Finding("a", 1, "r", "m"),)))))
    assert top["results"][0]["locations"][0]["physicalLocation"]["region"] == {"startLine": 1}
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


def test_the_run_carries_decision_policy_and_provenance(samples: SimpleNamespace) -> None:
    properties = run_of(samples.REJECTED)["properties"]
    assert properties["decision"] == "reject"
    assert properties["policy"]["name"] == "standard"
    assert properties["provenance"]["harnesses"] == ["Claude Code"]


def test_an_error_is_a_notification_and_no_success(samples: SimpleNamespace) -> None:
    invocation = run_of(samples.COULD_NOT)["invocations"][0]
    assert invocation["executionSuccessful"] is False
    [notification] = invocation["toolExecutionNotifications"]
    assert notification["descriptor"]["id"] == "base-tests/could-not-judge"
    assert "sudo apt-get install bubblewrap" in notification["message"]["text"]
    assert run_of(samples.ACCEPTED)["invocations"][0]["executionSuccessful"] is True


def test_too_many_results_are_cut_by_severity_and_counted(samples: SimpleNamespace) -> None:
    run = run_of(samples.MANY)
    assert len(run["results"]) == sarif.MOST_RESULTS
    texts = [n["message"]["text"] for n in run["invocations"][0]["toolExecutionNotifications"]]
    assert texts == ["400 more results left out; see the JSON report."]


def test_a_rejection_without_findings_is_a_result(samples: SimpleNamespace) -> None:
    run = run_of(samples.review(samples.blocks(Verdict.reject("own-tests", "No test fails on the base."))))
    assert [r["ruleId"] for r in run["results"]] == ["own-tests/rejected"]


def test_fingerprints_stay_when_lines_move_and_differ_between_findings(samples: SimpleNamespace) -> None:
    def marks(*findings: Finding) -> list[str]:
        run = run_of(samples.review(samples.blocks(Verdict.reject("lint", "Bad.", findings=findings))))
        return [r["partialFingerprints"]["primaryLocationLineHash"] for r in run["results"]]

    one = Finding("a.py", 3, "unused", "Unused x, first on line 3")
    moved = Finding("a.py", 40, "unused", "Unused x, first on line 40")
    assert marks(one) == marks(moved)
    assert len({*marks(one), *marks(replace(one, path="b.py")), *marks(replace(one, rule="other"))}) == 3
    assert len(set(marks(one, moved))) == 2


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("a b/ü#1?.py", "a%20b/%C3%BC%231%3F.py"),
        ("c:d.py", "c%3Ad.py"),
        ("caf\udce9.py", "caf%E9.py"),
        ("\ud800.py", "%5Cud800.py"),
        ("//host/x", "host/x"),
        (None, "."),
    ],
)
def test_paths_become_relative_references(samples: SimpleNamespace, path: str | None, uri: str) -> None:
    run = run_of(samples.review(samples.blocks(Verdict.reject("g", "r", findings=(Finding(path, 1, "r", "m"),)))))
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_a_message_makes_no_link(samples: SimpleNamespace) -> None:
    finding = Finding("a.py", 1, "r", "see [docs](https://bad.example)")
    run = run_of(samples.review(samples.blocks(Verdict.reject("g", "r", findings=(finding,)))))
    assert run["results"][0]["message"]["text"] == "see [docs] (https://bad.example)"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(text=ANY, line=st.none() | st.integers(-3, 10**6), end=st.none() | st.integers(-3, 10**6))
def test_any_finding_makes_a_valid_log(samples: SimpleNamespace, text: str, line: int | None, end: int | None) -> None:
    finding = Finding(text, line, text, text, end_line=end)
    review = samples.review(samples.blocks(Verdict.reject("g", text, findings=(finding,))), notes=(text,))
    VALIDATOR.validate(json.loads(sarif.render(review).encode()))
