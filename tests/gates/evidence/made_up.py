"""Cards made up for tests. Nothing in them was measured; their study is called so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from gates import registry
from gates.evidence.card import (
    Benchmark,
    Card,
    Contrast,
    Contrasts,
    Curves,
    Diversity,
    Facts,
    Interval,
    Kept,
    Made,
    MeasuredPolicy,
    Round,
    RubberStamp,
    Study,
    made_card,
)
from gates.evidence.exposure import Exposure, Point, made_exposure
from gates.evidence.verdicts import says
from gates.policy import Policy
from gates.presets import parse

Source = Literal["preset", "lab", "file"]
NOTHING = Diversity(
    distinct_2=None, self_bleu=None, compression=None, duplicate_share=None, vendi=None, per_prompt=None
)


def interval(estimate: float, width: float = 0.1) -> Interval:
    return Interval(estimate=estimate, low=estimate - width, high=estimate + width)


def study(seeds: int = 3, rounds: int = 2, *, quick: bool = False) -> Study:
    return Study(
        name="made-up",
        question="SYNTHETIC: nothing here was measured.",
        quick=quick,
        model="made up",
        model_settings={},
        data_rule="replace",
        start="previous",
        rounds=rounds,
        seeds=tuple(range(seeds)),
        bases=(0,),
        prompts=10,
        samples=2,
        benchmark=Benchmark(name="made-up", tasks=10, hash="0" * 64),
    )


def made() -> Made:
    digests = {"summary.json": "1" * 64, "tables/scores.parquet": "2" * 64}
    return Made(
        revision="0" * 64,
        versions={"python": "3.11.0"},
        hardware={"processor": "SYNTHETIC", "cores": 2},
        commands=("collapse-lab run made-up", "collapse-lab evidence runs/made-up --out gates/evidence/"),
        results=digests,  # type: ignore[arg-type]
    )


def contrast(against: str, difference: float | None, seeds: int = 3) -> Contrast | None:
    """A contrast that is separable by its sign; at 0 it is not, and for ``None`` there is none."""
    if difference is None:
        return None
    p, agreeing = (0.001, seeds) if difference else (0.7, seeds - 1)
    return Contrast(
        against=against,
        round=2,
        difference=interval(difference, 0.02),
        seeds=seeds,
        agreeing=agreeing,
        p_holm=p,
        says=says(difference, p, agreeing, seeds),
    )


def card(
    policy: Policy,
    *,
    name: str | None = None,
    source: Source = "file",
    kept: float | None = 0.9,
    ungated: float | None = 0.2,
    random: float | None = 0.2,
    human: float | None = 0.0,
    seeds: int = 3,
    rounds: int = 2,
    index: tuple[float, ...] | None = (0.01, 0.02, -0.01),
    acceptance: float | None = 0.6,
    complete: bool = True,
    quick: bool = False,
    versions: dict[str, str] | None = None,
    hash_: str | None = None,
    settings: dict[str, Any] | Literal["its own"] | None = "its own",
) -> Card:
    """A card of a policy. ``ungated``, ``random`` and ``human`` are its contrasts: see ``contrast``."""
    name = name or policy.name
    blocking = [gate for gate, rule in policy.active().items() if rule.level == "block"]
    kinds = {registry.get(gate).kind.value for gate in blocking}
    own = {gate: policy.settings_of(gate).model_dump(mode="json") for gate in blocking}
    page = {
        "acceptance": acceptance,
        "acceptance_frozen": acceptance,
        "correctness_held_out": 0.5,
        "pass_at_1": interval(0.4),
        "greedy": None,
        "pass_at_k": {},
        "strata": {"head": interval(0.5), "middle": None, "tail": None},
        "diversity": NOTHING,
        "effective_rank": None,
        "gate": None,
        "contamination": None,
        "rubber_stamp_index": None,
    }
    facts = Facts(
        round=rounds,
        seeds=seeds,
        complete=complete,
        mean_acceptance=acceptance,
        retention=Kept(
            policy=interval(kept) if kept is not None else None,
            ungated=interval(0.41) if ungated is not None else None,
            random=interval(0.4) if random is not None else None,
            human=interval(0.92) if human is not None else None,
        ),
        contrasts=Contrasts(
            ungated=contrast("none", ungated, seeds),
            random=contrast(f"random@{name}", random, seeds),
            human=contrast("human", human, seeds),
        ),
        rubber_stamp=RubberStamp(mean=sum(index) / len(index), seeds=index) if index else None,
    )
    measured = MeasuredPolicy(
        name=name,
        hash=hash_ or policy.hash,
        source=source,
        kind=next((k for k in ("endogenous", "anchored", "exogenous") if k in kinds), "none"),
        gates=versions or {gate: registry.get(gate).version for gate in blocking},
        settings=own if settings == "its own" else settings,
    )
    pages = tuple(Round(round=t, **page) for t in range(rounds + 1))
    return made_card(
        measured, study(seeds, rounds, quick=quick), pages, _curves(ungated, random, human, rounds), facts, made()
    )


def _curves(ungated: float | None, random: float | None, human: float | None, rounds: int) -> Curves:
    flat = tuple(interval(0.3) for _ in range(rounds + 1))
    return Curves(
        ungated=None if ungated is None else flat,
        random=None if random is None else flat,
        human=None if human is None else flat,
    )


def written(folder: Path, *cards: Card) -> Path:
    """Write cards into a folder, as `collapse-lab evidence` does."""
    folder.mkdir(exist_ok=True)
    for number, one in enumerate(cards):
        (folder / f"{number}-{one.policy.name}.json").write_text(text(one), "utf-8")
    return folder


def text(value: Card | Exposure) -> str:
    return json.dumps(value.model_dump(mode="json"), indent=1, sort_keys=True)


def exposure() -> Exposure:
    shares = {0.0: 0.9, 0.5: 0.8, 0.9: 0.5, 1.0: 0.4}
    points = tuple(Point(label=f"arm {s}", share=s, seeds=3, retention=interval(r)) for s, r in shares.items())
    return made_exposure(study(), points, made())


def policy(text: str, name: str = "made-up") -> Policy:
    """A policy of one's own; the author's model may decide alone in it."""
    return parse(text, "test", name, endogenous_alone=True)
