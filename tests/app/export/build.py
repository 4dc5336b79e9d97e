"""Rows and conditions for the export's tests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from app.export.fields import FIELDS
from app.export.glob import MOST, folders
from app.export.where import And, Compare, Condition, Not, Or
from app.ledger.export.rows import Row
from gates.presets import preset_names

DAY = datetime(2026, 8, 1, 12, tzinfo=UTC)


def row(**given: Any) -> Row:
    told: dict[str, Any] = {
        "repository_id": 1,
        "repository": "octo/shop",
        "number": 1,
        "merge_sha": "c" * 40,
        "head": "b" * 40,
        "merged": DAY,
        "method": "squash",
        "path": "src/a.py",
        "first": 1,
        "last": 4,
        "status": "undeclared",
        "declared": "undeclared",
        "harness": None,
        "model_family": None,
        "model": None,
        "change_status": "undeclared",
        "gates_passed": None,
        "reviewers": "none",
        "policy_hash": None,
        "rules": None,
        "gate_versions": None,
        **given,
    }
    return Row(**told)


WORDS = {
    "provenance": ("ai-declared", "mixed", "human-attested", "undeclared"),
    "gates": ("passed", "failed", "unjudged"),
    "reviewers": ("independent", "self", "none"),
}
_TEXTS = st.text(min_size=1, max_size=8) | st.sampled_from(["Claude Code", "and", "it's", 'a"b', "unknown", "openai"])
_GLOBS = _TEXTS.filter(lambda text: folders(text) <= MOST)
_MOMENTS = st.sampled_from(["2026-08-01T12:00:00Z", "2026-08-01T11:59:59Z", "1999-01-01T00:00:00.000001Z"])


def _values(name: str, operator: str) -> st.SearchStrategy[str]:
    if (name, operator) == ("gates", ">="):
        return st.sampled_from(preset_names())
    if name in WORDS:
        return st.sampled_from(WORDS[name])
    return {"merged": _MOMENTS, "path": _GLOBS}.get(name, _TEXTS)


@st.composite
def compares(draw: st.DrawFn) -> Compare:
    name = draw(st.sampled_from(sorted(FIELDS)))
    operator = draw(st.sampled_from(FIELDS[name].operators))
    most = 3 if operator.endswith("in") else 1
    return Compare(name, operator, tuple(draw(st.lists(_values(name, operator), min_size=1, max_size=most))))


def conditions() -> st.SearchStrategy[Condition]:
    def joined(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
        several = st.lists(inner, min_size=2, max_size=3).map(tuple)
        return st.builds(Not, inner) | st.builds(And, several) | st.builds(Or, several)

    return st.recursive(compares(), joined, max_leaves=8)


def rows() -> st.SearchStrategy[Row]:
    maybe = st.none() | st.sampled_from(["Claude Code", "codex", "openai"])
    return st.builds(
        row,
        status=st.sampled_from(WORDS["provenance"]),
        gates_passed=st.sampled_from([True, False, None]),
        reviewers=st.sampled_from(WORDS["reviewers"]),
        harness=maybe,
        model_family=maybe,
        merged=st.sampled_from([DAY, DAY.replace(year=1998), DAY.replace(hour=11)]),
        path=st.none() | st.sampled_from(["src/a.py", "a", "src/deep/down.py"]),
    )
