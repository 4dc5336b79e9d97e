"""What a card says of its study, and of how the numbers were made."""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from collapse_lab.metrics.intervals import Interval as Found
from collapse_lab.report.reading import ReportError, Run
from gates.evidence.card import Benchmark, Interval, Made, Study

# What is typed for this machine and decides no number, and whether a value follows it.
_LOCAL = {"--out", "--workers", "--queue", "--redis", "--share"}
_RAW = ("summary.json", "tables/scores.parquet")


def rounded(value: float) -> float:
    """Return a number with the six digits that a card keeps; more would differ from machine to machine."""
    return float(f"{value:.6g}")


def interval(found: Found | None) -> Interval | None:
    """Return a measured interval in a card's form."""
    if found is None:
        return None
    return Interval(estimate=rounded(found.estimate), low=rounded(found.low), high=rounded(found.high))


def plain_name(name: str) -> str:
    """Return a name that a card may hold: other characters than it allows become hyphens."""
    return re.sub(r"[^A-Za-z0-9._~%@+-]", "-", name).lstrip("._~%@+-")[:100] or "unnamed"


def study_of(run: Run, keys: Iterable[tuple[int, int]]) -> Study:
    """Return the study's facts, with the (base, seed) pairs that the numbers are of."""
    settings, pairs = run.settings, sorted(keys)
    name = run.benchmarks[0]
    benchmark = run.summary["benchmarks"][name]
    return Study(
        name=run.name,
        question=_words(run.summary["question"]),
        quick=bool(run.summary["quick"]),
        model=_model(settings["model"]),
        model_settings=settings["model"],
        data_rule=_data_rule(settings["data"]),
        start=settings["start"],
        rounds=rounds_of(run),
        seeds=tuple(seed for _, seed in sorted(pairs, key=lambda pair: pair[1])),
        bases=tuple(sorted({base for base, _ in pairs})),
        prompts=settings["prompts"],
        samples=settings["evaluation"]["samples"],
        benchmark=Benchmark(name=name, tasks=benchmark["tasks"], hash=benchmark["hash"]),
    )


def rounds_of(run: Run) -> int:
    """Return the last round that was asked for."""
    return int(run.summary.get("rounds") or run.settings["rounds"])


def made_of(run: Run) -> Made:
    """Return where a run's numbers come from. Raises ``ReportError`` where its raw results cannot be read."""
    summary = run.summary
    return Made(
        revision=summary["code"]["revision"],
        versions={plain_name(name): _words(text) for name, text in summary["versions"].items()},
        hardware={
            plain_name(name): _words(value) if isinstance(value, str) else value
            for name, value in summary["hardware"].items()
        },
        commands=commands(str(summary["command"]), run.name, quick=bool(summary["quick"])),
        results={file: _digest(run.folder / file) for file in _RAW},  # type: ignore[misc]
    )


def commands(typed: str, study: str, *, quick: bool) -> tuple[str, str]:
    """Return the two commands that make a card again: what was *typed*, less what is only of the machine."""
    words, kept = iter(shlex.split(typed)), list[str]()
    for word in words:
        option, equals, _ = word.partition("=")
        if option not in _LOCAL:
            kept.append(Path(word).name if word.endswith((".yml", ".yaml")) else word)
        elif not equals:
            next(words, None)
    folder = f"runs/{study}-quick" if quick else f"runs/{study}"
    return shlex.join(kept), f"collapse-lab evidence {folder} --out gates/evidence/"


def _digest(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise ReportError(f"{file} cannot be read: {error.strerror}.") from error


def _data_rule(settings: dict[str, Any]) -> str:
    quota, prose = settings.get("quota"), settings.get("prose_share")
    parts = [str(settings["rule"]), *([f"quota-{quota}"] if quota else []), *([f"prose-{prose:.0%}"] if prose else [])]
    return "-".join(parts)


def _model(settings: dict[str, Any]) -> str:
    if settings["kind"] == "pretrained":
        tuned = settings.get("tuned")
        behind = f", tuned on {tuned['documents']} human documents before round 0" if tuned else ""
        return f"{_words(settings['name'])}, whose weights others trained{behind}"
    if settings["kind"] != "pocket":
        return str(settings["kind"])
    return (
        f"a Llama of {settings['layers']} layers and width {settings['width']}, trained from nothing on "
        f"{settings['documents']} small functions"
    )


def _words(text: str) -> str:
    """Return text as a card may hold it: printable ASCII."""
    return re.sub(r"[^ -~]", "?", text)[:2000]
