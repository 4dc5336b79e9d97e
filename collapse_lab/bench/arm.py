"""A part of a study's arms, run for real as `collapse-lab run` does, in a folder of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from collapse_lab.bench.plan import Kind
from collapse_lab.studies import open_study
from collapse_lab.study import PretrainedModel

# What makes a study so small that a model of some thousand weights is through with it in seconds. Nothing is learned
# of it but that every part works.
_TINY: dict[str, Any] = {
    "rounds": 1,
    "prompts": 4,
    "tasks": {"kind": "code", "benchmarks": [{"name": "everyday", "first": 3}], "pool": {"name": "pocket"}},
    "sampling": {"temperature": 0.8, "top_p": 0.95, "max_tokens": 8},
    "training": {"steps": 2, "batch": 2, "packing": 64, "learning_rate": 0.001, "precision": "bf16"},
    "evaluation": {
        "samples": 1,
        "sampling": {"temperature": 0.8, "top_p": 0.95, "max_tokens": 8},
        "greedy": {"temperature": 0.0, "max_tokens": 8},
    },
    "probes": {"texts": 2, "held_out": 2, "prompts": 1, "per_prompt": 2},
}


class ArmError(RuntimeError):
    """A run that did not come to its end; the message is its own last words."""


def measure(study: str, sitting: str, kind: Kind, folder: Path, source: str | None) -> dict[str, Any]:
    """Run one sitting of a study into *folder*, or go on with it, and return what came out.

    ``seconds`` are those of all stages, each counted once, whenever they were done; ``arms`` have the first
    benchmark's pass@1 of every round. On a CPU the study is made tiny, and so are its weights. Raises ``ArmError``,
    and ``ModelUnavailable`` where the weights are not to be had.
    """
    wanted = study
    if kind == "cpu":
        wanted, source = _tiny(study, folder.parent)
    _see_that_the_weights_are_there(wanted, source)
    words = ["run", wanted, "--sitting", sitting, "--workers", "1", "--out", str(folder)]
    _run([*words, *(("--source", source) if source else ())])
    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    total = sum(summary["seconds"].values())
    return {
        "run": str(folder),
        "rounds": summary["rounds"],
        "stages": summary["seconds"],
        "seconds": total / max(1, len(summary["arms"])),
        "arms": [
            {
                "label": arm["label"],
                "seed": arm["seed"],
                "greedy": [page["pass_at_1_greedy"] for page in arm["rounds"]],
                "sampled": [page["pass_at_1_sampled"] for page in arm["rounds"]],
                "acceptance": [page["acceptance"] for page in arm["rounds"]],
            }
            for arm in summary["arms"]
        ],
    }


def _see_that_the_weights_are_there(study: str, source: str | None) -> None:
    from collapse_lab.models.pretrained import identity_of

    model = open_study(study, source=source).model
    if isinstance(model, PretrainedModel):
        identity_of(model, 0)


def _run(words: list[str]) -> None:
    script = "from collapse_lab.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines() or done.stdout.strip().splitlines()
        raise ArmError(said[-1] if said else f"collapse-lab run ended with {done.returncode}")


def _tiny(study: str, folder: Path) -> tuple[str, str]:
    """Write a tiny study of the same arms, and tiny weights for it, into *folder*; return their paths."""
    from collapse_lab.models.pocket import fresh
    from collapse_lab.models.tokenizer import build
    from collapse_lab.study import PocketModel
    from collapse_lab.tasks.pocket import PocketSource

    weights = folder / "weights"
    if not weights.exists():
        texts = [(task.prompt, task.reference) for task in PocketSource().pool("bench", 0, 200)]
        fresh(PocketModel(width=32, layers=2, heads=2), build(texts), 0).save(weights)
    file = folder / f"tiny-{study}.yml"
    file.write_text(yaml.safe_dump({"extends": study, "name": f"tiny-{study}", **_TINY}, sort_keys=False), "utf-8")
    return str(file), str(weights)
