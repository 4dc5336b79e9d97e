"""Every architecture of the table through a round: generate, all gates that ask it, FIM, train, evaluate, probe."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="needs torch: pip install 'exogate[lab]'")

import torch

from collapse_lab.job import Plan, do, folder_of
from collapse_lab.models.causal import open_model
from collapse_lab.models.known import known
from collapse_lab.place import Place
from collapse_lab.study import Study
from collapse_lab.workshop import Workshop
from tests.collapse_lab.models.tiny import CHECKPOINTS, write

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]
ASKING = (
    "perplexity-low-quantile",
    "self-score-frozen",
    "self-consistency",
    "pairwise-self-judge",
    "frozen-judge",
)


def study(name: str, source: Path, policies: tuple[str, ...]) -> Study:
    short = {"temperature": 0.8, "top_p": 0.95, "max_tokens": 16}
    fim = known(name).fim is not None and known(name).style == "completion"
    return Study.model_validate(
        {
            "name": "tiny",
            "question": "Does every architecture come through a round?",
            "model": {"kind": "pretrained", "name": name, "source": str(source)},
            "tasks": {"kind": "code", "benchmarks": [{"name": "everyday", "first": 3}]},
            "rounds": 1,
            "seeds": [0],
            "prompts": 4,
            "sampling": short,
            "training": {
                "steps": 2,
                "batch": 2,
                "checkpoint_every": 1,
                "learning_rate": 0.001,
                "packing": 128,
                **({"fim_rate": 0.5, "completion_only": False} if fim else {}),
            },
            "evaluation": {"samples": 1, "sampling": short, "greedy": {"temperature": 0, "max_tokens": 16}},
            "probes": {"texts": 3, "held_out": 2, "prompts": 1, "per_prompt": 2},
            "limits": {"cpu_seconds": 2},
            "arms": [{"policy": policy} for policy in policies],
        }
    )


@pytest.fixture(autouse=True)
def one_thread() -> Any:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_a_round_of(name: str, tmp_path: Path) -> None:
    chosen = study(name, write(name, tmp_path / "weights"), ASKING)
    plan = Plan(chosen, "*", None, 1, str(tmp_path / "bases"))
    place = Place.named(tmp_path / "run", None)
    place.folder.mkdir()
    with Workshop(chosen) as workshop:
        for number in range(len(ASKING)):
            do(place, plan, number, workshop, tmp_path / f"{number}.jsonl", lambda: None)
    for number in range(len(ASKING)):
        pages = [json.loads((folder_of(place.folder, number) / f"round-{t}.json").read_text()) for t in (0, 1)]
        assert [page["round"] for page in pages] == [0, 1]
        assert pages[0]["documents"]["synthetic"] <= 4
        for page in pages:
            assert page["pass_at_1_greedy"] is not None
            assert page["correctness"] is not None
            assert page["spectrum"]["own"]
    trained = [row for row in _events(tmp_path) if row.get("stage") == "train"]
    assert trained  # at least one policy let something through
    bases = list((tmp_path / "bases" / "objects").rglob("model"))
    assert len(bases) == 1
    assert open_model(bases[0]).manner.name == name  # type: ignore[union-attr]


def _events(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for log in folder.glob("*.jsonl") for line in log.read_text().splitlines()]
