"""Natural-language texts that a round mixes in beside code: drawn by seed, none of them out of a benchmark."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from collapse_lab.pools.clean import decontaminated
from collapse_lab.pools.functions import cached, kept_harvest
from collapse_lab.pools.rows import PoolError, Row
from collapse_lab.pools.texts import read_texts, write_texts
from collapse_lab.pools.wikipedia import ARTICLES, Fetch, articles
from collapse_lab.sample import seed_of

if TYPE_CHECKING:
    from collapse_lab.study import ProseChoice, Study
    from collapse_lab.tasks.task import Benchmark


class ProsePool:
    """Texts, and the benchmarks that none of them may share a run of words with.

    Whether a text does is seen when it is drawn: of a large corpus most texts never are.
    """

    def __init__(
        self, name: str, rows: Sequence[Row], sha256: str, benchmarks: Mapping[str, Benchmark], seed: int = 0
    ) -> None:
        self.name, self._sha256, self._seed = name, sha256, seed
        # In no order but the hashes': where a text stands in its file decides nothing.
        self._rows = sorted(rows, key=lambda row: row.sha256)
        self._documents = {name: [(t.prompt, t.reference) for t in b.tasks] for name, b in benchmarks.items()}
        self._benchmarks = {name: benchmark.hash for name, benchmark in benchmarks.items()}

    @property
    def identity(self) -> dict[str, Any]:
        """What draws hang on: the file's content, what is left out of it, and the pool's seed."""
        return {
            "prose": self.name,
            "sha256": self._sha256,
            "rows": len(self._rows),
            "seed": self._seed,
            "without": self._benchmarks,
        }

    def draw(self, seed: int, count: int) -> list[Row]:
        """Return *count* texts in an order drawn by *seed*, none of them twice.

        Raises ``PoolError`` where there are not as many.
        """
        random = Random(seed_of("prose", self._seed, seed))  # noqa: S311  # a study's draw, no secret
        waiting = random.sample(self._rows, len(self._rows))
        drawn: list[Row] = []
        while len(drawn) < count and waiting:
            wanted = count - len(drawn)
            drawn += decontaminated(waiting[:wanted], self._documents)[0]
            waiting = waiting[wanted:]
        if len(drawn) < count:
            raise PoolError(
                f"A round mixes in {count} texts, and `prose: {{name: {self.name}}}` has {len(drawn)} that overlap no "
                "benchmark. Name a larger corpus (`wikipedia`, or a `file`), or take a smaller `prose_share` or fewer "
                "prompts."
            )
        return drawn


def prose_of(study: Study, benchmarks: Mapping[str, Benchmark]) -> ProsePool:
    """Return the texts that a study names. Raises ``PoolError`` where it names none, or they are not to be had."""
    choice: ProseChoice | None = getattr(study.tasks, "prose", None)
    if choice is None:
        raise PoolError(f"Study {study.name} names no texts: write `prose: {{name: packages}}` under `tasks`.")
    return open_prose(choice, benchmarks)


def open_prose(
    choice: ProseChoice, benchmarks: Mapping[str, Benchmark], cache: Path | None = None, fetch: Fetch | None = None
) -> ProsePool:
    """Return the texts of a choice. Without a file, what is harvested here or fetched from the Hub is kept in *cache*.

    Raises ``PoolError`` where they are not to be had.
    """
    if choice.path is not None:
        path = Path(choice.path).expanduser()
    elif choice.name == "wikipedia":
        path = (cache or cached()) / f"wikipedia-{ARTICLES}.jsonl"
        if not path.is_file():
            write_texts(_distinct(articles(fetch)), path)
    else:
        path = harvested(cache)
    rows, sha256 = read_texts(path)
    return ProsePool(choice.name, rows, sha256, benchmarks, choice.seed)


def harvested(cache: Path | None = None) -> Path:
    """Return the file of this machine's texts; another environment or another version of this code has another."""
    from collapse_lab.pools.collect import collect_prose, save

    return kept_harvest("prose", lambda found, benchmarks, path: save(collect_prose(found, benchmarks), path), cache)


def _distinct(rows: Iterable[Row]) -> list[Row]:
    return list({row.sha256: row for row in rows}.values())
