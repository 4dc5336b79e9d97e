"""The I/O edge of filtering a corpus: which files there are, and where the chosen rows go."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO

from app.export.choice import Choice, Columns, CorpusError, Tally
from app.export.jsonl_corpus import chosen_lines
from app.export.known import Knowledge
from app.export.parquet_corpus import choose_rows

PARQUET, JSONL = (".parquet",), (".jsonl", ".ndjson")
Open = Callable[[Path], AbstractContextManager[IO[bytes]]]


def apply(corpus: Path, output: Path, open_: Open, columns: Columns, knowledge: Knowledge, choice: Choice) -> Tally:
    """Write the rows of *corpus* (a file, or a folder of files) that stay to *output* (the same), and count them.

    *open_* opens a file that is there whole or not at all. A folder is written whole or not at all, too; its files
    that are no part of a corpus are left out. Raises ``CorpusError`` and ``OSError``.
    """
    tally = Tally()
    if not corpus.is_dir():
        with open_(output) as target:
            _file(corpus, target, columns, knowledge, choice, tally)
        return tally
    files = [path for path in sorted(corpus.rglob("*")) if path.suffix in (*PARQUET, *JSONL) and not path.is_dir()]
    if not files:
        raise CorpusError(f"{corpus} holds no file that ends in {', '.join((*PARQUET, *JSONL))}.")
    made = Path(tempfile.mkdtemp(prefix=".exogate-", dir=output.resolve().parent))
    try:
        for path in files:
            place = made / path.relative_to(corpus)
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("wb") as target:
                _file(path, target, columns, knowledge, choice, tally)
        made.chmod(0o755)
        made.rename(output.resolve())
    except BaseException:
        shutil.rmtree(made)
        raise
    return tally


def _file(path: Path, target: IO[bytes], columns: Columns, knowledge: Knowledge, choice: Choice, tally: Tally) -> None:
    if path.suffix in PARQUET:
        choose_rows(path, target, columns, knowledge, choice, tally)
    elif path.suffix in JSONL:
        with path.open("rb") as lines:
            target.writelines(chosen_lines(lines, str(path), columns, knowledge, choice, tally))
    else:
        raise CorpusError(f"{path} is no corpus by its name: it ends in none of {', '.join((*PARQUET, *JSONL))}.")


def check_places(corpus: Path, output: Path) -> None:
    """Raise ``CorpusError`` where *output* stands in *corpus*, or is a folder with something in it."""
    source, target = corpus.resolve(), output.resolve()
    if not source.exists():
        raise CorpusError(f"{corpus} is not there. Name a Parquet or JSON lines file, or a folder of such files.")
    if target == source or source in target.parents:
        raise CorpusError(f"{output} is the corpus, or in it. Name another place with --output.")
    if not target.parent.is_dir():
        raise CorpusError(f"{output} cannot be written: there is no directory {target.parent}.")
    if source.is_dir() and target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise CorpusError(f"{output} is there, and not an empty folder. Name a new one with --output.")
    if not source.is_dir() and target.is_dir():
        raise CorpusError(f"{output} is a folder. Name a file with --output.")
