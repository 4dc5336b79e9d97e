"""Do the shipped cards' claims still stand? A reduced study is run, and no claim may be turned round by it.

``python -m tests.evidence_check``: runs ``collapse-lab run pocket-presets --quick``, and compares. A claim of a card
is that its policy keeps separably more, or less, than one of its controls. The reduced study contradicts it where its
own interval of the same difference, or the two arms' intervals of retention, lie wholly on the other side. One seed
and three rounds are too few to confirm a claim: what is looked for is a change that turned something round.

Exit status: 0 no claim is contradicted, 1 one is, or nothing could be compared.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from collapse_lab.evidence.cards import is_plain
from collapse_lab.report.contrasts import contrast
from collapse_lab.report.reading import Run, read
from collapse_lab.report.retention import retained
from collapse_lab.report.scores import Scores
from gates.evidence.card import Card, Contrast
from gates.evidence.shelf import Shelved, shelf, shipped

STUDY = "pocket-presets"
_SIDES = ("ungated", "random", "human")


@dataclass(frozen=True)
class Compared:
    """One claim, what the reduced study measured of it, and whether that contradicts it."""

    claim: str
    measured: str
    contradicted: bool


def compare(run: Run, cards: Iterable[Shelved]) -> list[Compared]:
    """Return every claim of the cards that a run has both arms of. Stale cards claim nothing."""
    scores = Scores(run.scores, run.benchmarks[0])
    labels = {run.arms_of(label)[0].facts["policy_hash"]: label for label in run.labels if is_plain(run, label)}
    found = []
    for one in cards:
        label = labels.get(one.card.policy.hash)
        if label is None or one.stale is not None:
            continue
        for claim in _claims(one.card):
            if claim.against in run.labels and (result := _look(run, scores, label, claim)) is not None:
                found.append(result)
    return found


def _claims(card: Card) -> list[Contrast]:
    every = [getattr(card.summary.contrasts, side) for side in _SIDES]
    return [claim for claim in every if claim is not None and claim.says != "not separable"]


def _look(run: Run, scores: Scores, label: str, claim: Contrast) -> Compared | None:
    found = contrast(run, scores, label, claim.against)
    if found is None:
        return None
    sign = 1 if claim.says == "more" else -1
    difference = found.difference
    turned = max(sign * difference.low, sign * difference.high) < 0
    mine, other = (retained(scores, name, found.round) for name in (label, claim.against))
    apart = mine is not None and other is not None and (mine.high < other.low if sign > 0 else mine.low > other.high)
    ends = f"{100 * difference.low:+.1f} to {100 * difference.high:+.1f}"
    return Compared(
        f"{label} keeps {claim.says} than {claim.against} ({100 * claim.difference.estimate:+.1f} points)",
        f"{100 * difference.estimate:+.1f} points ({ends}) after {found.round} rounds",
        turned or apart,
    )


def report(found: list[Compared]) -> int:
    """Print what came of each claim; return the exit status."""
    for one in found:
        print(f"{'CONTRADICTED' if one.contradicted else 'stands':<13} {one.claim}; now {one.measured}")
    wrong = sum(one.contradicted for one in found)
    if not found:
        print("No claim of a card could be compared: the cards are missing or stale, or of other policies.")
    elif wrong:
        print(f"{wrong} of {len(found)} claims are contradicted. Measure again, and look at what changed.")
    else:
        print(f"None of {len(found)} claims is contradicted.")
    return 1 if wrong or not found else 0


def main() -> int:
    """Run the reduced study, or take a run, and compare."""
    parser = argparse.ArgumentParser(description="Compare the shipped cards' claims with a reduced study.")
    parser.add_argument("--run", type=Path, help=f"a run to compare with [`{STUDY} --quick`, run now]")
    parser.add_argument("--cards", type=Path, help="a folder of cards beside those that ship")
    given = parser.parse_args()
    folder = given.run or Path("runs") / f"{STUDY}-quick"
    if given.run is None:
        lab = str(Path(sys.executable).with_name("collapse-lab"))
        done = subprocess.run([lab, "run", STUDY, "--quick", "--out", str(folder)], check=False)
        if done.returncode:
            print(f"The reduced study failed with exit status {done.returncode}: nothing was compared.")
            return 1
    cards = shelf([given.cards]) if given.cards else shipped()
    for problem in cards.problems:
        print(problem)
    return report(compare(read(folder), cards.cards))


if __name__ == "__main__":
    sys.exit(main())
