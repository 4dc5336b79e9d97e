"""A whole review of a pull request by the App: the stand-in GitHub, real git, a real sandbox, a real ledger."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("sqlalchemy", reason="needs the extra: pip install 'exogate[app]'")

from app.dashboard.queries.queue import Filters, queue
from app.github.checkout import SupersededError
from app.github.errors import GitHubError
from app.group_review import review_group
from app.pull_events import reconsider, record_word
from app.pull_review import Asked
from app.settings import Settings
from tests.app.github.desk import BROKEN, BY_AI, GOOD, Desk, desk
from tests.standin.faults import Kind

__all__ = ["desk"]
pytestmark = pytest.mark.sandbox


def test_a_good_change_of_unknown_origin_passes(desk: Desk) -> None:
    head = desk.push(GOOD)
    assert desk.review(head) == "Gates passed."
    (run,) = desk.runs()
    assert (run["status"], run["conclusion"], run["output"]["title"]) == ("completed", "success", "Gates passed")
    assert "`compile`" in run["output"]["summary"]
    assert desk.labels() == {"provenance/undeclared", "gates/passed"}
    row = desk.services.ledger.latest_review(desk.base.id, 1, head)
    assert row is not None
    assert row.decision == "accept"
    assert desk.services.ledger.open_checks(row.recorded.replace(year=row.recorded.year + 1)) == []


def test_a_broken_change_fails_with_a_remark_at_its_line(desk: Desk) -> None:
    assert desk.review(desk.push(BROKEN)) == "Rejected by compile."
    (run,) = desk.base.check_runs.values()
    assert run.fields["conclusion"] == "failure"
    (note,) = run.annotations
    assert (note["path"], note["annotation_level"]) == ("double.py", "failure")
    assert "gates/failed" in desk.labels()


def test_an_ai_change_waits_for_a_person_and_its_own_kind_is_none(desk: Desk) -> None:
    head = desk.push(GOOD, BY_AI)
    assert desk.review(head) == "Gates passed; a review is needed."
    (run,) = desk.runs()
    assert run["conclusion"] == "action_required"
    assert {"provenance/ai", "review/needs-human"} <= desk.labels()
    world = desk.standin.world
    world.review(desk.base, 1, "claude[bot]")
    assert "only its own kind approved" in reconsider(desk.services, desk.installation.id, "octo/shop", 1)
    assert "review/self-review" in desk.labels()
    world.review(desk.base, 1, "octo")
    assert reconsider(desk.services, desk.installation.id, "octo/shop", 1) == "Gates passed."
    (run,) = desk.runs()
    assert run["conclusion"] == "success"
    assert not {label for label in desk.labels() if label.startswith("review/")}


def test_a_head_is_reviewed_once_unless_somebody_asks_again(desk: Desk) -> None:
    head = desk.push(GOOD)
    desk.review(head)
    assert desk.review(head) == "This head was reviewed before."
    assert len(desk.runs()) == 1
    assert desk.review(head, again=True) == "Gates passed."
    assert len(desk.runs()) == 2


def test_an_older_head_is_left(desk: Desk) -> None:
    old = desk.push(GOOD)
    desk.push({"more.py": "X = 1\n"})
    with pytest.raises(SupersededError, match="no more"):
        desk.review(old)
    assert desk.runs() == []


def test_a_push_during_the_review_leaves_no_check_run_open(desk: Desk) -> None:
    head = desk.push(GOOD)
    with pytest.raises(SupersededError):
        desk.review(head, superseded=lambda: "A newer push came.")
    (run,) = desk.runs()
    assert (run["status"], run["conclusion"]) == ("completed", "neutral")
    assert "A newer push came" in run["output"]["summary"]
    assert desk.services.ledger.latest_review(desk.base.id, 1, head) is None
    assert desk.standin.git_asked == [], "nothing is cloned for a head that nobody wants"


def test_a_push_during_the_checkout_is_seen_before_the_gates(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    head = desk.push(GOOD)
    monkeypatch.setattr("app.review.judge", lambda *_, **__: pytest.fail("a gate ran"))
    with pytest.raises(SupersededError, match="A newer push"):
        desk.review(head, superseded=lambda: "A newer push came." if desk.standin.git_asked else None)


def test_a_newer_head_is_known_before_its_review_is_done(desk: Desk) -> None:
    """So that who reads the older review is told of it, also where the newer one cannot be judged."""
    ledger = desk.services.ledger

    def moved() -> list[bool]:
        with ledger.reading() as session:
            return [row.moved for row in queue(session, None, Filters()).rows]

    desk.review(desk.push(GOOD))
    assert moved() == [False]
    newer = desk.push({"more.py": "X = 1\n"})
    with pytest.raises(SupersededError):
        desk.review(newer, superseded=lambda: "Somebody stopped it.")
    assert moved() == [True]
    desk.review(newer)
    assert moved() == [False]


def test_a_store_that_is_away_does_not_fail_the_review(desk: Desk) -> None:
    def away() -> str | None:
        raise ConnectionError("Redis does not answer")

    assert desk.review(desk.push(GOOD), superseded=away) == "Gates passed."


def test_a_merge_group_that_is_not_wanted_any_more_ends_as_well(desk: Desk) -> None:
    head = desk.push(GOOD)
    asked = Asked(desk.installation.id, "octo/shop", head, "d", superseded=lambda: "The group was taken apart.")
    with pytest.raises(SupersededError, match="taken apart"):
        review_group(desk.services, asked, desk.base.id, desk.base.commit("main"))
    (run,) = desk.runs()
    assert (run["status"], run["conclusion"]) == ("completed", "neutral")
    assert "taken apart" in run["output"]["summary"]


PASSING = [
    Kind.BAD_GATEWAY_AFTER,
    Kind.DROP,
    Kind.DROP_AFTER,
    Kind.HTML_AFTER,
    Kind.EXPIRED_TOKEN,
    Kind.SECONDARY_LIMIT,
]
API = ["^POST .*/check-runs$", "^PATCH .*/check-runs/", "^POST .*/labels$"]
GIT = [Kind.BAD_GATEWAY, Kind.DROP, Kind.DROP_AFTER, Kind.EXPIRED_TOKEN]


@pytest.mark.parametrize(
    ("kind", "where"),
    [*((kind, where) for kind in PASSING for where in API), *((kind, "^POST .*git-upload-pack$") for kind in GIT)],
)
def test_one_fault_anywhere_leaves_one_check_run_and_its_labels(desk: Desk, kind: Kind, where: str) -> None:
    head = desk.push(GOOD)
    desk.standin.fail(kind, where)
    assert desk.review(head) == "Gates passed."
    (run,) = desk.runs()
    assert run["conclusion"] == "success"
    assert desk.labels() == {"provenance/undeclared", "gates/passed"}


def test_a_github_that_is_away_ends_in_its_error_and_the_next_attempt_goes_on(desk: Desk) -> None:
    head = desk.push(GOOD)
    fault = desk.standin.fail(Kind.BAD_GATEWAY, "^POST .*git-upload-pack", times=20)
    with pytest.raises(GitHubError):
        desk.review(head)
    fault.times = 0
    assert desk.review(head, retried=True) == "Gates passed."
    assert [run["conclusion"] for run in desk.runs()].count("success") == 1
    assert all(run["status"] == "completed" for run in desk.runs())


@pytest.mark.parametrize("where", ["^PATCH .*/check-runs/", "^POST .*/labels$"])
def test_a_result_that_could_not_be_shown_is_shown_by_the_next_attempt(desk: Desk, where: str) -> None:
    head = desk.push(GOOD)
    fault = desk.standin.fail(Kind.BAD_GATEWAY, where, times=100)
    with pytest.raises(GitHubError):
        desk.review(head)
    fault.times = 0
    assert desk.services.ledger.latest_review(desk.base.id, 1, head) is None
    desk.deliveries -= 1  # the same delivery
    assert desk.review(head, retried=True) == "Gates passed."
    (run,) = desk.runs()
    assert (run["status"], run["conclusion"]) == ("completed", "success")
    assert desk.labels() == {"provenance/undeclared", "gates/passed"}


def test_a_word_is_recorded_by_who_may_and_shown(desk: Desk) -> None:
    head = desk.push(GOOD, BY_AI)
    desk.review(head)
    common: dict[str, Any] = {"head": head, "kind": "provenance", "reason": "I typed it", "delivery": "d"}
    where = (desk.services, desk.installation.id, "octo/shop", 1)
    assert "may not write" in record_word(*where, actor="mallory", value="human", **common)
    assert desk.services.ledger.overrides(desk.base.id, 1) == []
    assert "written down" in record_word(*where, actor="octo", value="human", **common)
    assert "provenance/human" in desk.labels()
    (run,) = desk.runs()
    assert "octo says that this change is human: I typed it" in run["output"]["summary"]
    assert run["conclusion"] == "success"


def test_calls_to_github_are_few(desk: Desk) -> None:
    broken = {f"part{n}.py": "X = 1\n" for n in range(70)} | {f"bad{n}.py": "def f(:\n" for n in range(30)}
    head = desk.push(broken)
    before = len(desk.standin.seen)
    assert desk.review(head) == "Rejected by compile."
    (run,) = desk.base.check_runs.values()
    assert len(run.annotations) == 30
    calls = [
        each for each in desk.standin.seen[before:] if "/info/refs" not in str(each) and "git-upload" not in str(each)
    ]
    assert len(calls) <= 12, [call.line for call in calls]


def test_no_secret_is_in_what_is_kept(desk: Desk, settings: Settings) -> None:
    desk.review(desk.push(GOOD))
    secrets = [token.encode() for token in desk.standin.world.tokens if token.startswith("ghs_")]
    secrets.append(settings.private_key.reveal().splitlines()[1].encode())
    for file in settings.data_dir.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert not [secret for secret in secrets if secret in content], file


def test_the_base_branch_as_it_stands_now_decides(desk: Desk) -> None:
    """A policy that was merged after the pull request was opened judges it."""
    head = desk.push(BROKEN)
    desk.work.git("checkout", "--quiet", "main")
    desk.work.commit({".github/exogate.yml": "gates: {secrets: block, compile: off}\n"}, "Another policy")
    desk.work.git("push", "--quiet", str(desk.base.directory), "main")
    assert desk.review(head) == "Gates passed."
