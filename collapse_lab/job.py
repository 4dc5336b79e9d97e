"""Arms in one process, one after the other: every round's artifacts, and a page of numbers for each as it is ready.

``python -m collapse_lab.job FOLDER``: FOLDER holds ``plan.json`` (the study, the cells, the rounds). The process reads
cells' places in it, one a line, and answers each with a line of JSON: ``{"failed": null}``, or why. It ends with its
input, at once where that ends in the middle of an arm. A killed process's arm is given to another, and goes on.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from collapse_lab.arms import Cell, cells
from collapse_lab.asked import Asked
from collapse_lab.doing import Doing
from collapse_lab.place import Place
from collapse_lab.store import write_json, write_rows
from collapse_lab.study import Study
from collapse_lab.whole import whole

if TYPE_CHECKING:
    from collapse_lab.workshop import Workshop


@dataclass(frozen=True)
class Plan:
    """What a run does: the study, the arms chosen, the last round, and where bases are kept.

    ``keep_models``: every round's weights stay, also where they are pretrained and each is hundreds of megabytes.
    """

    study: Study
    pattern: str
    seeds: int | None
    rounds: int
    bases: str
    keep_models: bool = False

    def cells(self) -> list[Cell]:
        """Return the arms, in the order in which they are begun."""
        return cells(self.study, self.pattern, self.seeds)

    def write(self, folder: Path) -> None:
        """Write the plan into a run's folder."""
        write_json(folder / "plan.json", self._rows())

    @classmethod
    def read(cls, folder: Path) -> Plan:
        """Read a run's plan."""
        return cls.parse((folder / "plan.json").read_bytes())

    @classmethod
    def parse(cls, text: bytes) -> Plan:
        """Read a plan. Raises ``ValueError``, ``KeyError`` or ``TypeError`` where the text is none."""
        found = json.loads(text)
        return cls(**{**found, "study": Study.model_validate(found["study"])})

    @property
    def digest(self) -> str:
        """What decides which arm has which number, and how its pages come out, in twelve letters."""
        decides = {key: value for key, value in self._rows().items() if key not in ("bases", "keep_models")}
        return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:12]

    @property
    def prunes(self) -> bool:
        """Whether an arm keeps the weights of its last round alone. A pocket model's are small, and all kept."""
        return self.study.model.kind == "pretrained" and not self.keep_models

    def _rows(self) -> dict[str, Any]:
        return {**self.__dict__, "study": self.study.model_dump(mode="json")}


def folder_of(out: Path, number: int) -> Path:
    """Return where the pages of one arm's rounds lie."""
    return out / "arms" / f"{number:03d}"


def errors_of(out: Path, number: int) -> Path:
    """Return the file that tells how an arm failed."""
    return out / "logs" / f"{number:03d}.err"


def done(out: Path, number: int, rounds: int) -> bool:
    """Return whether an arm's last page is there."""
    return (folder_of(out, number) / f"round-{rounds}.json").is_file()


def do(place: Place, plan: Plan, number: int, workshop: Workshop, log: Path, wanted: Callable[[], None]) -> None:
    """Run one arm to its last round; the log hears of every artifact made, every round ended, and a base's training.

    *wanted* is called before a page is written, and raises where this plan's pages are not wanted any more.
    """
    from collapse_lab.lab import Lab
    from collapse_lab.looks import Looks
    from collapse_lab.measures import measure

    cell = plan.cells()[number]
    pages = folder_of(place.folder, number)
    for folder in (pages, log.parent):
        folder.mkdir(parents=True, exist_ok=True)

    with log.open("a", encoding="utf-8", buffering=1) as handle:

        def told(event: dict[str, object]) -> None:
            print(json.dumps({"at": round(time.time(), 1), "arm": number, **event}), file=handle)

        def seen(stage: str, key: str, seconds: float) -> None:
            told({"stage": stage, "key": key, "seconds": seconds})

        def training(what: str, done: int, of: int) -> None:
            step = Doing(what, done, of)
            if step.told:
                told(step.as_event())

        lab = Lab(plan.study, *place.stores(Path(plan.bases)), workshop, seen, training)
        looks = Looks(lab)
        for t in range(plan.rounds + 1):
            page, rows = measure(looks, cell, t, last=t == plan.rounds)
            wanted()
            scores, numbers = pages / f"scores-{t}.jsonl", pages / f"round-{t}.json"
            # Two processes may write the same page, where one was given up for dead: each writes it whole.
            with whole(scores) as part:
                write_rows(part, rows)
            write_json(numbers, page)
            told({"round": t})
            place.send(log, scores, numbers)
            if plan.prunes:
                lab.forget(cell, t)


def prepare() -> None:
    """Set up a process that runs arms: one a core, since threads of several would only wait for each other."""
    import torch

    torch.set_num_threads(1)


def main() -> None:
    """Run the arms whose numbers come on standard input; each has a log, one JSON line an event."""
    parser = argparse.ArgumentParser(prog="python -m collapse_lab.job", description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--share", help="the address of the run's second home")
    asked = parser.parse_args()
    # What a library prints is no answer.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    from collapse_lab.workshop import Workshop

    plan = Plan.read(asked.folder)
    place = Place.named(asked.folder, asked.share)
    prepare()
    with Workshop(plan.study) as workshop:
        asked_for = Asked(sys.stdin)
        for number in asked_for:
            try:
                do(place, plan, number, workshop, place.log(number), lambda: None)
                failed = None
            except Exception as error:  # noqa: BLE001 - one arm that fails leaves the others alone
                failed = traceback.format_exception_only(error)[-1].strip()
                errors_of(asked.folder, number).write_text(traceback.format_exc(), "utf-8")
            asked_for.done()
            print(json.dumps({"failed": failed}), file=answers)


if __name__ == "__main__":
    main()
