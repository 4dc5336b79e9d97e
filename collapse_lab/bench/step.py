"""The process of one step: ``python -m collapse_lab.bench.step NAME --kind gpu --into FILE --runs FOLDER``.

What came of it is written into FILE as JSON: the parts of a line that only this process knows.
"""

from __future__ import annotations

import argparse
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from collapse_lab.bench.origin import made_on
from collapse_lab.bench.plan import ENGINES, LAYOUTS, SCALES, Kind, Step
from collapse_lab.cost import accelerator
from collapse_lab.store import write_json


@dataclass(frozen=True)
class Asked:
    """A step with what it needs to know: the machine's kind and name, where runs go, and weights' places by name."""

    step: Step
    kind: Kind
    gpu: str
    runs: Path
    sources: Mapping[str, str]

    @property
    def device(self) -> str:
        """Where torch computes."""
        return "cuda" if self.kind == "gpu" else "cpu"


def main() -> None:
    """Measure one step."""
    parser = argparse.ArgumentParser(prog="python -m collapse_lab.bench.step", description=__doc__.partition("\n")[0])
    parser.add_argument("name")
    parser.add_argument("--kind", choices=("gpu", "cpu"), required=True)
    parser.add_argument("--into", type=Path, required=True)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--source", action="append", default=[], metavar="MODEL=PLACE")
    words = parser.parse_args()
    facts = made_on(words.kind)
    sources = dict(each.split("=", 1) for each in words.source)
    asked = Asked(Step.named(words.name), words.kind, str(facts.get("gpu", "")), words.runs, sources)
    write_json(words.into, {**outcome(asked), "made_on": facts})


def outcome(asked: Asked) -> dict[str, Any]:
    """Return a step's status, why it is that, and what was measured."""
    from collapse_lab.models.pretrained import ModelUnavailable

    measured: dict[str, Callable[[Asked], dict[str, Any]]] = {"decode": _decode, "train": _train, "arm": _arm}
    try:
        return {"status": "ok", "why": "", "values": measured[asked.step.what](asked)}
    except (ModelUnavailable, ModuleNotFoundError) as error:
        return {"status": "absent", "why": str(error), "values": {}}
    except Exception as error:  # noqa: BLE001 - a step that fails leaves the others alone, and says why
        traceback.print_exc()
        return {"status": "failed", "why": _why(error), "values": {}}


def _decode(asked: Asked) -> dict[str, Any]:
    from collapse_lab.bench.decoding import measure
    from collapse_lab.bench.networks import network
    from collapse_lab.models.engines import vllm

    name = next(engine for engine in ENGINES if engine == asked.step.how)
    if name == "vllm":
        vllm.see_that_it_is_there()
    made, weights = network(asked.step.of, asked.kind, asked.device)
    machine = accelerator(asked.gpu)
    return {"weights": weights, **measure(made, name, SCALES[asked.kind], machine.bandwidth if machine else None)}


def _train(asked: Asked) -> dict[str, Any]:
    from collapse_lab.bench.networks import network
    from collapse_lab.bench.training import measure

    made, weights = network(asked.step.of, asked.kind, asked.device)
    machine = accelerator(asked.gpu)
    rows = LAYOUTS[asked.step.how]
    return {"weights": weights, **measure(made, rows, SCALES[asked.kind], machine.peak if machine else None)}


def _arm(asked: Asked) -> dict[str, Any]:
    from collapse_lab.bench.arm import measure
    from collapse_lab.studies import open_study
    from collapse_lab.study import PretrainedModel

    study, sitting = asked.step.of, asked.step.how
    model = open_study(study).model
    assert isinstance(model, PretrainedModel)
    folder = asked.runs / study / sitting
    folder.parent.mkdir(parents=True, exist_ok=True)
    return measure(study, sitting, asked.kind, folder, asked.sources.get(model.name))


def _why(error: Exception) -> str:
    """Return an error in a line; torch's say a page on memory."""
    return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"[:500]


if __name__ == "__main__":
    main()
