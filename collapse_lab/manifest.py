"""A run's folder belongs to one study, one revision of the code and one set of versions; anything else is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from collapse_lab import revision
from collapse_lab.policies import policy_of
from collapse_lab.store import write_json
from collapse_lab.study import Study

FILE = "manifest.json"


class ManifestError(RuntimeError):
    """A folder that holds results of something else; the message says what differs and what to do."""


def manifest(study: Study) -> dict[str, Any]:
    """Return what the results of a study depend on."""
    return {
        "study": study.model_dump(mode="json", exclude={"quick"}),
        "policies": {arm.policy: policy_of(arm.policy).hash for arm in study.arms if arm.policy},
        "code": revision.code(*revision.RESULTS),
        "versions": revision.versions(tools=True),
    }


def claim(folder: Path, study: Study) -> dict[str, Any]:
    """Make *folder* this study's, or see that it is, and return the manifest. Raises ``ManifestError``."""
    wanted = manifest(study)
    file = folder / FILE
    if not file.exists():
        if folder.exists() and any(folder.iterdir()):
            raise ManifestError(
                f"{folder} holds other files and no results of a study. Name another folder with --out."
            )
        folder.mkdir(parents=True, exist_ok=True)
        write_json(file, wanted)
        return wanted
    compare(read(folder), wanted, str(folder), "name another folder with --out, or delete this one")
    return wanted


def compare(found: dict[str, Any], wanted: dict[str, Any], place: str, remedy: str) -> None:
    """See that the manifest found at *place* says what is *wanted*. Raises ``ManifestError``."""
    differing = [key for key in wanted if found.get(key) != wanted[key]]
    if differing:
        what = ", ".join(_names(key, found.get(key), wanted[key]) for key in differing)
        raise ManifestError(
            f"The results in {place} were made with something else: {what}. Results of different origin are never "
            f"mixed: {remedy}."
        )


def read(folder: Path) -> dict[str, Any]:
    """Return a folder's manifest. Raises ``ManifestError`` where it holds none that can be read."""
    try:
        found: dict[str, Any] = json.loads((folder / FILE).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ManifestError(f"{folder} holds no results of a study ({error}). Run one with --out {folder}.") from error
    return found


def _names(key: str, found: Any, wanted: Any) -> str:
    """Return the names of what differs below one key of the manifest."""
    if not isinstance(found, dict) or not isinstance(wanted, dict):
        return f"another revision of the {key}"
    keys = sorted(k for k in found.keys() | wanted.keys() if found.get(k) != wanted.get(k))
    return ", ".join(f"{key}.{k}" for k in keys)
