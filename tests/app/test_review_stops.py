"""A review that nobody wants any more: it raises, wherever it is."""

from __future__ import annotations

import pytest

from app.local import LocalChange
from app.prepare.prepared import Prepared
from app.review import Request, review
from gates.sandbox.spec import Command, Sandbox
from gates.stopping import Stop, StoppedError
from tests.conftest import Repo


@pytest.fixture
def changed(repo: Repo) -> Repo:
    repo.commit({"test_a.py": "def test_a() -> None:\n    assert 1 + 1 == 2\n"})
    repo.branch("feature")
    repo.commit({"a.py": "A = 1\n"})
    return repo


def test_before_it_begins(changed: Repo) -> None:
    stop = Stop()
    stop.because("A newer push came.")
    with pytest.raises(StoppedError, match="A newer push came"):
        review(Request(changed.path, "main", "feature", "compile", stop=stop))


@pytest.mark.sandbox
def test_while_an_environment_is_made(changed: Repo) -> None:
    stop = Stop()

    def prepare(_: LocalChange, sandbox: Sandbox) -> Prepared | None:
        stop.because("A newer push came.")
        sandbox.run(Command(("/bin/sleep", "600")))
        pytest.fail("a command began")

    with pytest.raises(StoppedError, match="A newer push came"):
        review(Request(changed.path, "main", "feature", "tests", prepare=prepare, stop=stop))


@pytest.mark.sandbox
def test_nothing_said_changes_nothing(changed: Repo) -> None:
    assert review(Request(changed.path, "main", "feature", "compile")).decision.value == "accept"
