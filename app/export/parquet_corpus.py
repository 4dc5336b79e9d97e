"""A corpus as Parquet: read and written a group of rows at a time, so that memory does not grow with the file."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from app.export.choice import WEIGHT, Choice, Columns, CorpusError, Tally
from app.export.known import Content, Knowledge

_MOST_ROWS = 131_072
_BATCH_BYTES, _GROUP_BYTES = 32 << 20, 64 << 20
_CODECS = {"SNAPPY": "snappy", "GZIP": "gzip", "BROTLI": "brotli", "ZSTD": "zstd", "LZ4": "lz4", "UNCOMPRESSED": "none"}


def arrow() -> Any:
    """Return pyarrow with its modules for Parquet and computing. Raises ``CorpusError`` where it is not installed."""
    try:
        for name in ("pyarrow.parquet", "pyarrow.compute"):
            import_module(name)
        return import_module("pyarrow")
    except ImportError as error:
        raise CorpusError("Parquet needs pyarrow. Install it: pip install pyarrow, or take JSON lines.") from error


def choose_rows(
    source: Path, target: IO[bytes], columns: Columns, knowledge: Knowledge, choice: Choice, tally: Tally
) -> None:
    """Write the rows of *source* that stay to *target*, in order, and count all of them.

    Schema, its metadata and the compression stay; a weight is a column behind the others. Raises ``CorpusError``.
    """
    pa = arrow()
    try:
        with pa.parquet.ParquetFile(source) as file:
            schema = file.schema_arrow
            _check(pa, schema, columns, choice, source)
            if choice.weigh:
                schema = schema.append(pa.field(WEIGHT, pa.float64()))
            with pa.parquet.ParquetWriter(target, schema, compression=_codec(file.metadata)) as writer:
                chosen = (_chosen(pa, batch, columns, knowledge, choice, tally) for batch in _batches(file))
                for table in _groups(pa, chosen, schema):
                    writer.write_table(table)
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the disk's own; pyarrow's, on what it cannot make sense of, have no number
        told = str(error).splitlines() or [type(error).__name__]
        raise CorpusError(f"{source} cannot be read or filtered as Parquet: {told[0].rstrip('.')}.") from error


def _check(pa: Any, schema: Any, columns: Columns, choice: Choice, source: Path) -> None:
    for name in (columns.repository, columns.path, columns.blob):
        if schema.names.count(name) != 1:
            known = ", ".join(schema.names[:20])
            raise CorpusError(f"{source} has no column {name!r}, or two. It has: {known}. Say which with --column.")
        kind = schema.field(name).type
        kind = kind.value_type if pa.types.is_dictionary(kind) else kind
        if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
            raise CorpusError(f"{source}: the column {name!r} holds {kind}, no text. Name another with --column.")
    if choice.weigh and WEIGHT in schema.names:
        raise CorpusError(f"{source} has a column {WEIGHT!r} already. Rename it, or filter without --weight.")


def _codec(metadata: Any) -> str:
    if not metadata.num_row_groups or not metadata.num_columns:
        return "zstd"
    return _CODECS.get(metadata.row_group(0).column(0).compression, "zstd")


def _batches(file: Any) -> Iterator[Any]:
    """Yield the rows. One group at a time: asked for all at once, pyarrow keeps what it has read of the others."""
    for index in range(file.num_row_groups):
        group = file.metadata.row_group(index)
        wide = group.total_byte_size // max(1, group.num_rows) + 1
        yield from file.iter_batches(max(256, min(_MOST_ROWS, _BATCH_BYTES // wide)), row_groups=[index])


def _groups(pa: Any, batches: Iterator[Any], schema: Any) -> Iterator[Any]:
    """Yield the batches in tables of a size that is worth a group of rows."""
    waiting: list[Any] = []
    size = 0
    for batch in batches:
        if not batch.num_rows:
            continue
        waiting.append(batch)
        size += batch.nbytes
        if size >= _GROUP_BYTES:
            yield pa.Table.from_batches(waiting, schema)
            waiting, size = [], 0
    if waiting:
        yield pa.Table.from_batches(waiting, schema)


def _chosen(pa: Any, batch: Any, columns: Columns, knowledge: Knowledge, choice: Choice, tally: Tally) -> Any:
    known = {index: choice.weight(content) for index, content in _known(pa, batch, columns, knowledge)}
    unknown, others = choice.weight(None), batch.num_rows - len(known)
    kept = [weight for weight in known.values() if weight is not None]
    left = len(kept) + (others if unknown is not None else 0)
    tally.read += batch.num_rows
    tally.unknown += others
    tally.kept += left
    tally.weights += sum(kept) + others * (unknown or 0.0)
    weights = [unknown] * batch.num_rows
    for index, weight in known.items():
        weights[index] = weight
    if left < batch.num_rows:
        batch = batch.filter(pa.array([weight is not None for weight in weights]))
        weights = [weight for weight in weights if weight is not None] if choice.weigh else []
    return batch.append_column(WEIGHT, pa.array(weights, pa.float64())) if choice.weigh else batch


def _known(pa: Any, batch: Any, columns: Columns, knowledge: Knowledge) -> Iterator[tuple[int, Content]]:
    """Yield the rows that the ledger knows: the index, and the content.

    Arrow looks for the repositories, which are few: of a corpus most rows are others', and Python sees none of them.
    """
    repositories, paths, blobs = (_text(pa, batch.column(c)) for c in (columns.repository, columns.path, columns.blob))
    names = pa.array(knowledge.repositories, repositories.type)
    of_ours = pa.compute.is_in(pa.compute.ascii_lower(repositories), value_set=names)
    indices = pa.compute.indices_nonzero(of_ours)
    seen = [
        at for at, blob in enumerate(_decoded(pa, blobs.take(indices))) if blob is not None and knowledge.knows(blob)
    ]
    indices = indices.take(pa.array(seen, pa.uint64()))
    places = (_decoded(pa, texts.take(indices)) for texts in (repositories, paths, blobs))
    for index, repository, path, blob in zip(indices.to_pylist(), *places, strict=True):
        content = knowledge.find(repository, path, blob) if path is not None else None
        if content is not None:
            yield index, content


def _decoded(pa: Any, texts: Any) -> Iterator[Any]:
    """Yield texts, which need not be UTF-8 whatever their column says; ``None`` where there is none."""
    kind = pa.large_binary() if pa.types.is_large_string(texts.type) else pa.binary()
    for raw in texts.cast(kind).to_pylist():
        yield None if raw is None else raw.decode("utf-8", "surrogateescape")


def _text(pa: Any, column: Any) -> Any:
    plain = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    return column if plain else column.cast(pa.large_string())
