"""Gates by name: ours, and other people's through the entry-point group."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gates import registry
from gates.gate import Kind, Need, Settings

_PLUGIN = """
from dataclasses import dataclass

from gates.gate import Kind, Settings
from gates.verdict import Verdict


class LicenceSettings(Settings):
    header: str = "# SPDX-License-Identifier:"


@dataclass(frozen=True)
class Licence:
    name: str = "licence"
    version: str = "1"
    kind: Kind = Kind.EXOGENOUS
    summary: str = "every new Python file names its licence"
    needs: frozenset = frozenset()
    settings_type: type = LicenceSettings

    def judge(self, changes, settings, context):
        return [self._one(change, settings) for change in changes]

    def _one(self, change, settings):
        bad = [f.path for f in change.python_files() if settings.header.encode() not in change.head.read(f.path)]
        return Verdict.reject("licence", f"No licence in {bad}.") if bad else Verdict.accept("licence", "All name one.")


GATE = Licence()
"""


@pytest.mark.parametrize("name", sorted(registry.BUILT_IN))
def test_every_gate_of_ours_keeps_the_contract(name: str) -> None:
    gate = registry.get(name)
    assert gate.name == name
    assert gate.version
    assert gate.kind is Kind.EXOGENOUS
    assert len(gate.summary) < 120
    assert isinstance(gate.needs, frozenset)
    assert all(isinstance(need, Need) for need in gate.needs)
    assert issubclass(gate.settings_type, Settings)
    assert gate.settings_type().model_dump(mode="json") is not None
    assert callable(gate.judge)


def test_an_unknown_name_lists_the_gates() -> None:
    with pytest.raises(registry.UnknownGateError, match="compile, repetition"):
        registry.get("nothing")


def _with_plugin(tmp_path: Path, source: str, code: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "licence_gate.py").write_text(source)
    info = tmp_path / "licence_gate-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: licence-gate\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[exogate.gates]\nlicence = licence_gate:GATE\n")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(tmp_path), str(Path(__file__).parents[2])))}
    return subprocess.run(
        [sys.executable, *code.split("|")], env=environment, capture_output=True, text=True, cwd=tmp_path, check=False
    )


def test_a_third_partys_gate_joins_by_its_entry_point(tmp_path: Path) -> None:
    done = _with_plugin(tmp_path, _PLUGIN, "-m|app.cli|gates|--format|json")
    rows = {row["name"]: row for row in json.loads(done.stdout)}
    assert rows["licence"]["settings"] == {"header": "# SPDX-License-Identifier:"}
    policy = tmp_path / "p.yml"
    policy.write_text("gates: {licence: {settings: {header: x}}}\n")
    done = _with_plugin_again(tmp_path, "policy", "validate", str(policy))
    assert "licence" in done.stdout


def _with_plugin_again(tmp_path: Path, *args: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(tmp_path), str(Path(__file__).parents[2])))}
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *args], env=environment, capture_output=True, text=True, check=False
    )


def test_a_third_partys_gate_that_does_not_load_is_named_and_breaks_nothing_else(tmp_path: Path) -> None:
    done = _with_plugin(tmp_path, "raise RuntimeError('boom')", "-m|app.cli|gates|--format|json")
    rows = {row["name"]: row for row in json.loads(done.stdout)}
    assert "boom" in rows["licence"]["summary"]
    assert rows["compile"]["kind"] == "exogenous"
