"""Labels on a pull request: ours kept true, a person's never fought, others' never touched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from app.github.api import Api
from app.github.errors import MissingError, RefusedError
from app.github.target import Target, own_login
from app.reporting.labels import BY_NAME, family

_GREY = "ededed"  # of the labels that GitHub makes because somebody named them


@dataclass(frozen=True)
class Plan:
    """What to add and to remove (names as the issue has them), what then stands, and what is left to people."""

    add: tuple[str, ...]
    remove: tuple[str, ...]
    standing: tuple[str, ...]
    notes: tuple[str, ...]


def plan(wanted: frozenset[str], present: Iterable[str], last: Mapping[str, str | None], own: str) -> Plan:
    """Return how to get from the labels that are *present* to those that are *wanted*.

    *last* says who last put on or took off each of our labels (keys in lower case; ``None`` for an account that
    cannot be told). What anybody but us did last stays as it is. A person's label of provenance speaks instead of
    ours; the gates' result is shown beside a person's.
    """
    there = {name.lower(): name for name in present if name.lower() in BY_NAME}
    theirs = {name for name in there if last.get(name) != own}
    overridden = {family(name) for name in theirs if family(name) == "provenance" and name not in wanted}
    removed = {name for name in wanted if name not in there and last.get(name, own) != own}
    add = {n for n in wanted if n not in there and n not in removed and family(n) not in overridden}
    remove = {n for n in there if n not in theirs and (n not in wanted or family(n) in overridden)}
    notes = [_kept(there[name], last.get(name)) for name in sorted(theirs - wanted)]
    notes += [_left_off(name, last.get(name)) for name in sorted(removed)]
    return Plan(
        tuple(sorted(add)),
        tuple(there[name] for name in sorted(remove)),
        tuple(sorted((set(there) - remove) | add)),
        tuple(notes),
    )


def _kept(name: str, who: str | None) -> str:
    return f"The label {name} was set by {who or 'somebody else'} and stays, though this review does not say so."


def _left_off(name: str, who: str | None) -> str:
    return f"The label {name} was taken off by {who or 'somebody else'} and is not put back."


def last_by(events: Iterable[Any]) -> dict[str, str | None]:
    """Return who last put on or took off each label, from an issue's events in GitHub's order (oldest first).

    Events of another form are passed over. Keys are in lower case: to GitHub, case makes no other label.
    """
    last: dict[str, str | None] = {}
    for event in events:
        if not isinstance(event, dict) or event.get("event") not in ("labeled", "unlabeled"):
            continue
        name = _text(event.get("label"), "name")
        if name is not None:
            last[name.lower()] = _text(event.get("actor"), "login")
    return last


def _text(holder: object, key: str) -> str | None:
    value = holder.get(key) if isinstance(holder, dict) else None
    return value if isinstance(value, str) else None


def put(
    api: Api,
    target: Target,
    wanted: frozenset[str],
    *,
    present: Iterable[str] | None = None,
    is_first: bool = False,
    makes: bool = False,
) -> Plan:
    """Bring a pull request's labels of our families to *wanted*, and return what was planned. Raises ``GitHubError``.

    Every step may be repeated without harm: adding a label that is there changes nothing. What the caller knows
    saves calls: the labels that are *present*; that this *is_first*, so that nobody took a label of ours off; and
    that the token *makes* labels by naming them (``issues: write``), which then only need our colour.
    """
    there = _present(api, target) if present is None else list(present)
    ours = {name.lower() for name in there} & set(BY_NAME)
    if ours == wanted:
        return Plan((), (), tuple(sorted(ours)), ())
    last = {} if is_first and not ours else last_by(api.get_all(f"{target.issue_path}/events"))
    planned = plan(wanted, there, last, own_login(api, target))
    for name in planned.remove:
        _take_off(api, target, name)
    for name in planned.add if not makes else ():
        _offer(api, target, name)
    if planned.add:
        added = api.write("POST", f"{target.issue_path}/labels", {"labels": list(planned.add)})
        if makes and isinstance(added, list):
            _colour(api, target, planned.add, added)
    return planned


def _present(api: Api, target: Target) -> list[str]:
    issue = api.get(target.issue_path)
    return [name for label in issue.get("labels", []) if (name := _text(label, "name")) is not None]


def _colour(api: Api, target: Target, names: Iterable[str], added: Iterable[Any]) -> None:
    """Give labels that GitHub just made, grey and without a word, our colour and description."""
    grey = {
        _text(label, "name")
        for label in added
        if isinstance(label, dict) and label.get("color") == _GREY and not label.get("description")
    }
    for name in names:
        if name in grey:
            label = BY_NAME[name]
            body = {"color": label.color, "description": label.description}
            api.write("PATCH", f"/repos/{target.repository}/labels/{quote(name, safe='')}", body)


def _take_off(api: Api, target: Target, name: str) -> None:
    try:
        api.write("DELETE", f"{target.issue_path}/labels/{quote(name, safe='')}")
    except MissingError:
        return  # somebody was faster, or our first answer was lost


def _offer(api: Api, target: Target, name: str) -> None:
    """Let the repository offer the label, in our colour, where it does not yet."""
    path = f"/repos/{target.repository}/labels"
    try:
        api.get(f"{path}/{quote(name, safe='')}")
    except MissingError:
        label = BY_NAME[name]
        body = {"name": label.name, "color": label.color, "description": label.description}
        try:
            api.write("POST", path, body)
        except RefusedError as error:
            if "already_exists" not in error.codes:
                raise
