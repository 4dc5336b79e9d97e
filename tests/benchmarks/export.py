"""`exogate export --apply` on ten million rows beside pyarrow's plain reading and writing, and the memory it takes.

Whole processes, in processor time, the ledger's reading included. About one row in twenty is of a content that the
ledger knows, as many more are of its repositories and unknown; the ledger is the same for both sizes.
"""

from __future__ import annotations

import hashlib
import os
import random
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from tests.benchmarks.timing import Line, Skipped, line

_ROWS = int(os.environ.get("BENCH_EXPORT_ROWS", "10000000"))
_RUNS = 3
_MERGES, _FILES = 500, 100
_REPOSITORIES = 50
_AT_ONCE = 200_000
_NEEDED = ("pyarrow", "sqlalchemy", "alembic", "psycopg")
_PLAIN = """
import sys
import pyarrow.parquet as pq
file = pq.ParquetFile(sys.argv[1])
with pq.ParquetWriter(sys.argv[2], file.schema_arrow, compression="zstd") as writer:
    for batch in file.iter_batches(131_072):
        writer.write_batch(batch)
"""


def measure(scratch: Path) -> Iterator[Line | Skipped]:
    """Yield how its rows a second stand beside the plain way's, and how its memory grows with the rows."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        yield Skipped(f"the export of a corpus needs {', '.join(missing)}: pip install 'exogate[app]' pyarrow")
        return
    environment = _ledger(scratch / "ledger.sqlite3")
    large, small = scratch / "large.parquet", scratch / "small.parquet"
    known = _corpus(large, _ROWS)
    _corpus(small, _ROWS // 10)
    condition = "provenance != ai-declared"
    ours = [sys.executable, "-m", "app.cli", "export", "--where", condition, "--apply"]
    out = scratch / "out.parquet"
    ratios, speeds, growth = [], [], []
    for _ in range(_RUNS):
        plain = _spent([sys.executable, "-c", _PLAIN, large, out], environment)
        whole = _spent([*ours, large, "--output", out], environment)
        _check(out, known)
        tenth = _spent([*ours, small, "--output", out], environment)
        ratios.append(plain.seconds / whole.seconds)
        speeds.append(_ROWS / whole.seconds)
        growth.append(whole.peak / tenth.peak)
    out.unlink()
    what = f"export --apply, {_ROWS:,} rows, {statistics.median(speeds):,.0f} a second of processor time"
    yield line(f"{what} / plain scan and write", ratios, "of its speed", 0.4, at_most=False)
    what = f"export --apply, peak memory of {_ROWS:,} rows ({whole.peak // 1024} MiB) / of {_ROWS // 10:,}"
    yield line(what, growth, "x", 1.2)


def _blob(number: int) -> str:
    return hashlib.sha1(b"%d" % number).hexdigest()


def _place(number: int) -> tuple[str, str, str]:
    return f"octo/repo{number % _REPOSITORIES}", f"src/package{number % 97}/module_{number}.py", _blob(number)


def _ledger(file: Path) -> dict[str, str]:
    """Make a ledger whose merges left these contents, half of them by tools, and return what names it."""
    from app.ledger.attribution import LineRow, Origin
    from app.ledger.contents import FileRow
    from app.ledger.ledger import Ledger
    from app.provenance.types import Status

    url = f"sqlite:///{file}"
    ledger = Ledger.open(url)
    for merge in range(_MERGES):
        repository = merge % _REPOSITORIES
        numbers = [repository + _REPOSITORIES * (merge // _REPOSITORIES * _FILES + index) for index in range(_FILES)]
        lines, files = [], []
        for number in numbers:
            name, path, blob = _place(number)
            status = Status.AI_DECLARED if number // _REPOSITORIES % 2 else Status.HUMAN_ATTESTED
            lines.append(LineRow(path, 1, 20, Origin(status)))
            files.append(FileRow(path, blob, 40, None))
        ledger.merge(
            repository_id=repository + 1,
            repository=name,
            number=merge,
            head="b" * 40,
            merge_sha=f"{merge:040x}",
            method="squash",
            reviewers="none",
            lines=lines,
            files=files,
        )
    ledger.close()
    names = " ".join(f"octo/repo{number}" for number in range(_REPOSITORIES))
    return {**os.environ, "DATABASE_URL": url, "EXOGATE_EXPORT_REPOSITORIES": names}


def _corpus(file: Path, rows: int) -> int:
    """Write a corpus and return how many of its rows are to go."""
    import pyarrow
    import pyarrow.parquet

    chance = random.Random(1)
    names = ("repository", "path", "blob")
    schema = pyarrow.schema([(name, pyarrow.string()) for name in names] + [("size", pyarrow.int64())])
    gone = 0
    with pyarrow.parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for start in range(0, rows, _AT_ONCE):
            places = []
            for at in range(start, min(rows, start + _AT_ONCE)):
                drawn, number = chance.random(), chance.randrange(_MERGES * _FILES)
                if drawn < 0.05:
                    places.append(_place(number))
                    gone += number // _REPOSITORIES % 2
                else:
                    repository = f"octo/repo{number % _REPOSITORIES}" if drawn < 0.1 else f"other/repo{at % 5000}"
                    places.append((repository, f"lib/module_{at}.py", f"{chance.getrandbits(160):040x}"))
            columns: list[Sequence[object]] = [*zip(*places, strict=True), range(start, start + len(places))]
            writer.write_table(pyarrow.table(dict(zip(schema.names, columns, strict=True)), schema=schema))
    return gone


@dataclass(frozen=True)
class _Spent:
    """What a process took: the processors' seconds, and the most memory that it held, in KiB."""

    seconds: float
    peak: int


def _spent(command: Sequence[object], environment: dict[str, str]) -> _Spent:
    """Run a command to its end; a failure is an error. Others may use the processors meanwhile."""
    with subprocess.Popen([str(part) for part in command], env=environment) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}.")
    return _Spent(usage.ru_utime + usage.ru_stime, usage.ru_maxrss)


def _check(file: Path, gone: int) -> None:
    import pyarrow.parquet

    left = pyarrow.parquet.ParquetFile(file).metadata.num_rows
    if left != _ROWS - gone:
        raise RuntimeError(f"{left:,} rows were kept of {_ROWS:,}; {gone:,} were to go.")
