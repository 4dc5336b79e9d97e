"""The execution diagnosis of a run: how the raw samples of each arm and round end as programs.

Nothing of the run is made again: samples are those that it kept. What came out is an artifact beside them, so that a
diagnosis that was interrupted goes on where it stood, and arms that share a pool, as all do in round 0, share this,
too.
"""

from __future__ import annotations

import csv
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from collapse_lab.arms import Cell
from collapse_lab.execution import programs
from collapse_lab.execution.harness import Harness
from collapse_lab.execution.programs import LIMITS, Ended, Observe
from collapse_lab.job import Plan, folder_of
from collapse_lab.lab import Lab
from collapse_lab.manifest import ManifestError, manifest
from collapse_lab.manifest import read as manifest_of
from collapse_lab.place import Place
from collapse_lab.pool import Pool
from collapse_lab.revision import made_by
from collapse_lab.sample import seed_of
from collapse_lab.shared import share_of
from collapse_lab.store import Artifact, Store, key_of, write_json, write_rows
from collapse_lab.whole import whole
from collapse_lab.workshop import Workshop

SAMPLES = 500
STAGE = "diagnose"
TABLE, ENDINGS = "diagnosis", "diagnosis-endings"
_FILE = "diagnosis.json"
_CODE = ("collapse_lab/execution", "gates/sandbox")


class DiagnosisError(ValueError):
    """A run that cannot be diagnosed; the message says why, and what to do."""


@dataclass(frozen=True)
class Diagnosed:
    """What came of an arm's samples in a round. Counts: of ``samples`` so many ``compiled``, ran (``strict``), ran or
    asked for what is not installed (``relaxed``). ``endings``: how many ended how, the most frequent first."""

    label: str
    base: int
    seed: int
    round: int
    samples: int
    compiled: int
    strict: int
    relaxed: int
    endings: dict[str, int]

    @property
    def who(self) -> tuple[str, int, int, int]:
        """Arm, base, seed and round."""
        return self.label, self.base, self.seed, self.round


class _Kept(Store):
    """A store in which nothing but diagnoses is made."""

    def make(self, key: str, stage: str, build: Callable[[Path], None]) -> Artifact:
        if stage == STAGE:
            return super().make(key, stage, build)
        raise DiagnosisError(f"an artifact of stage `{stage}` is not there")


def diagnose(
    folder: Path, only: int | None, samples: int, workers: int, told: Callable[[Diagnosed], None]
) -> list[Diagnosed]:
    """Diagnose the rounds of a run that are done (*only* one of them), up to *samples* of each, and write its tables.

    They are written anew with every round, and *told* hears of it. Raises ``DiagnosisError``, and ``SandboxError``
    where no sandbox works: samples never run without one.
    """
    plan = _plan(folder)
    wanted = [(cell, t) for number, cell in enumerate(plan.cells()) for t in _rounds(folder, plan, number, only)]
    if not wanted:
        raise DiagnosisError(
            f"{folder} has no {'round' if only is None else f'round {only}'} that is done. "
            f"`collapse-lab status {folder}` says how far it is."
        )
    places = {(cell.label, cell.base, cell.seed): place for place, cell in enumerate(plan.cells())}
    # A run may have gone on with other arms since.
    found = {one.who: one for one in read(folder) if one.who[:3] in places}
    with _opened(folder, plan, workers) as (lab, observe):
        for cell, t in wanted:
            one = _diagnosed(lab, cell, t, samples, observe)
            found[one.who] = one
            _write(folder, sorted(found.values(), key=lambda one: (places[one.who[:3]], one.round)))
            told(one)
    return read(folder)


def read(folder: Path) -> list[Diagnosed]:
    """Return what is known of a run; nothing where it was never diagnosed."""
    kept = Artifact("", folder)
    return [Diagnosed(**row) for row in kept.json(_FILE)] if (folder / _FILE).is_file() else []


def count(ended: Sequence[Ended]) -> dict[str, Any]:
    """Return the counts of a ``Diagnosed``."""
    endings = Counter(one.ending for one in ended)
    return {
        "samples": len(ended),
        "compiled": sum(one.compiled for one in ended),
        "strict": sum(one.strict for one in ended),
        "relaxed": sum(one.relaxed for one in ended),
        "endings": dict(sorted(endings.items(), key=lambda item: (-item[1], item[0]))),
    }


def chosen(count: int, most: int, seed: int) -> list[int]:
    """Return the places of *most* of *count* samples, drawn by a seed, in their order; all where there are no more."""
    return sorted(random.Random(seed).sample(range(count), min(most, count)))  # noqa: S311 - no secret


def _plan(folder: Path) -> Plan:
    try:
        plan, made = Plan.read(folder), manifest_of(folder)
    except (OSError, ValueError, KeyError, TypeError, ManifestError) as error:
        raise DiagnosisError(
            f"{folder} holds no run whose samples could be looked at ({error}). What `merge` put together holds tables "
            "alone: diagnose its parts."
        ) from error
    if plan.study.tasks.answered:
        raise DiagnosisError(f"Study {plan.study.name} asks for answers in words, and these are no programs.")
    now = manifest(plan.study)
    differing = [key for key in now if made.get(key) != now[key]]
    if differing:
        raise DiagnosisError(
            f"The samples in {folder} were made by something else than is installed here ({', '.join(differing)}), and "
            "are not found. Diagnose a run with the code and the versions that made it."
        )
    return plan


def _rounds(folder: Path, plan: Plan, number: int, only: int | None) -> Iterator[int]:
    for t in range(plan.rounds + 1) if only is None else (only,):
        if (folder_of(folder, number) / f"round-{t}.json").is_file():
            yield t


@contextmanager
def _opened(folder: Path, plan: Plan, workers: int) -> Iterator[tuple[Lab, Observe]]:
    place = Place.named(folder, share_of(folder))
    store, bases = (_Kept(one.root, one.behind) for one in place.stores(Path(plan.bases)))
    lab = Lab(plan.study, store, bases, Workshop(plan.study), lambda stage, key, seconds: None)
    with Harness(workers, LIMITS) as harness:
        yield lab, harness.observe


def _diagnosed(lab: Lab, cell: Cell, t: int, samples: int, observe: Observe) -> Diagnosed:
    try:
        pool = lab.pool(cell, t)
    except DiagnosisError as error:
        raise DiagnosisError(
            f"The samples of arm {cell.name} in round {t} are not to be had: {error}. A run keeps them, and finds them "
            "where its weights and prompts are; `collapse-lab run` makes again what is missing."
        ) from error
    seed = seed_of("diagnose", cell.seed, t)
    key = key_of(
        STAGE,
        pool=pool.artifact.key,
        samples=samples,
        seed=seed,
        limits=LIMITS.model_dump(mode="json"),
        **made_by(_CODE),
    )

    def build(path: Path) -> None:
        places = chosen(len(pool.samples), samples, seed)
        ended = programs.run([_text(pool, place) for place in places], observe)
        rows = [{"id": pool.samples[p].id, **asdict(one)} for p, one in zip(places, ended, strict=True)]
        write_rows(path / "ended.jsonl", rows)

    rows = lab.make(STAGE, key, build).rows("ended.jsonl")
    ended = [Ended(row["compiled"], row["ending"]) for row in rows]
    return Diagnosed(cell.label, cell.base, cell.seed, t, **count(ended))


def _text(pool: Pool, place: int) -> str:
    return pool.tasks[place].program(pool.samples[place].completion)


def _write(folder: Path, found: Sequence[Diagnosed]) -> None:
    write_json(folder / _FILE, [asdict(one) for one in found])
    tables = folder / "tables"
    tables.mkdir(exist_ok=True)
    who = ("label", "base", "seed", "round")
    counts = (*who, "samples", "compiled", "strict", "relaxed")
    _csv(tables / f"{TABLE}.csv", counts, [[asdict(one)[name] for name in counts] for one in found])
    endings = [[*one.who, ending, number] for one in found for ending, number in one.endings.items()]
    _csv(tables / f"{ENDINGS}.csv", (*who, "ending", "samples"), endings)


def _csv(file: Path, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    with whole(file) as part, part.open("w", encoding="utf-8", newline="") as handle:
        table = csv.writer(handle, lineterminator="\n")
        table.writerows([columns, *rows])
