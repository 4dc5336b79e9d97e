"""A check run is made once, its remarks come in batches and once each, and none is left unfinished."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from app.github.annotations import Note, notes_of
from app.github.api import Patience
from app.github.app_auth import Installations
from app.github.checks import MOST_NOTES, Button, CheckRuns, Report, Status
from app.github.errors import DeniedError, GitHubError, RefusedError
from app.reporting.markdown import CHECK_RUN_LIMIT
from app.standing import Conclusion
from gates.decision import Judged
from gates.verdict import Finding, Severity, Verdict
from tests.app.reporting.conftest import REJECTING, review
from tests.standin.apps import App, CheckRun, Installation
from tests.standin.faults import LIMITS, Kind
from tests.standin.server import StandIn
from tests.standin.world import Repository

LOSING = [kind for kind in Kind if kind is not Kind.EXPIRED_TOKEN]


def notes(count: int) -> list[Note]:
    return [Note(f"a{n}.py", n + 1, n + 1, "warning", "lint: E1", f"Remark {n}") for n in range(count)]


@pytest.fixture
def runs(api: Any, app: App) -> CheckRuns:
    return CheckRuns(api, "octo/shop", app.id)


@pytest.fixture
def sha(project: Repository) -> str:
    return project.commit("main")


def only(project: Repository) -> CheckRun:
    (run,) = project.check_runs.values()
    return run


def test_from_start_to_end(standin: StandIn, project: Repository, runs: CheckRuns, sha: str) -> None:
    run = runs.start(sha, "review:1", status=Status.QUEUED, summary="Waiting.")
    assert only(project).fields["status"] == "queued"
    run = runs.progress(run, Status.IN_PROGRESS, "Judging.")
    assert only(project).fields["status"] == "in_progress"
    run = runs.complete(run, Conclusion.SUCCESS, Report("Accepted", "All is well.", notes(30)))
    assert (run.status, run.conclusion, run.notes) == ("completed", "success", 30)
    fields = only(project).fields
    assert fields["output"] == {"title": "Accepted", "summary": "All is well."}
    assert [b["identifier"] for b in fields["actions"]] == ["rerun", "label-human", "label-ai"]
    assert [a["message"] for a in only(project).annotations] == [f"Remark {n}" for n in range(30)]
    assert standin.count("POST /repos") + standin.count("PATCH") == 3
    assert runs.api.login == "exogate[bot]"


@pytest.mark.parametrize("count", [0, 1, 49, 50, 51, 100, 120, MOST_NOTES, MOST_NOTES + 1, 3000])
def test_remarks_come_in_batches(standin: StandIn, project: Repository, runs: CheckRuns, sha: str, count: int) -> None:
    run = runs.start(sha, "review:1", summary="Judging.")
    runs.complete(run, Conclusion.FAILURE, Report("Rejected", "Because.", notes(count)))
    shown = min(count, MOST_NOTES)
    assert [a["message"] for a in only(project).annotations] == [f"Remark {n}" for n in range(shown)]
    assert standin.count("PATCH") == max(1, -(-shown // 50))
    summary = only(project).fields["output"]["summary"]
    assert (f"{count - shown:,} more remarks are not shown" in summary) is (count > shown)
    assert only(project).fields["conclusion"] == "failure"


@pytest.mark.parametrize("count", [0, 300])
def test_a_long_summary_is_cut_at_a_line(project: Repository, runs: CheckRuns, sha: str, count: int) -> None:
    text = "".join(f"Zeile {n}: äöü\n" for n in range(9000))
    runs.complete(runs.start(sha, "r", summary="-"), Conclusion.NEUTRAL, Report("t", text, notes(count)))
    summary = only(project).fields["output"]["summary"]
    assert CHECK_RUN_LIMIT - 40 < len(summary.encode()) <= CHECK_RUN_LIMIT
    assert summary.partition("\n\n")[0].endswith("äöü")


@pytest.mark.parametrize("kind", LOSING)
@pytest.mark.parametrize(
    "pattern", ["^POST .*/check-runs$", "^GET .*/commits/.*/check-runs", "^PATCH .*/check-runs/", "^GET .*/check-runs/"]
)
def test_one_fault_changes_nothing_about_the_end(
    standin: StandIn, project: Repository, runs: CheckRuns, sha: str, kind: Kind, pattern: str
) -> None:
    fault = standin.fail(kind, pattern, wait=30)
    if pattern.startswith("^GET"):  # these are only asked where something else was lost
        standin.fail(Kind.DROP_AFTER, "^POST .*/check-runs$" if "commits" in pattern else "^PATCH .*/check-runs/")
    began = standin.world.clock.now
    run = runs.start(sha, "review:1", summary="Judging.")
    run = runs.complete(run, Conclusion.FAILURE, Report("Rejected", "Because.", notes(120)))
    assert fault.times == 0, "the fault did not happen"
    assert [a["message"] for a in only(project).annotations] == [f"Remark {n}" for n in range(120)]
    assert (only(project).fields["status"], only(project).fields["conclusion"]) == ("completed", "failure")
    assert kind not in LIMITS or standin.world.clock.now - began >= 30


@pytest.mark.parametrize("nth", range(3))
def test_each_batch_may_be_lost(
    standin: StandIn, project: Repository, runs: CheckRuns, sha: str, nth: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = runs.start(sha, "review:1", summary="Judging.")
    sent = runs._annotate

    def losing(run: Any, body: Any, output: Any, batch: Any) -> Any:
        if run.notes == nth * 50:
            standin.fail(Kind.DROP_AFTER, "^PATCH")
        return sent(run, body, output, batch)

    monkeypatch.setattr(runs, "_annotate", losing)
    runs.complete(run, Conclusion.FAILURE, Report("Rejected", "Because.", notes(120)))
    assert len(only(project).annotations) == 120
    assert standin.count("PATCH") == 3


def test_a_worker_that_died_is_taken_over(
    standin: StandIn, project: Repository, runs: CheckRuns, sha: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = Report("Rejected", "Because.", notes(120))
    run = runs.start(sha, "review:1", summary="Judging.")
    sent = runs._annotate
    monkeypatch.setattr(runs, "_annotate", lambda *a: _dies() if a[0].notes == 100 else sent(*a))
    with pytest.raises(KeyboardInterrupt):
        runs.complete(run, Conclusion.FAILURE, report)
    assert len(only(project).annotations) == 100
    monkeypatch.undo()
    again = runs.start(sha, "review:1", summary="Judging.", look=True)
    assert (again.id, again.notes) == (run.id, 100)
    runs.complete(again, Conclusion.FAILURE, report)
    assert [a["message"] for a in only(project).annotations] == [f"Remark {n}" for n in range(120)]
    done = runs.start(sha, "review:1", summary="Judging.", look=True)
    assert done.status == "completed"
    assert only(project).fields["status"] == "completed"


def _dies() -> Any:
    raise KeyboardInterrupt


def test_a_write_that_comes_late_leaves_one(
    standin: StandIn, project: Repository, runs: CheckRuns, sha: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 502; a look says that it was not done; and only then GitHub does it.
    look = runs._all
    came: list[int] = []

    def late(head: str, external_id: str) -> Any:
        found = look(head, external_id)
        if not came:
            came.append(1)
            other = CheckRuns(runs.api, "octo/shop", runs.app_id)
            other.start(head, external_id, summary="Late.")
        return found

    monkeypatch.setattr(runs, "_all", late)
    standin.fail(Kind.BAD_GATEWAY, "^POST .*/check-runs$")
    run = runs.start(sha, "review:1", summary="Judging.")
    assert len(project.check_runs) == 2
    double = project.check_runs[max(project.check_runs)]
    assert run.id == min(project.check_runs)
    assert (double.fields["status"], double.fields["conclusion"]) == ("completed", "neutral")
    assert "double" in double.fields["output"]["summary"]


def test_a_github_that_is_slow_leaves_one(
    standin: StandIn, project: Repository, installations: Installations, installation: Installation, app: App, sha: str
) -> None:
    # The request is given up after a second, and carried out after its repetition: two runs, of which one is closed.
    from dataclasses import replace

    installations.api(installation.id, "octo/shop").get("/repos/octo/shop")
    installations.patience = replace(installations.patience, timeout=1)
    runs = CheckRuns(installations.api(installation.id, "octo/shop"), "octo/shop", app.id)
    standin.hold("^POST .*/check-runs$", times=1)
    run = runs.start(sha, "review:1", summary="Judging.")
    assert len(project.check_runs) == 1
    standin.release()
    for _ in range(1000):
        if len(project.check_runs) == 2:
            break
        threading.Event().wait(0.01)
    runs.complete(run, Conclusion.SUCCESS, Report("Accepted", "All is well."))
    states = {number: found.fields["conclusion"] for number, found in project.check_runs.items()}
    assert states == {run.id: "success", max(states): "neutral"}


def test_another_apps_runs_are_not_ours(
    standin: StandIn, project: Repository, runs: CheckRuns, sha: str, patience: Patience, settings: Any
) -> None:
    world = standin.world
    other = world.app("other")
    theirs = world.installation_token(world.install(other, "octo"), {"checks": "write"}, None)
    from app.github.api import Api

    foreign = CheckRuns(Api(standin.url, theirs.value, patience), "octo/shop", other.id)
    made = foreign.start(sha, "review:1", summary="Theirs.")
    assert runs.find(sha, "review:1") is None
    assert runs.start(sha, "review:1", summary="Ours.", look=True).id != made.id
    with pytest.raises(DeniedError):
        runs.close(made.id, "Not ours.")


def test_no_token_but_an_apps_writes_check_runs(
    standin: StandIn, project: Repository, sha: str, patience: Patience
) -> None:
    from app.github.api import Api

    person = standin.world.token("octo")
    with pytest.raises(DeniedError, match="authenticate via a GitHub App"):
        CheckRuns(Api(standin.url, person, patience), "octo/shop", 1).start(sha, "r", summary="-")


class TestClosing:
    """What nobody is at work on any more."""

    def test_the_reaper(self, project: Repository, runs: CheckRuns, sha: str) -> None:
        run = runs.start(sha, "review:1", summary="Judging.")
        closed = runs.close(run.id, "The worker was killed.")
        assert (closed.status, closed.conclusion) == ("completed", "neutral")
        assert only(project).fields["output"]["summary"] == "The worker was killed."
        assert [b["identifier"] for b in only(project).fields["actions"]] == ["rerun"]

    def test_a_result_is_never_overwritten(
        self, standin: StandIn, project: Repository, runs: CheckRuns, sha: str
    ) -> None:
        run = runs.start(sha, "review:1", summary="Judging.")
        runs.complete(run, Conclusion.FAILURE, Report("Rejected", "Because."))
        before = standin.count("PATCH")
        assert runs.close(run.id, "The worker was killed.").conclusion == "failure"
        assert standin.count("PATCH") == before

    @pytest.mark.parametrize(
        "error", [RuntimeError("secret"), GitHubError("The repository is gone."), KeyboardInterrupt()]
    )
    def test_an_error_in_the_middle(self, project: Repository, runs: CheckRuns, sha: str, error: BaseException) -> None:
        run = runs.start(sha, "review:1", summary="Judging.")
        with pytest.raises(type(error)), runs.finishing(run):
            raise error
        fields = only(project).fields
        assert (fields["status"], fields["conclusion"]) == ("completed", "neutral")
        assert "secret" not in fields["output"]["summary"]
        assert ("gone" in fields["output"]["summary"]) is isinstance(error, GitHubError)

    def test_no_error_closes_nothing(self, project: Repository, runs: CheckRuns, sha: str) -> None:
        run = runs.start(sha, "review:1", summary="Judging.")
        with runs.finishing(run):
            pass
        assert only(project).fields["status"] == "in_progress"


def test_without_the_right_to_write(
    standin: StandIn, installations: Installations, installation: Installation, app: App, project: Repository, sha: str
) -> None:
    installation.permissions = {**installation.permissions, "checks": "read"}
    runs = CheckRuns(installations.api(installation.id, "octo/shop"), "octo/shop", app.id)
    with pytest.raises(DeniedError):
        runs.start(sha, "review:1", summary="Judging.")
    assert project.check_runs == {}


def test_a_commit_that_is_gone(runs: CheckRuns, project: Repository) -> None:
    with pytest.raises(RefusedError, match="No commit found"):
        runs.start("1" * 40, "review:1", summary="Judging.")


def test_buttons_keep_to_githubs_limits() -> None:
    from app.github.checks import BUTTONS

    assert len(BUTTONS) <= 3
    for button in BUTTONS:
        assert isinstance(button, Button)
        assert len(button.label) <= 20
        assert len(button.description) <= 40
        assert len(button.identifier) <= 20


def _finding(path: str | None, line: int | None, end: int | None = None, message: str = "No.") -> Finding:
    return Finding(path, line, "E1", message, Severity.ERROR, end)


def test_notes_of_a_review(runs: CheckRuns, sha: str, project: Repository) -> None:
    findings = (
        _finding("a.py", 3, 5), _finding("a.py", None), _finding("b.py", 7, 2), _finding(None, None),
        _finding("c\udcff\u202e.py", 1, message="x" * 9000), _finding("d.py", 1, message=""),
    )  # fmt: skip
    verdict = Verdict("lint", REJECTING.verdict.outcome, "Because.", findings=findings)
    made = notes_of(review(Judged(verdict, blocking=True)))
    assert {(n.path, n.first, n.last) for n in made} == {
        ("a.py", 3, 5), ("a.py", 1, 1), ("b.py", 7, 7), ("c\\xff\\u202e.py", 1, 1), ("d.py", 1, 1),
    }  # fmt: skip
    assert {n.level for n in made} == {"failure"}
    assert all(n.message and len(n.message) <= 4000 for n in made)
    json.dumps([n.as_dict() for n in made]).encode()
    run = runs.complete(runs.start(sha, "r", summary="-"), Conclusion.FAILURE, Report("t", "s", made))
    assert run.notes == 5
