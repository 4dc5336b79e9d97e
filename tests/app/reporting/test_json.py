from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError

from app.provenance.types import Provenance, Status
from app.reporting import json_
from app.review_types import SCHEMA_VERSION, Review
from gates.verdict import Finding, Severity, Verdict

VALIDATOR = Draft202012Validator(json_.schema())
ANY = st.text(st.characters(exclude_categories=()), max_size=20)


def test_every_report_satisfies_the_published_schema(any_review: Review) -> None:
    VALIDATOR.validate(json.loads(json_.render(any_review)))


def test_the_schema_is_a_schema_of_the_version_that_reports_name() -> None:
    Draft202012Validator.check_schema(json_.schema())
    assert json_.schema()["$id"].endswith(f":{SCHEMA_VERSION}")
    assert json_.schema()["properties"]["schema_version"]["enum"][-1] == SCHEMA_VERSION


def test_every_field_of_the_schema_is_described() -> None:
    missing = []

    def walk(node: object, path: str) -> None:
        if isinstance(node, dict):
            for name, child in node.get("properties", {}).items():
                target = child if "$ref" not in child else json_.schema()["$defs"][child["$ref"].rsplit("/", 1)[1]]
                if not target.get("description"):
                    missing.append(f"{path}.{name}")
            for name, child in node.items():
                walk(child, f"{path}.{name}")

    walk(json_.schema(), "")
    assert not missing


def test_a_report_with_a_field_too_many_or_too_few_is_refused(samples: SimpleNamespace) -> None:
    document = json_.as_dict(samples.REJECTED)
    with pytest.raises(ValidationError):
        VALIDATOR.validate({**document, "surprise": 1})
    for field in document:
        with pytest.raises(ValidationError):
            VALIDATOR.validate({name: value for name, value in document.items() if name != field})


def test_the_report_says_what_the_review_says(samples: SimpleNamespace) -> None:
    document = json.loads(json_.render(samples.ADVICE_ONLY))
    assert (document["decision"], document["would_decide"], document["enforced"]) == ("accept", "reject", False)
    assert document["policy"]["name"] == "standard"
    assert document["provenance"]["harnesses"] == ["Claude Code"]
    assert document["provenance"]["lines"] == {"ai-declared": 120, "undeclared": 20}
    tampering = document["verdicts"][1]
    assert (tampering["gate"], tampering["outcome"], tampering["blocking"]) == ("tampering", "reject", True)
    assert tampering["findings"][0] == {
        "path": "tests/test_cart.py",
        "line": 30,
        "end_line": 31,
        "rule": "loosened",
        "message": "assert total == 12 became assert total is not None.",
        "severity": "warning",
    }
    assert document["tool"]["gate_versions"] == {"compile": "1", "tampering": "1"}


def test_what_json_cannot_hold_becomes_null_or_an_escape(samples: SimpleNamespace) -> None:
    text = json_.render(samples.HOSTILE_REVIEW)
    assert text.isascii()
    document = json.loads(text)
    assert document["verdicts"][0]["score"] is None
    assert "\\xff" in document["verdicts"][0]["reason"]
    assert "\x1b" not in text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=ANY, score=st.none() | st.floats(), line=st.none() | st.integers(1, 10**9))
def test_any_text_and_number_makes_a_valid_report(
    samples: SimpleNamespace, text: str, score: float | None, line: int | None
) -> None:
    finding = Finding(text, line, text, text, Severity.NOTE)
    verdict = Verdict.reject("g", text, score=score, findings=(finding,))
    review = samples.review(samples.blocks(verdict), provenance=Provenance(Status.UNDECLARED), notes=(text,))
    VALIDATOR.validate(json.loads(json_.render(review).encode("utf-8")))
