"""Labels on a pull request: ours kept true, a person's never fought, others' never touched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from app.github.api import Api
from app.github.errors import MissingError, RefusedError
from app.github.target import Target, own_login
from app.reporting.labels import DEFAULT, Labels, family
from gates.policy_labels import fold

_GREY = "ededed"  # of the labels that GitHub makes because somebody named them


@dataclass(frozen=True)
class Seen:
    """The labels that a pull request had at a moment, and GitHub's time of its last change by then, as it writes it."""

    labels: tuple[str, ...]
    updated: str = ""


@dataclass(frozen=True)
class Plan:
    """What to add and to remove (names as the issue has them), what then stands, and what is left to people."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    standing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def plan(
    wanted: frozenset[str],
    present: Iterable[str],
    last: Mapping[str, str | None],
    own: str,
    labels: Labels = DEFAULT,
) -> Plan:
    """Return how to get from the labels that are *present* (names) to those that are *wanted* (keys).

    *last* says who last put on or took off a label (``last_by``; ``None`` for an account that cannot be told). What
    anybody but us did last stays as it is. A person's label of provenance speaks instead of ours; the gates' result
    is shown beside a person's. Of labels that the policy does not show, or calls otherwise now, ours are taken off.
    """
    present = tuple(present)
    there = {key: name for name in present if (key := labels.key(name)) is not None}
    hands = {key: last[fold(label.name)] for key, label in labels.by_key.items() if fold(label.name) in last}
    shown = wanted - labels.off
    theirs = {key for key in there if hands.get(key) != own}
    overridden = {family(key) for key in theirs if family(key) == "provenance" and key not in wanted}
    removed = {key for key in shown if key not in there and hands.get(key, own) != own}
    add = {key for key in shown if key not in there and key not in removed and family(key) not in overridden}
    remove = {key for key in there if key not in theirs and (key not in shown or family(key) in overridden)}
    former = sorted(name for name in present if labels.is_former(name) and last.get(fold(name)) == own)
    notes = [_kept(there[key], hands.get(key)) for key in sorted(theirs - wanted)]
    notes += [_left_off(labels.name(key), hands.get(key)) for key in sorted(removed)]
    return Plan(
        tuple(labels.name(key) for key in sorted(add)),
        (*(there[key] for key in sorted(remove)), *former),
        tuple(labels.name(key) for key in sorted((set(there) - remove) | add)),
        tuple(notes),
    )


def _kept(name: str, who: str | None) -> str:
    return f"The label {name} was set by {who or 'somebody else'} and stays, though this review does not say so."


def _left_off(name: str, who: str | None) -> str:
    return f"The label {name} was taken off by {who or 'somebody else'} and is not put back."


def last_by(events: Iterable[Any]) -> dict[str, str | None]:
    """Return who last put on or took off each label, from an issue's events in GitHub's order (oldest first).

    Events of another form are passed over. Keys are folded names: to GitHub, case makes no other label.
    """
    return {fold(name): _text(event.get("actor"), "login") for name, event in _turns(events)}


def now_on(seen: Seen, events: Iterable[Any]) -> tuple[str, ...]:
    """Return the labels that stand now: those that were *seen*, and what the events since then made of them.

    An event of the very second of *seen* may be in it or not. Done again it changes nothing: the last event of a
    label decides. What leaves no event (a label deleted from the repository, or renamed) is as it was seen.
    """
    there = {fold(name): name for name in seen.labels}
    for name, event in _turns(events):
        if (_text(event, "created_at") or seen.updated) < seen.updated:
            continue
        if event["event"] == "labeled":
            there.setdefault(fold(name), name)
        else:
            there.pop(fold(name), None)
    return tuple(there.values())


def _turns(events: Iterable[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the events that put a label on or took one off, with its name."""
    for event in events:
        if not isinstance(event, dict) or event.get("event") not in ("labeled", "unlabeled"):
            continue
        name = _text(event.get("label"), "name")
        if name is not None:
            yield name, event


def _text(holder: object, key: str) -> str | None:
    value = holder.get(key) if isinstance(holder, dict) else None
    return value if isinstance(value, str) else None


def put(
    api: Api,
    target: Target,
    wanted: frozenset[str],
    labels: Labels = DEFAULT,
    *,
    seen: Seen | None = None,
    is_first: bool = False,
    makes: bool = False,
) -> Plan:
    """Bring a pull request's labels to those *wanted* (keys), and return what was planned. Raises ``GitHubError``.

    Every step may be repeated without harm: adding a label that is there changes nothing. What the caller knows
    saves calls: the labels that it has *seen*; that this *is_first*, so that nobody took a label of ours off; and
    that the token *makes* labels by naming them (``issues: write``), which then only need our colour.
    """
    is_new = seen is None or is_first
    seen = _seen(api, target) if seen is None else seen
    ours = [name for name in seen.labels if labels.key(name) is not None or labels.is_former(name)]
    shown = [labels.name(key) for key in sorted(wanted - labels.off)]
    if is_new and {fold(name) for name in ours} == {fold(name) for name in shown}:
        return Plan(standing=tuple(shown))
    if not (ours or labels.by_key.keys() - labels.off):
        return Plan()
    events = [] if is_first and not ours else api.get_all(f"{target.issue_path}/events")
    planned = plan(wanted, now_on(seen, events), last_by(events), own_login(api, target), labels)
    for name in planned.remove:
        _take_off(api, target, name)
    for name in planned.add if not makes else ():
        _offer(api, target, labels, name)
    if planned.add:
        added = api.write("POST", f"{target.issue_path}/labels", {"labels": list(planned.add)})
        if makes and isinstance(added, list):
            _colour(api, target, labels, planned.add, added)
    return planned


def _seen(api: Api, target: Target) -> Seen:
    issue = api.get(target.issue_path)
    names = tuple(name for label in issue.get("labels", []) if (name := _text(label, "name")) is not None)
    return Seen(names, _text(issue, "updated_at") or "")


def _colour(api: Api, target: Target, labels: Labels, names: Iterable[str], added: Iterable[Any]) -> None:
    """Give labels that GitHub just made, grey and without a word, our colour and description."""
    grey = {
        _text(label, "name")
        for label in added
        if isinstance(label, dict) and label.get("color") == _GREY and not label.get("description")
    }
    for name in names:
        looks = _looks(labels, name)
        if name in grey and looks != {"color": _GREY, "description": ""}:
            api.write("PATCH", f"/repos/{target.repository}/labels/{quote(name, safe='')}", looks)


def _looks(labels: Labels, name: str) -> dict[str, str]:
    key = labels.key(name)
    assert key is not None, "only labels of ours are added"
    return {"color": labels.by_key[key].color, "description": labels.by_key[key].description}


def _take_off(api: Api, target: Target, name: str) -> None:
    try:
        api.write("DELETE", f"{target.issue_path}/labels/{quote(name, safe='')}")
    except MissingError:
        return  # somebody was faster, or our first answer was lost


def _offer(api: Api, target: Target, labels: Labels, name: str) -> None:
    """Let the repository offer the label, in our colour, where it does not yet."""
    path = f"/repos/{target.repository}/labels"
    try:
        api.get(f"{path}/{quote(name, safe='')}")
    except MissingError:
        try:
            api.write("POST", path, {"name": name, **_looks(labels, name)})
        except RefusedError as error:
            if "already_exists" not in error.codes:
                raise
