"""What a result says of the machine that it was made on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

jsonschema = pytest.importorskip("jsonschema")

import collapse_lab  # noqa: E402
from collapse_lab import revision  # noqa: E402
from collapse_lab.cost import accelerator, machines  # noqa: E402

SCHEMA = json.loads((Path(collapse_lab.__file__).parent / "summary.schema.json").read_text("utf-8"))


def valid(hardware: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator(SCHEMA["properties"]["hardware"]).validate(hardware)


def test_without_a_driver_no_gpu_is_said_and_torch_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revision, "_DRIVERS", (Path("/nothing/here"),))
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    found = revision.hardware()
    assert set(found) == {"machine", "processor", "cores", "threads_an_arm", "system"}
    valid(found)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ((), {}),
        (("NVIDIA H200",), {"gpu": "NVIDIA H200", "gpus": 1}),
        (("NVIDIA H200", "NVIDIA H200"), {"gpu": "NVIDIA H200", "gpus": 2}),
        (("NVIDIA H200", "NVIDIA L4"), {"gpu": "NVIDIA H200, NVIDIA L4", "gpus": 2}),
    ],
)
def test_gpus_are_named_and_counted(
    names: tuple[str, ...], expected: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    torch = pytest.importorskip("torch", reason="needs torch: pip install 'exogate[lab]'")
    monkeypatch.setattr(revision, "_DRIVERS", (tmp_path,))
    monkeypatch.setattr(torch.cuda, "device_count", lambda: len(names))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda number: names[number])
    found = revision.hardware()
    assert {key: value for key, value in found.items() if key in ("gpu", "gpus")} == expected
    valid(found)


def test_a_driver_without_torch_is_no_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(revision, "_DRIVERS", (tmp_path,))
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    assert "gpu" not in revision.hardware()


def test_a_card_may_name_the_gpu() -> None:
    from gates.evidence.card import Made

    made = Made.model_validate(
        {
            "revision": "0" * 64,
            "versions": {"python": "3.12"},
            "hardware": {"gpu": "NVIDIA H200", "gpus": 1},
            "commands": ["collapse-lab run pocket"],
            "results": {"summary.json": "0" * 64, "tables/scores.parquet": "0" * 64},
        }
    )
    assert made.hardware["gpus"] == 1


def test_an_accelerator_is_known_by_the_name_that_its_driver_gives_it() -> None:
    h200 = accelerator("NVIDIA H200")
    assert h200 is not None
    assert (h200.peak, h200.bandwidth) == (9.89e14, 4.8e12)
    for other in ("NVIDIA H200 NVL", "NVIDIA H200 MIG 1g.18gb", "NVIDIA GeForce RTX 4090", ""):
        assert accelerator(other) is None
    assert all((machine.peak is None) == (not machine.gpu) for machine in machines())
