"""The Stack (dedup, Python) as a pool: files that people published, from the Hub, as prompts to go on with.

arXiv 2606.28438 prompts with the first 1024 tokens of files that have at least 512. As a ``Task`` such a file is its
beginning, up to the last whole line within 1024 tokens, as the ``prompt``; what its author wrote after that, up to
1024 tokens more, is the ``reference`` (empty where the file ends before: such a file is a prompt only, never a human
document). There is no entry point and there are no tests. A pool belongs to no model, so that a token is taken for
four characters here, which is close for code.

The data set is gated: whoever reads it has agreed to its terms on its page. Each file's licence is kept in its row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

from collapse_lab.pools.functions import FunctionPool, cached
from collapse_lab.pools.rows import Origin, PoolError, Row, read, write

DATA_SET, FOLDER = "bigcode/the-stack-dedup", "data/python"
FILES = 20_000
"""How many files of the data set's order are taken."""

PROMPT_TOKENS, LEAST_TOKENS, REFERENCE_TOKENS = 1024, 512, 1024
CHARACTERS = 4
"""How many characters are taken for a token."""

Fetch = Callable[[], Iterable[Mapping[str, Any]]]


def rows_of(files: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
    """Yield a row for each file of the data set's form that is long enough (``content``, and where it is from)."""
    for file in files:
        content = str(file.get("content") or "").replace("\r\n", "\n").replace("\r", "\n")
        if len(content) < LEAST_TOKENS * CHARACTERS:
            continue
        end = _line_end(content, PROMPT_TOKENS * CHARACTERS)
        prompt = content[:end]
        if not prompt.endswith("\n"):
            if end < len(content):
                continue  # one line as long as that is data, no code
            prompt += "\n"
        rest = content[end:]
        licences = [str(name) for name in file.get("max_stars_repo_licenses") or ()]
        yield Row(
            "",
            prompt,
            rest[: _line_end(rest, REFERENCE_TOKENS * CHARACTERS)],
            Origin(
                str(file.get("max_stars_repo_name") or "unknown"),
                str(file.get("max_stars_repo_head_hexsha") or "unknown"),
                str(file.get("max_stars_repo_path") or "unknown"),
                1,
                " OR ".join(licences) or "none stated",
            ),
        )


def _line_end(text: str, most: int) -> int:
    """Return where the last whole line within *most* characters ends; all of a shorter text."""
    if len(text) <= most:
        return len(text)
    return text.rfind("\n", 0, most) + 1 or most


def open_stack(
    seed: int = 0, path: Path | None = None, cache: Path | None = None, fetch: Fetch | None = None
) -> FunctionPool:
    """Return the pool over a file, or over the data set's first files, fetched once and kept in *cache*.

    Raises ``PoolError`` where the Hub is not to be reached.
    """
    path = path or (cache or cached()) / f"stack-{FILES}.jsonl"
    if not path.is_file():
        write(_distinct(islice(rows_of((fetch or _from_hub)()), FILES)), path)
    rows, sha256 = read(path)
    return FunctionPool("stack", rows, sha256, seed)


def _distinct(rows: Iterable[Row]) -> list[Row]:
    return list({row.sha256: row for row in rows}.values())


def _from_hub() -> Iterable[Mapping[str, Any]]:
    try:
        load = import_module("datasets").load_dataset
    except ImportError as error:
        raise PoolError(
            "The Stack is read from the Hub with the package `datasets`, which is not installed: pip install datasets. "
            "Or take `pool: {name: functions}`, which needs no Hub."
        ) from error
    try:
        found: Iterable[Mapping[str, Any]] = load(DATA_SET, data_dir=FOLDER, split="train", streaming=True)
        yield from found
    except Exception as error:
        raise PoolError(
            f"{DATA_SET} could not be read from the Hub ({type(error).__name__}: {error}). Agree to its terms on its "
            "page, log in with `hf auth login`, and see that it can be reached. Or take `pool: {name: functions}`, "
            "without a Hub."
        ) from error
