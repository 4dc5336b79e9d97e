"""One arm in one process: every round's artifacts, and a page of numbers for each as it is ready.

``python -m collapse_lab.job FOLDER NUMBER``: FOLDER holds ``plan.json`` (the study, the cells, the rounds), NUMBER
is the cell's place in it. A killed job is started again with the same arguments and goes on.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from collapse_lab.arms import Cell, cells
from collapse_lab.store import Store, write_json, write_rows
from collapse_lab.study import Study


@dataclass(frozen=True)
class Plan:
    """What a run does: the study, the arms chosen, the last round, and where bases are kept."""

    study: Study
    pattern: str
    seeds: int | None
    rounds: int
    bases: str

    def cells(self) -> list[Cell]:
        """Return the arms, in the order in which they are begun."""
        return cells(self.study, self.pattern, self.seeds)

    def write(self, folder: Path) -> None:
        """Write the plan into a run's folder."""
        write_json(folder / "plan.json", {**self.__dict__, "study": self.study.model_dump(mode="json")})

    @classmethod
    def read(cls, folder: Path) -> Plan:
        """Read a run's plan."""
        found = json.loads((folder / "plan.json").read_text("utf-8"))
        return cls(**{**found, "study": Study.model_validate(found["study"])})


def folder_of(out: Path, number: int) -> Path:
    """Return where the pages of one arm's rounds lie."""
    return out / "arms" / f"{number:03d}"


def do(out: Path, number: int, told: Callable[[dict[str, object]], None]) -> None:
    """Run one arm to its last round; *told* hears of every artifact made and every round ended."""
    from collapse_lab.lab import Lab
    from collapse_lab.looks import Looks
    from collapse_lab.measures import measure
    from collapse_lab.workshop import Workshop

    plan = Plan.read(out)
    cell = plan.cells()[number]
    pages = folder_of(out, number)
    pages.mkdir(parents=True, exist_ok=True)

    def seen(stage: str, key: str, seconds: float) -> None:
        told({"arm": number, "stage": stage, "key": key, "seconds": seconds})

    with Workshop(plan.study) as workshop:
        lab = Lab(plan.study, Store(out), Store(Path(plan.bases)), workshop, seen)
        looks = Looks(lab)
        for t in range(plan.rounds + 1):
            page, rows = measure(looks, cell, t, last=t == plan.rounds)
            write_rows(pages / f"scores-{t}.jsonl", rows)
            write_json(pages / f"round-{t}.json", page)
            told({"arm": number, "round": t})


def main() -> None:
    """Run the arm named on the command line; events go to its log, one JSON line each."""
    out, number = Path(sys.argv[1]), int(sys.argv[2])
    log = out / "logs" / f"{number:03d}.jsonl"
    log.parent.mkdir(parents=True, exist_ok=True)
    import torch

    # One arm a core: threads of several arms would only wait for each other.
    torch.set_num_threads(1)
    with log.open("a", encoding="utf-8", buffering=1) as handle:
        do(out, number, lambda event: print(json.dumps({"at": round(time.time(), 1), **event}), file=handle))


if __name__ == "__main__":
    main()
