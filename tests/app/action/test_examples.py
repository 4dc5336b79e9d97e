"""Every example payload that GitHub publishes is understood, or refused with a sentence."""

from __future__ import annotations

import re
from typing import Any

import pytest

from app.action.environment import Environment, read_environment
from app.action.inputs import InputError
from app.action.sides import NothingToDoError, Sides, sides_of
from tests.payloads import NEEDED, examples

COMPARED = {"pull_request", "merge_group", "push", "workflow_dispatch", "repository_dispatch"}
SHA = "f" * 40


def environment(event: str, payload: dict[str, Any]) -> Environment:
    repository = payload.get("repository", {}).get("full_name", "octo/shop")
    return read_environment(
        {
            "GITHUB_EVENT_NAME": event,
            "GITHUB_EVENT_PATH": "/nonexistent",
            "GITHUB_WORKSPACE": "/nonexistent",
            "RUNNER_TEMP": "/nonexistent",
            "GITHUB_REPOSITORY": repository,
            "GITHUB_SHA": SHA,
            "GITHUB_REF": str(payload.get("ref") or "refs/heads/main"),
        }
    )


@NEEDED
def test_there_are_as_many_as_are_published() -> None:
    assert len(examples()) == 329
    assert {event for event, _ in examples()} >= COMPARED


@pytest.mark.parametrize(
    ("event", "payload"), [pytest.param(*example, id=f"{example[0]}-{i}") for i, example in enumerate(examples())]
)
def test_an_example_names_two_commits_or_says_why_not(event: str, payload: dict[str, Any]) -> None:
    try:
        sides = sides_of(environment(event, payload), payload)
    except (InputError, NothingToDoError) as error:
        assert str(error).endswith(".")
        assert event not in COMPARED or "was deleted" in str(error) or "is new and the default" in str(error)
        return
    assert event in COMPARED
    assert isinstance(sides, Sides)
    assert sides.never_run is None
    if event in ("pull_request", "merge_group"):
        assert all(re.fullmatch("[0-9a-f]{40}", side) for side in (sides.base, sides.head))
