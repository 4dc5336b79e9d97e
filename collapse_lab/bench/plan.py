"""The steps of the bench, as data: what is measured, of which model, on which scale, and what is wanted of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from collapse_lab.arms import cells
from collapse_lab.models.manner import Engine
from collapse_lab.sittings import sittings
from collapse_lab.studies import open_study

Kind = Literal["gpu", "cpu"]
What = Literal["decode", "train", "arm"]

ENGINES: tuple[Engine, ...] = ("own", "continuous", "vllm")
MODELS = ("smollm2", "qwen2.5-coder-1.5b")
STUDIES = ("smollm2-mini", "qwen05-mini")
# What issue and studies ask for: times as fast as `generate`, share of the device's operations, seconds an arm.
FASTER, USED, ARM_SECONDS = 10.0, 0.45, 300.0
_USED_OF = "qwen2.5-coder-1.5b"


@dataclass(frozen=True)
class Rows:
    """How a training lays its documents. ``joined`` cuts a stream of them; ``compiled`` lets torch compile the body."""

    joined: bool
    compiled: bool


LAYOUTS = {
    "packed": Rows(joined=False, compiled=False),
    "packed-compiled": Rows(joined=False, compiled=True),
    "joined-compiled": Rows(joined=True, compiled=True),
}


@dataclass(frozen=True)
class Step:
    """One measurement. ``of`` is a model's or a study's name, ``how`` an engine, a layout or a sitting."""

    what: What
    of: str
    how: str

    @property
    def name(self) -> str:
        """What it is called on the command line and in the file: ``decode/smollm2/own``."""
        return f"{self.what}/{self.of}/{self.how}"

    @classmethod
    def named(cls, name: str) -> Step:
        """Return the step of a name. Raises ``ValueError``."""
        what, _, rest = name.partition("/")
        of, _, how = rest.partition("/")
        if what not in ("decode", "train", "arm") or not how:
            raise ValueError(f"{name!r} is no step. One is called such as decode/smollm2/own.")
        return cls(what, of, how)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Scale:
    """How large the steps are. ``longest`` prompt and answer in tokens; ``rows`` are written at once, ``packing`` and
    ``batch`` are of training; ``most_seconds`` of measuring, after which no other run is begun."""

    prompts: int
    longest: tuple[int, int]
    runs: int
    rows: int
    packing: int
    batch: int
    steps: int
    most_seconds: float


SCALES: dict[Kind, Scale] = {
    "gpu": Scale(
        prompts=512, longest=(512, 320), runs=3, rows=256, packing=2048, batch=16, steps=24, most_seconds=240.0
    ),
    "cpu": Scale(prompts=12, longest=(24, 12), runs=2, rows=4, packing=64, batch=2, steps=5, most_seconds=20.0),
}


def steps(only: str = "*") -> list[Step]:
    """Return the steps whose name matches a pattern as in a shell (``A|B``: both), in the order in which they run."""
    found = [
        *(Step("decode", model, engine) for model in MODELS for engine in ENGINES),
        *(Step("train", model, layout) for model in MODELS for layout in LAYOUTS),
        *(Step("arm", study, sitting) for study in STUDIES for sitting in _sittings(study)),
    ]
    return [step for step in found if any(fnmatchcase(step.name, pattern) for pattern in only.split("|"))]


def goal(step: Step) -> tuple[str, float, bool] | None:
    """Return the measure that is asked of a step, its bound, and whether that is the most; ``None``: nothing is."""
    if step.what == "decode":
        return "ratio", FASTER, False
    if step.what == "train":
        return ("used", USED, False) if step.of == _USED_OF else None
    return "seconds", ARM_SECONDS, True


def _sittings(study: str) -> Sequence[str]:
    opened = open_study(study)
    return [one.name for one in sittings(opened, cells(opened))]
