"""Notes on commits come along with a clone: those of the repository itself, for the commits of the change."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sqlalchemy", reason="needs the extra: pip install 'exogate[app]'")

from app.git import git
from app.github import needed
from app.github.app_auth import Installations
from app.github.checkout import branch_tip, checkout
from app.provenance.read import read_history
from app.settings import Settings
from tests.app.github.desk import GOOD, Desk, desk
from tests.app.github.shop import Shop, place
from tests.standin.world import Repository

__all__ = ["desk", "place"]

SESSION, MODEL = "s_" + "a" * 14, "claude-opus-4-8"


def note(path: str, first: int = 1, last: int = 2) -> str:
    """Return a git-ai note that says that Claude Code wrote some lines."""
    agent = {"tool": "claude", "id": "x", "model": MODEL}
    metadata = {"schema_version": "authorship/3.0.0", "sessions": {SESSION: {"agent_id": agent}}}
    return f"{path}\n  {SESSION}::t_{'b' * 14} {first}-{last}\n---\n{json.dumps(metadata)}"


def put(repository: Repository, sha: str, text: str, ref: str = "refs/notes/ai") -> None:
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    repository.git(*identity, "notes", f"--ref={ref}", "add", "--force", "-m", text, sha)


def read(clone: Path, place: Shop) -> dict[str, bytes]:
    evidence = read_history(clone, place.wanted.head, f"^{place.wanted.base}").evidence
    assert evidence.remarks == ()
    return dict(evidence.notes)


def blobs(clone: Path) -> set[str]:
    listed = git(clone, "cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(objectname)").decode()
    return {line.split()[1] for line in listed.splitlines() if line.startswith("blob")}


def test_a_note_on_a_commit_of_the_change_is_read(place: Shop, settings: Settings, api: Any) -> None:
    put(place.base, place.wanted.head, note("shop.py", 1, 1))
    clone = checkout(settings, api, place.wanted)
    assert MODEL in read(clone, place)[place.wanted.head].decode()
    assert len(place.standin.git_asked) == 2
    assert len([seen for seen in place.standin.seen if ".git/" in seen.line]) <= 7


def test_other_commits_notes_are_left_where_they_are(place: Shop, settings: Settings, api: Any) -> None:
    for number in range(20):
        put(place.base, place.push_base({f"m{number}.py": "x = 1\n"}), f"note {number}")
    put(place.base, place.wanted.head, note("shop.py", 1, 1))
    clone = checkout(settings, api, place.wanted)
    assert set(read(clone, place)) == {place.wanted.head}
    there = place.base.git("notes", "--ref=refs/notes/ai", "list").split("\n")
    kept = {line.split()[0] for line in there if line} & blobs(clone)
    assert len(kept) == 2, "the change's own, and that of the base"


def test_notes_of_a_fork_are_not_there(place: Shop, settings: Settings, api: Any) -> None:
    put(place.fork, place.fork.commit("feature"), note("shop.py", 1, 1))
    clone = checkout(settings, api, place.wanted)
    assert read(clone, place) == {}
    assert len(place.standin.git_asked) == 2


@pytest.mark.parametrize("ref", ["refs/notes/exceeds-ink", "refs/notes/claude-conversations"])
def test_that_another_tool_left_a_note_is_seen_without_reading_it(
    place: Shop, settings: Settings, api: Any, ref: str
) -> None:
    head = place.wanted.head
    put(place.base, head, "what was said", ref)
    clone = checkout(settings, api, place.wanted)
    evidence = read_history(clone, head, f"^{place.wanted.base}").evidence
    assert (dict(evidence.refs), evidence.remarks) == ({head: (ref,)}, ())
    (blob,) = {line.split()[0] for line in place.base.git("notes", f"--ref={ref}", "list").split("\n") if line}
    assert blob not in blobs(clone)


def test_other_notes_stay_away(place: Shop, settings: Settings, api: Any) -> None:
    put(place.base, place.wanted.head, "reviewed", "refs/notes/commits")
    clone = checkout(settings, api, place.wanted)
    assert not list(clone.glob("refs/notes/commits"))


def test_a_note_that_comes_late_is_read_by_the_next_review(place: Shop, settings: Settings, api: Any) -> None:
    checkout(settings, api, place.wanted)
    put(place.base, place.wanted.head, note("shop.py", 1, 1))
    branch_tip(settings, api, "octo/shop", "main")  # as every review does
    clone = checkout(settings, api, place.wanted)
    assert set(read(clone, place)) == {place.wanted.head}


@pytest.mark.parametrize("what", ["blob", "tree"])
def test_a_notes_reference_that_is_none_costs_its_notes_only(
    place: Shop, settings: Settings, api: Any, what: str
) -> None:
    sha = place.base.git("rev-parse", f"main{':shop.py' if what == 'blob' else '^{tree}'}").strip()
    place.base.git("update-ref", "refs/notes/ai", sha)
    clone = checkout(settings, api, place.wanted)
    evidence = read_history(clone, place.wanted.head, f"^{place.wanted.base}").evidence
    assert evidence.notes == {}


def test_no_more_than_so_many_notes_are_fetched(
    place: Shop, settings: Settings, api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(needed, "_MOST_NOTED", 3)
    for number in range(5):
        put(place.base, place.push({f"n{number}.py": "x = 1\n"}), note(f"n{number}.py", 1, 1))
    clone = checkout(settings, api, place.wanted)
    evidence = read_history(clone, place.wanted.head, f"^{place.wanted.base}").evidence
    assert len(evidence.notes) == 3
    assert len([remark for remark in evidence.remarks if "missing from this clone" in remark]) == 2


@pytest.mark.sandbox
def test_a_review_declares_what_a_note_says(desk: Desk) -> None:
    head = desk.push(GOOD)
    put(desk.base, head, note("double.py"))
    assert "a review is needed" in desk.review(head)
    assert "provenance/ai" in desk.labels()


@pytest.mark.sandbox
def test_a_repository_that_takes_over_a_name_does_not_inherit_its_notes(
    desk: Desk, settings: Settings, patience: Any
) -> None:
    world = desk.standin.world
    head = desk.push(GOOD)
    put(desk.base, head, note("double.py"))
    desk.review(head)
    world.rename("octo/shop", "octo/store")
    other = world.repository("octo/shop", like=desk.base.directory)
    for ref in ("refs/notes/ai", "refs/pull/1/head"):
        other.git("update-ref", "-d", ref)
    world.open_pull(other, world.repositories["mallory/shop"], "feature", author="mallory")
    desk.services = replace(desk.services, installations=Installations(settings, patience))  # a new worker's
    assert desk.review(head) == "Gates passed."
    assert set(other.issues[1].labels) == {"provenance/undeclared", "gates/passed"}
