"""What a round trains on: accepted samples, earlier data and human documents, mixed by the arm's data rule; and
natural-language texts beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

from collapse_lab import revision
from collapse_lab.arms import Cell
from collapse_lab.policies import policy_of
from collapse_lab.pool import Judged
from collapse_lab.revision import made_by
from collapse_lab.sample import seed_of
from collapse_lab.self_gates.context import Teaches
from collapse_lab.stages.mix import Item, mix, texts_beside
from collapse_lab.store import Artifact, key_of, write_json, write_rows
from gates import registry

if TYPE_CHECKING:
    from collapse_lab.lab import Lab
    from collapse_lab.pools.prose import ProsePool
    from collapse_lab.study import Study


def most_texts(study: Study, cells: Iterable[Cell]) -> int:
    """Return how many natural-language texts a round of some arms may mix in; what accumulates may come to need more.

    With a quota, as if it were filled; without, as if all were accepted.
    """
    return max((texts_beside(c.data.quota or study.prompts, c.prose_share) for c in cells), default=0)


@dataclass(frozen=True)
class Documents:
    """Makes the documents of a study's arms, as artifacts of its lab."""

    _lab: Lab

    def of(self, cell: Cell, t: int) -> Artifact:
        """Return what trains M_{t+1}."""
        rule, human_only = cell.data, cell.judge.control == "human"
        chunks = [] if human_only else self._chunks(cell, t)
        adds_up = rule.rule.startswith("accumulate")
        earlier = [self._lab.documents(cell, past).key for past in range(t)] if adds_up else []
        seed = seed_of("mix", cell.seed, t)
        key = key_of(
            "mix",
            rule=rule.model_dump(mode="json"),
            human_only=human_only,
            accepted=[[c.pool.artifact.key, c.accepted] for c in chunks],
            lessons=cell.judge.policy if self._teaches(cell) else None,
            earlier=earlier,
            base=cell.base if adds_up else None,
            human=[self._lab.workshop.source.identity, cell.seed, t, self._humans(cell)],
            seed=seed,
            **({"prose": [self._texts.identity, cell.seed, t]} if cell.prose_share else {}),
            **made_by(revision.MODEL),
        )

        def build(path: Path) -> None:
            accepted = [item for c in chunks for item in _items(c, t + 1)]
            human = self._human(cell, t) if human_only or rule.human_share else []
            kept = self._kept(cell, t) if adds_up else []
            drawn = human if human_only else mix(rule, accepted, kept, human, seed)
            lessons = [lesson for c in chunks for lesson in self._lessons(cell, c, t + 1)]
            code = [*drawn, *lessons]
            items = [*code, *self._prose(cell, t, len(code))]
            write_rows(path / "documents.jsonl", (item.as_row() for item in items))
            origins = Counter(item.origin for item in items)
            write_json(path / "counts.json", {"documents": len(items), **origins})

        return self._lab.make("mix", key, build)

    def _chunks(self, cell: Cell, t: int) -> list[Judged]:
        """Return pool t, and further sets until the quota is reached or the most raw samples are spent."""
        chunks = [self._lab.judged(cell, t)]
        quota = cell.data.quota
        while quota and len(chunks) < ceil(cell.data.most_raw):
            found = {(c.pool.samples[i].task, c.pool.samples[i].completion) for c in chunks for i in c.accepted}
            if len(found) >= quota:
                break
            chunks.append(self._lab.judged(cell, t, len(chunks)))
        return chunks

    def _human(self, cell: Cell, t: int) -> list[Item]:
        tasks = self._lab.workshop.pool("human", seed_of("human", cell.seed, t), self._humans(cell))
        return [Item(task.prompt, task.reference, task.id, "human", t + 1) for task in tasks]

    def _humans(self, cell: Cell) -> int:
        """Return how many fresh human documents a round may need: with a quota, as many as it asks for."""
        prompts, quota = self._lab.study.prompts, cell.data.quota
        return quota or prompts if cell.judge.control == "human" else max(prompts, quota or 0)

    @cached_property
    def _texts(self) -> ProsePool:
        from collapse_lab.pools.prose import prose_of

        return prose_of(self._lab.study, self._lab.benchmarks)

    def _prose(self, cell: Cell, t: int, documents: int) -> list[Item]:
        """Return the texts of a round beside so many documents. They have no prompt: all of a text is learnt, whether
        prompts are or not."""
        count = texts_beside(documents, cell.prose_share)
        texts = self._texts.draw(seed_of("prose", cell.seed, t), count) if count else []
        return [Item("", text.completion, f"{self._texts.name}-{text.sha256[:12]}", "prose", t + 1) for text in texts]

    def _kept(self, cell: Cell, t: int) -> list[Item]:
        """Return what the accumulating rules keep: the base's documents, and every earlier round's accepted samples."""
        base = [
            Item(*document, "", "human", 0)
            for document in self._lab.workshop.base_documents(self._lab.study, cell.base)
        ]
        rounds = [item for past in range(t) for c in self._chunks(cell, past) for item in _items(c, past + 1)]
        return base + rounds

    def _teaches(self, cell: Cell) -> bool:
        return cell.judge.policy is not None and any(
            isinstance(registry.get(name), Teaches) for name in policy_of(cell.judge.policy).active()
        )

    def _lessons(self, cell: Cell, judged: Judged, t: int) -> list[Item]:
        if not self._teaches(cell):
            return []
        gates = [registry.get(name) for name in policy_of(cell.judge.policy or "").active()]
        teacher = next(g for g in gates if isinstance(g, Teaches))
        pool = judged.pool
        said = [bool(row["accepted"]) for row in judged.verdicts]
        return [Item(*d, "", "lesson", t) for d in teacher.lessons(pool.tasks, pool.samples, said)]


def _items(judged: Judged, t: int) -> list[Item]:
    pool = judged.pool
    return [
        Item(pool.tasks[i].prompt, pool.samples[i].completion, pool.tasks[i].id, "synthetic", t)
        for i in judged.accepted
    ]
