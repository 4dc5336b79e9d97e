"""A run's folder made up by dice, in the form that the engine writes. Nothing in it was measured.

Every text of it that reaches a page says SYNTHETIC, so that no picture of it is taken for a result.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from collapse_lab.arms import cells
from collapse_lab.study import Study

STRATA = {"head": 0.30, "middle": 0.35, "tail": 0.35}
START = {"head": 1.6, "middle": 0.9, "tail": -0.1}


@dataclass(frozen=True)
class Made:
    """How a made-up arm behaves: chances that right and wrong samples are accepted, how the latter grows a round."""

    policy: str
    kind: str
    right: float = 1.0
    wrong: float = 1.0
    relaxing: float = 0.0
    match: str | None = None
    control: str | None = None
    scored: bool = False
    narrowing: float = 1.0


ARMS = (
    Made("none", "none"),
    Made("compile", "exogenous", 1.0, 0.80),
    Made("quality", "exogenous", 0.93, 0.62, 0.01),
    Made("lint", "exogenous", 0.86, 0.52, 0.03),
    Made("types", "exogenous", 0.99, 0.74),
    Made("tests", "exogenous", 1.0, 0.03),
    Made("strict", "exogenous", 0.80, 0.02),
    Made("perplexity-low-quantile", "endogenous", 0.64, 0.16, 0.01, scored=True, narrowing=1.5),
    Made("perplexity-low-frozen", "endogenous", 0.64, 0.16, 0.10, scored=True, narrowing=1.6),
    Made("perplexity-high-quantile", "endogenous", 0.36, 0.84, scored=True, narrowing=0.7),
    Made("perplexity-high-frozen", "endogenous", 0.36, 0.84, -0.08, scored=True, narrowing=0.7),
    Made("self-score-quantile", "endogenous", 0.60, 0.30, 0.02, scored=True),
    Made("self-score-frozen", "endogenous", 0.80, 0.45, 0.02, scored=True),
    Made("self-score-trained", "endogenous", 0.80, 0.45, 0.11, scored=True),
    Made("self-consistency", "endogenous", 0.90, 0.30, 0.06),
    Made("pairwise-self-judge", "endogenous", 0.70, 0.48, 0.04, scored=True),
    Made("frozen-judge", "anchored", 0.80, 0.45, 0.01, scored=True),
    Made("foreign-judge", "anchored", 0.79, 0.46, 0.01, scored=True),
    Made("novelty", "exogenous", 0.72, 0.95, narrowing=0.8),
    Made("write-back", "exogenous", 0.85, 0.05),
    Made("human", "control", control="human"),
    Made("oracle", "control", 1.0, 0.0, control="oracle"),
    Made("random@compile", "control", 0.94, 0.94, match="compile", control="random"),
    Made("random@quality", "control", 0.84, 0.84, match="quality", control="random"),
    Made("random@lint", "control", 0.76, 0.76, match="lint", control="random"),
    Made("random@tests", "control", 0.71, 0.71, match="tests", control="random"),
    Made("random@self-score-quantile", "control", 0.5, 0.5, match="self-score-quantile", control="random"),
)


def write_run(
    folder: Path,
    *,
    arms: Sequence[Made] = ARMS,
    seeds: int = 3,
    rounds: int = 5,
    tasks: Mapping[str, int] | None = None,
    samples: int = 4,
    stopped: Mapping[tuple[str, int], int] | None = None,
    without: Sequence[str] = (),
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
) -> Path:
    """Write a made-up run. *stopped* gives the last round of an arm (label, seed) that was interrupted, -1 for none
    at all; *without* names measured columns that are ``None`` throughout; *samples* 0 leaves greedy answers only."""
    random = np.random.default_rng(seed)
    tasks = tasks or {"pocket": 300, "pocket-second": 200}
    benchmarks = {name: _tasks(name, count, random) for name, count in tasks.items()}
    study = Study.model_validate(
        {
            "name": "synthetic-pocket",
            "question": "SYNTHETIC: numbers made up by dice, to try the report. Which policy would keep the most?",
            "judge": {},
            "arms": [_judge(made) for made in arms],
            "rounds": rounds,
            "seeds": list(range(seeds)),
            **(settings or {}),
        }
    )
    labels = {cell.policy: cell.label for cell in cells(study)}
    pages, rows = [], []
    for number in range(seeds):
        first = _scores(benchmarks, samples, 0.0, random, number % 2)
        for made in arms:
            last = (stopped or {}).get((made.policy, number), rounds)
            arm, scored = _arm(
                made, labels.get(made.policy, made.policy), benchmarks, first, samples, last, rounds, number, random
            )
            if last < 0:
                continue
            for page in arm["rounds"]:
                page.update(dict.fromkeys(without))
            pages.append(arm)
            rows += scored
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tables").mkdir(exist_ok=True)
    pd.DataFrame(rows).to_parquet(folder / "tables" / "scores.parquet", index=False)
    pd.DataFrame(_flat(pages)).to_parquet(folder / "tables" / "rounds.parquet", index=False)
    summary = {
        "schema_version": "1.1",
        "study": study.name,
        "question": study.question,
        "quick": False,
        "command": "collapse-lab run synthetic-pocket --out runs/synthetic",
        "settings": study.model_dump(mode="json"),
        "rounds": rounds,
        "code": {"revision": "0" * 64},
        "versions": {"python": "3.11.9", "numpy": "2.0", "torch": "made up"},
        "hardware": {"machine": "x86_64", "processor": "SYNTHETIC", "cores": 2, "system": "Linux"},
        "benchmarks": {
            name: {"tasks": len(table), "hash": "0" * 63 + str(i), "strata": dict(table["stratum"].value_counts())}
            for i, (name, table) in enumerate(benchmarks.items())
        },
        "seconds": {"base": 412.5, "generate": 610.2, "gate": 388.0, "train": 1402.7, "evaluate": 401.1, "probe": 92.4},
        "arms": pages,
    }
    (folder / "summary.json").write_text(json.dumps(summary, indent=1, sort_keys=True, default=int), "utf-8")
    return folder


def _judge(made: Made) -> dict[str, Any]:
    if made.control:
        return {"control": made.control, **({"match": made.match} if made.match else {})}
    policy, _, flip = made.policy.partition("~")
    return {"policy": policy, "flip": float(flip.rstrip("%") or 0) / 100}


def _tasks(name: str, count: int, random: np.random.Generator) -> pd.DataFrame:
    strata = np.repeat(list(STRATA), np.diff(np.round(np.cumsum([0, *STRATA.values()]) * count)).astype(int))
    families = random.choice(["lists", "strings", "numbers", "words"], len(strata))
    easy = np.array([START[s] for s in strata]) + random.normal(0, 1.3, len(strata))
    ids = [f"{name}-{i:04d}" for i in range(len(strata))]
    return pd.DataFrame({"task": ids, "stratum": strata, "family": families, "easy": easy})


def _scores(
    benchmarks: Mapping[str, pd.DataFrame], samples: int, shift: float, random: np.random.Generator, base: int
) -> pd.DataFrame:
    """Answers of a model whose logits are *shift* lower, twice as much in the tail."""
    parts = []
    for name, table in benchmarks.items():
        lower = shift * table["stratum"].map({"head": 0.7, "middle": 1.0, "tail": 1.6}) + 0.1 * base
        chance = 1 / (1 + np.exp(-(table["easy"] - lower)))
        greedy = (1 / (1 + np.exp(-(table["easy"] - lower + 0.8))) > 0.5).astype(int)
        counts = random.binomial(samples, chance)
        part = table.drop(columns="easy").assign(benchmark=name, greedy=greedy, n=samples, c=counts)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _arm(
    made: Made,
    label: str,
    benchmarks: Mapping[str, pd.DataFrame],
    first: pd.DataFrame,
    samples: int,
    last: int,
    rounds: int,
    seed: int,
    random: np.random.Generator,
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    pages, rows, shift, wrong = [], [], 0.0, made.wrong
    who = {"label": label, "policy": made.policy, "base": seed % 2, "seed": seed}
    origin: dict[str, float] = {}
    for t in range(last + 1):
        scores = first if t == 0 else _scores(benchmarks, samples, shift, random, seed % 2)
        rows += [{**who, "round": t, **row} for row in scores.to_dict("records")]
        correct = float(np.clip(0.7 - 0.13 * shift + random.normal(0, 0.01), 0.02, 1))
        page = _page(made, t, rounds, scores, correct, float(np.clip(wrong, 0, 1)), origin, random)
        origin = origin or {"acceptance": page["acceptance_frozen"] or 0.0, "correctness": page["correctness_held_out"]}
        pages.append(page)
        good = correct * made.right / max(1e-9, correct * made.right + (1 - correct) * wrong)
        shift += 0.12 + 0.75 * (1 - (1.0 if made.control == "human" else good)) + random.normal(0, 0.05)
        wrong = float(np.clip(wrong + made.relaxing * random.uniform(0.6, 1.4), 0, 1))
    arm = {
        **who,
        "control": made.control,
        "match": made.match,
        "flip": 0.0,
        "data_rule": "replace",
        "human_share": 0.0,
        "start": "previous",
        "policy_hash": None if made.control else "0" * 64,
        "gate_versions": None if made.control else {},
        "kind": made.kind,
        "rounds": pages,
    }
    return arm, rows


def _page(
    made: Made,
    t: int,
    rounds: int,
    scores: pd.DataFrame,
    correct: float,
    wrong: float,
    origin: Mapping[str, float],
    random: np.random.Generator,
) -> dict[str, Any]:
    found = {name: _benchmark(table) for name, table in scores.groupby("benchmark", sort=False)}
    first = next(iter(found.values()))
    judged = made.control != "human"
    accept = correct * made.right + (1 - correct) * wrong if judged else None
    precision = correct * made.right / accept if accept else None
    auroc = float(np.clip(0.79 - 0.02 * t + random.normal(0, 0.01), 0.4, 1)) if made.scored else None
    sides = None
    if judged and made.control != "oracle":
        quality = {"acceptance": accept, "auroc": auroc, "precision": precision}
        rates = {"recall": made.right, "wrong_accept_rate": wrong, "right_accept_rate": made.right}
        frozen = {"recall": made.right, "wrong_accept_rate": max(0.0, 0.9 * made.wrong - 0.01 * t)}
        sides = {
            "fresh": {"n": 200, **quality, **rates},
            "frozen": {"n": 200, **quality, **rates, **frozen, "right_accept_rate": made.right},
        }
    index = None
    if sides and accept is not None:
        index = 0.0 if not origin else (accept - origin["acceptance"]) - (correct - origin["correctness"])
    far = t * made.narrowing
    wander = float(random.normal(0, 0.01))
    return {
        "round": t,
        "pass_at_1_greedy": first["greedy"],
        "pass_at_1_sampled": first["sampled"],
        "pass_at_k": {"4": None if first["sampled"] is None else min(1.0, first["sampled"] + 0.15)},
        "benchmarks": found,
        "strata": {name: part["sampled"] for name, part in first["strata"].items()},
        "acceptance": accept,
        "acceptance_frozen": accept,
        "correctness": correct,
        "wrong_accept_rate": wrong if judged else None,
        "gate_precision": precision,
        "gate_recall": made.right if judged else None,
        "gate_auroc": auroc,
        "gate_errors": 0.0 if judged else None,
        "held_out": sides,
        "correctness_held_out": correct,
        "rubber_stamp_index": index,
        "total_variation": abs(made.right - wrong) * 0.3 if judged else None,
        "drift": {
            "own_nll_round0": 0.52 + 0.06 * far + wander,
            "human_nll": 0.41 + 0.05 * t,
            "entropy": 0.5 - 0.03 * far,
        },
        "diversity": {
            "distinct_2": 0.20 - 0.008 * far + wander / 5,
            "self_bleu": 0.62 + 0.018 * far,
            "compression": 6.1 + 0.2 * far,
            "duplicate_share": 0.08 + 0.02 * far,
            "vendi": 41 - 2.1 * far,
            "per_prompt": 0.74 - 0.04 * far,
        },
        "spectrum": {side: {"-1": _spectrum(far, width, wander)} for side, width in (("own", 31.0), ("human", 34.0))},
        "tail_recall": float(np.clip(0.55 - 0.03 * far + wander, 0, 1)),
        "degeneracy": {"stop_rate": 0.97 - 0.005 * t, "cap_rate": 0.03 + 0.005 * t, "repeated_line_share": 0.04},
        "contamination": None if t == rounds else _contamination(far),
        "endings": {
            "passed": int(600 * correct),
            "wrong": int(340 * (1 - correct)),
            "SyntaxError": 40,
            "IndexError": 12,
        },
        "documents": None if t == rounds else _documents(made, accept),
        "final_loss": None if t == 0 else 0.4 - 0.02 * t,
        "seconds": {"generate": 3.4, "gate": 2.0, "train": 7.6, "evaluate": 1.8, "probe": 0.6},
    }


def _documents(made: Made, accept: float | None) -> dict[str, int]:
    if made.control == "human":
        return {"synthetic": 0, "human": 600, "lesson": 0}
    return {"synthetic": int(600 * (accept or 0)), "human": 0, "lesson": 0}


def _contamination(far: float) -> dict[str, Any]:
    human = {"10": 0.11, "13": 0.042, "ast": 0.009}
    return {"10": 0.12 + 0.005 * far, "13": 0.047 + 0.002 * far, "ast": 0.011 + 0.001 * far, "human": human}


def _spectrum(far: float, width: float, wander: float) -> dict[str, float]:
    rank = width - 0.9 * far + 10 * wander
    return {
        "effective_rank": rank,
        "participation_ratio": rank * 0.4,
        "first_share": 0.16 + 0.004 * far,
        "first_to_second": 1.6 + 0.05 * far + wander,
    }


def _benchmark(table: pd.DataFrame) -> dict[str, Any]:
    strata = {s: _score(part) for s, part in table.groupby("stratum", sort=False)}
    return {**_score(table), "strata": strata}


def _score(table: pd.DataFrame) -> dict[str, float | None]:
    sampled = float((table["c"] / table["n"]).mean()) if table["n"].all() else None
    return {"greedy": float(table["greedy"].mean()), "sampled": sampled}


def _flat(pages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the scalar columns, one row an arm and round, nested ones under dotted names."""
    rows = []
    for arm in pages:
        who = {key: value for key, value in arm.items() if key not in ("rounds", "gate_versions")}
        for page in arm["rounds"]:
            rows.append({**who, **{key: value for key, value in page.items() if not isinstance(value, dict)}})
    return rows
