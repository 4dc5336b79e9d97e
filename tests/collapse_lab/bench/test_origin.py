from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from collapse_lab import revision
from collapse_lab.bench import origin


def test_a_line_of_a_cpu_has_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revision, "_DRIVERS", ())
    assert origin.made_on("cpu") == revision.hardware()


def test_a_line_of_a_gpu_names_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="needs torch: pip install 'exogate[lab]'")
    properties = SimpleNamespace(name="NVIDIA H200", total_memory=150_000_000_000, major=9, minor=0)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda number: properties)
    (tmp_path / "version").write_text("NVRM version: some driver  580.1\nGCC version: 12\n")
    monkeypatch.setattr(origin, "_DRIVER", tmp_path / "version")
    found = origin.made_on("gpu")
    assert found["gpu"] == "NVIDIA H200"
    assert found["gpu_memory_bytes"] == 150_000_000_000
    assert found["capability"] == "9.0"
    assert found["driver"] == "NVRM version: some driver  580.1"
    assert json.loads(json.dumps(found)) == found
    monkeypatch.setattr(origin, "_DRIVER", tmp_path / "none")
    assert origin.made_on("gpu")["driver"] is None


def test_versions_and_code_are_said() -> None:
    assert set(origin.versions()) >= {"python", "torch", "transformers"}
    assert len(origin.code()["sha256"]) == 64
    assert origin.code()["exogate"]
