"""Every row of the rule set, by positive and negative fixtures."""

from __future__ import annotations

import itertools
import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from app.provenance.agent_trace import parse_traces
from app.provenance.commit import Added, PullText
from app.provenance.detector import ChangeProvenance, Evidence, detect_change
from app.provenance.names import UNKNOWN
from app.provenance.rules import Row, parse_rules, shipped_rules
from app.provenance.seen import NO_TOOL
from app.provenance.types import Role, Status
from app.provenance.vocabulary import vocabulary
from tests.app.provenance.build import SHA, Build

FIXTURES = [
    json.loads(line) for line in Path(__file__).with_name("fixtures.jsonl").read_text(encoding="utf-8").splitlines()
]
DATA = Path(__file__).parents[3] / "app" / "provenance" / "signals.jsonl"
RULES = shipped_rules()
ROWS = RULES.rows
COLUMNS = {
    *("id", "harness", "model_family", "field", "match", "tier", "valid_from", "valid_to"),
    *("role", "strength", "source", "checked_on", "note"),
}
FIELDS = {
    *("identity", "author", "credit", "author-name", "subject", "text", "trailer"),
    *("message", "body", "branch", "note", "ref", "trace"),
}


def detect(given: dict[str, Any], commit: Build) -> ChangeProvenance:
    made = {key: given[key] for key in ("author", "committer", "message") if key in given}
    if "date" in given:
        made["when"] = datetime.fromisoformat(given["date"])
    evidence = Evidence(
        notes={SHA: given["note"].encode()} if "note" in given else {},
        traces=parse_traces(given.get("trace", "").encode()),
        added={SHA: Added({"src/parser.py": 3}, {"src/parser.py": ((1, 3),)})},
        refs={SHA: tuple(given.get("refs", ()))},
    )
    pull = PullText(given.get("body", ""), given.get("branch"))
    signoffs = given.get("accepted_signoffs", False)
    return detect_change([commit(**made)], pull, evidence, accepted_signoffs=signoffs)


def name(fixture: dict[str, Any]) -> str:
    return f"{fixture['row']}-{'+'.join(fixture['given'])}"


@pytest.mark.parametrize("fixture", [f for f in FIXTURES if f["positive"]], ids=name)
def test_positive(fixture: dict[str, Any], commit: Build) -> None:
    row = RULES.by_id[fixture["row"]]
    found = detect(fixture["given"], commit).sum
    counted = [signal for signal in found.signals if signal.id == row.id]
    if row.strength == "strong" and row.role is not Role.REVIEW:
        (signal,) = counted
        assert signal.harness == (NO_TOOL if row.kind == "attestation" else row.harness or signal.harness)
        assert found.status is (Status.HUMAN_ATTESTED if row.kind == "attestation" else Status.AI_DECLARED)
        assert not [item for item in found.ignored if item.id == row.id]
    else:
        assert counted == []
        assert found.status is Status.UNDECLARED
        reasons = [item.reason for item in found.ignored if item.id == row.id]
        assert len(reasons) == 1
        assert row.note is None or row.note in reasons[0]


@pytest.mark.parametrize("fixture", [f for f in FIXTURES if not f["positive"]], ids=name)
def test_negative(fixture: dict[str, Any], commit: Build) -> None:
    found = detect(fixture["given"], commit).sum
    assert fixture["row"] not in {signal.id for signal in found.signals}
    row = RULES.by_id[fixture["row"]]
    if row.strength == "weak":
        reasons = [item.reason for item in found.ignored if item.id == row.id]
        assert not any(reason.startswith("Weak on its own") for reason in reasons)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_each_row_has_fixtures_of_both_kinds(row: Row) -> None:
    assert {f["positive"] for f in FIXTURES if f["row"] == row.id} == {True, False}


def test_fixtures_name_rows() -> None:
    assert {f["row"] for f in FIXTURES} == {row.id for row in ROWS}


def test_each_line_has_exactly_the_columns() -> None:
    for line in DATA.read_text(encoding="utf-8").splitlines()[1:]:
        raw = json.loads(line)
        assert set(raw) == COLUMNS
        assert set(raw["match"]) == {"kind", "value"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_row_is_sound(row: Row) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row.id)
    assert row.field in FIELDS
    assert row.strength in ("strong", "weak", "none")
    assert row.source
    assert row.value
    if row.strength == "none":
        assert row.role is None
        assert row.note
    else:
        assert row.role is not None
    if row.valid_from and row.valid_to:
        assert row.valid_from <= row.valid_to
    if row.kind in ("regex", "line", "link"):
        row.pattern()
    if row.kind in ("address", "domain", "named-domain"):
        assert row.value == row.value.lower()


def test_families_of_rows_and_tools_are_known() -> None:
    known = {*vocabulary().families.values(), None}
    assert {row.model_family for row in ROWS} <= known
    assert set(vocabulary().default_families.values()) <= known
    assert {*vocabulary().providers.values(), *vocabulary().makers.values()} <= known
    assert UNKNOWN not in known


def test_windows_of_one_address_do_not_overlap_and_leave_no_gap() -> None:
    rows = [row for row in ROWS if row.value == "copilot@github.com" and row.field == "credit"]
    ordered = sorted(rows, key=lambda row: str(row.valid_from or ""))
    assert [row.strength for row in ordered] == ["strong", "weak", "strong", "weak", "strong"]
    for one, following in itertools.pairwise(ordered):
        assert one.valid_to is not None
        assert following.valid_from is not None
        assert (following.valid_from - one.valid_to).days == 1


def test_the_version_changes_with_any_row() -> None:
    data = DATA.read_bytes()
    assert parse_rules(data).version == RULES.version
    assert parse_rules(data.replace(b'"aider-subject"', b'"aider-title"')).version != RULES.version


def test_two_rows_of_one_id_are_refused() -> None:
    data = DATA.read_bytes()
    with pytest.raises(ValueError, match="same id"):
        parse_rules(data + data.splitlines()[1])
