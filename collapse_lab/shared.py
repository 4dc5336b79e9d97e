"""What of a run's folder travels beside its artifacts: the manifest, the plan, and every arm's pages and logs.

The share holds them under the same names as the folder. Whoever runs an arm sends its pages as they are ready; whoever
started the run takes them back, for the summary and the report.
"""

from __future__ import annotations

import json
from pathlib import Path

from collapse_lab import revision
from collapse_lab.job import Plan
from collapse_lab.manifest import FILE, ManifestError, compare, manifest
from collapse_lab.place import Place
from collapse_lab.remote import Remote
from collapse_lab.store import write_json
from collapse_lab.study import Study
from collapse_lab.whole import whole

_PLAN = "plan.json"
_ADDRESS = "share.txt"
_ELSEWHERE = "name another --share"
_UPDATE = "bring this host to the run's revision and versions, and start the worker again"


class OtherPlanError(RuntimeError):
    """The run's plan was changed while an arm of the old one was on its way; the message says so."""


def claim_share(share: Remote, study: Study) -> None:
    """Make the share this study's, or see that it is. Raises ``ManifestError``, ``RemoteError``."""
    wanted = manifest(study)
    text = share.read(FILE)
    if text is not None:
        compare(_parsed(text, share), wanted, share.url, f"{_ELSEWHERE}, or empty this one")
    elif share.names():
        raise ManifestError(f"{share.url} holds other files and no results of a study: {_ELSEWHERE}.")
    else:
        share.write(FILE, json.dumps(wanted, indent=1, sort_keys=True).encode())


def begin(out: Path, share: Remote, plan: Plan) -> None:
    """Put the plan into the share. Pages lie by an arm's place in it: those of another plan go."""
    (out / _ADDRESS).write_text(f"{share.url}\n", "utf-8")
    text = share.read(_PLAN)
    if text is not None and _digest(text) != plan.digest:
        share.remove("arms")
    share.put(_PLAN, out / _PLAN)


def join(place: Place, digest: str) -> Plan:
    """Return the plan of a run that was begun elsewhere, brought into the folder of this host.

    Raises ``ManifestError`` where this host would mix results of different code, and ``OtherPlanError`` where the
    plan is not the one of that *digest*.
    """
    if place.share is not None:
        place.folder.mkdir(parents=True, exist_ok=True)
        for name in (FILE, _PLAN):
            text = place.share.read(name)
            if text is None:
                raise ManifestError(f"{place.share.url} holds no run: {name} is missing.")
            write_json(place.folder / name, _parsed(text, place.share))
    try:
        found = json.loads((place.folder / FILE).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ManifestError(
            f"{place.folder} holds no run that this host can read ({error}). It must be on a file system that all "
            "hosts have under the same path; otherwise start the run with --share."
        ) from error
    # Before the plan is read: another revision may not understand it.
    own = {"code": revision.code(*revision.RESULTS), "versions": revision.versions(tools=True)}
    compare(found, own, str(place.folder), _UPDATE)
    wanted(place, digest)
    plan = Plan.read(place.folder)
    compare(found, manifest(plan.study), str(place.folder), _UPDATE)
    return plan


def wanted(place: Place, digest: str) -> None:
    """See that the run's plan is still the one of that *digest*. Raises ``OtherPlanError``."""
    text = place.share.read(_PLAN) if place.share else (place.folder / _PLAN).read_bytes()
    if text is None or _digest(text) != digest:
        raise OtherPlanError("The run was begun again with other arms, seeds or rounds: this arm is not wanted.")


def mirror(out: Path, share: Remote) -> None:
    """Take every page that the share has and the folder has not."""
    for name in sorted(share.names("arms"), key=_is_page):
        text = None if (out / name).exists() else share.read(name)
        if text is not None:
            _put(out / name, text)


def mirror_logs(out: Path, share: Remote) -> None:
    """Take the logs of all hosts. A log grows: the longer one is the newer."""
    for name in share.names("logs"):
        text = share.read(name) or b""
        if not (out / name).exists() or len(text) > (out / name).stat().st_size:
            _put(out / name, text)


def share_of(out: Path) -> str | None:
    """Return the address of the share that a run's folder was last used with."""
    file = out / _ADDRESS
    return file.read_text("utf-8").strip() if file.is_file() else None


def _is_page(name: str) -> bool:
    # A page says that its round is done: what belongs to it comes before.
    return name.rpartition("/")[2].startswith("round-")


def _put(target: Path, text: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with whole(target) as part:
        part.write_bytes(text)


def _digest(text: bytes) -> str | None:
    try:
        return Plan.parse(text).digest
    except (ValueError, KeyError, TypeError):
        return None


def _parsed(text: bytes, share: Remote) -> dict[str, object]:
    try:
        found: dict[str, object] = json.loads(text)
    except ValueError as error:
        raise ManifestError(f"{share.url} holds a damaged run ({error}): {_ELSEWHERE}, or empty this one.") from error
    return found
