"""What else happens to a pull request: its merge, comments that speak to the App, a merge queue."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

pytest.importorskip("sqlalchemy", reason="needs the extra: pip install 'exogate[app]'")
pytest.importorskip("rq", reason="needs the extra: pip install 'exogate[app]'")

from sqlalchemy import select

from app.github.errors import GitHubError
from app.ledger.models import MergeFile
from app.pull_events import merged
from gates.policy import Policy
from tests.app.github.desk import BROKEN, BY_AI, GOOD, STRICT, Desk, desk
from webhooks import jobs
from webhooks.perform import Turn
from webhooks.performer import AppPerformer

__all__ = ["desk"]
pytestmark = pytest.mark.sandbox


def perform(desk: Desk, job: jobs.Job, attempt: int = 1) -> str:
    return AppPerformer(desk.services).perform(job, Turn(job.delivery, attempt, lambda: None))


def place(desk: Desk, delivery: str = "d-1") -> dict[str, Any]:
    return {
        "installation": desk.installation.id,
        "repository_id": desk.base.id,
        "repository": "octo/shop",
        "delivery": delivery,
    }


def command(desk: Desk, text: str, actor: str = "octo") -> str:
    return perform(desk, jobs.Command(**place(desk, text), number=1, comment_id=5, actor=actor, text=text))


def set_state(desk: Desk, state: str, *, merge_sha: str | None = None, title: str | None = None) -> int:
    """Let the pull request be closed or opened a minute later. Return the moment, in seconds since the epoch."""
    issue = desk.base.issues[1]
    was = datetime.fromisoformat(issue.updated or issue.created)
    issue.state, issue.updated = state, (was + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    issue.title = title or issue.title
    desk.base.pulls[1].merge_sha = merge_sha
    return int(datetime.fromisoformat(issue.updated).timestamp())


def look(desk: Desk, updated: int, *, is_open: bool = False, delivery: str = "d-7") -> str:
    head = desk.base.git("rev-parse", "refs/pull/1/head").strip()
    return perform(desk, jobs.Look(**place(desk, delivery), number=1, head=head, is_open=is_open, updated=updated))


def states(desk: Desk) -> list[str]:
    return [row.state for row in desk.services.ledger.sightings(desk.base.id, 1)]


def comments(desk: Desk) -> list[str]:
    return [comment.body for comment in desk.base.comments]


def test_a_squash_keeps_whose_lines_they_are(desk: Desk) -> None:
    head = desk.push(GOOD, BY_AI)
    desk.review(head)
    desk.work.git("checkout", "--quiet", "main")
    squash = desk.work.commit(GOOD, "Double (#1)")
    desk.work.git("push", "--quiet", str(desk.base.directory), "main")
    done = merged(desk.services, desk.installation.id, "octo/shop", 1, head, squash, "d-9")
    assert done == "The merge was written down, with 1 runs of lines."
    (row,) = desk.services.ledger.merges(desk.base.id)
    assert (row.method, row.status, row.reviewers, row.gates_passed) == ("squash", "ai-declared", "none", True)
    (line,) = desk.services.ledger.merge_lines(row.id)
    assert (line.path, line.first, line.last, line.status, line.harness) == (
        "double.py", 1, 2, "ai-declared", "Claude Code",
    )  # fmt: skip


def test_a_merge_writes_down_what_its_files_hold_now(desk: Desk) -> None:
    """A corpus is filtered by git's ids of contents: the merge's own, whatever came before it."""
    head = desk.push({**GOOD, "gone.py": "x = 1\n"}, BY_AI)
    desk.review(head)
    desk.work.git("checkout", "--quiet", "main")
    before = desk.work.commit({"double.py": "# of the base\n"}, "The base moves")
    squash = desk.work.commit({"double.py": f"# of the base\n{GOOD['double.py']}"}, "Double (#1)")
    desk.work.git("push", "--quiet", str(desk.base.directory), "main")
    merged(desk.services, desk.installation.id, "octo/shop", 1, head, squash, "d-9")
    blobs = [desk.work.git("rev-parse", f"{commit}:double.py").strip() for commit in (squash, before)]
    with desk.services.ledger.reading() as session:
        (file,) = session.scalars(select(MergeFile)).all()
    assert (file.path, file.blob, file.before, file.lines) == ("double.py", *blobs, 3)
    assert file.kept == [[1, 1, 0]]
    (row,) = desk.services.ledger.merges(desk.base.id)
    assert file.merge_id == row.id
    told = [
        (one.path, one.blob, one.first, one.last, one.status) for one in desk.services.ledger.export([desk.base.id])
    ]
    assert told == [("double.py", blobs[0], 2, 3, "ai-declared")]


def test_a_merge_leaves_those_that_await_a_look_even_without_its_lines(desk: Desk) -> None:
    head = desk.push(GOOD)
    desk.review(head)
    set_state(desk, "closed", merge_sha="c" * 40)
    with pytest.raises(GitHubError):
        merged(desk.services, desk.installation.id, "octo/shop", 1, head, "c" * 40, "d-9")
    assert states(desk) == ["merged", "open"]
    assert desk.services.ledger.merges(desk.base.id) == []


def test_a_merge_queue_is_judged_for_real(desk: Desk) -> None:
    base = desk.base.commit("main")
    head = desk.work.commit(BROKEN, "In the queue")
    desk.work.git("push", "--quiet", str(desk.base.directory), "HEAD:refs/heads/gh-readonly-queue/main/pr-1")
    job = jobs.ReviewHead(**place(desk), number=None, head=head, base_ref="main", reason="merge_group", base=base)
    assert perform(desk, job) == "Rejected by compile."
    (run,) = desk.runs()
    assert (run["status"], run["conclusion"]) == ("completed", "failure")
    assert [button["identifier"] for button in run["actions"]] == ["rerun"]


def test_a_commit_alone_finds_its_pull_request(desk: Desk) -> None:
    head = desk.push(GOOD)
    job = jobs.ReviewHead(**place(desk), number=None, head=head, base_ref=None, reason="check_suite.requested")
    assert perform(desk, job) == "Gates passed."


def test_commands_are_obeyed_from_who_may_write(desk: Desk) -> None:
    desk.review(desk.push(GOOD, BY_AI))
    assert "may not write" in command(desk, "/exogate rerun", actor="mallory")
    assert len(desk.runs()) == 1
    assert command(desk, "/exogate rerun") == "Gates passed; a review is needed."
    assert len(desk.runs()) == 2
    assert "written down" in command(desk, "/exogate label human I typed it myself")
    assert "provenance/human" in desk.labels()
    command(desk, "/exogate label robot")
    assert "Say human or ai" in comments(desk)[-1]
    command(desk, "/exogate explain")
    (comment,) = comments(desk)
    assert "`compile`" in comment
    assert "I typed it myself" in comment


def test_who_opened_it_cannot_call_it_a_persons(desk: Desk) -> None:
    desk.base.roles["mallory"] = "write"
    desk.review(desk.push(GOOD, BY_AI))
    said = command(desk, "/exogate label human trust me", actor="mallory")
    assert "for somebody else to say" in said
    assert "provenance/ai" in desk.labels()
    assert "written down" in command(desk, "/exogate label ai indeed", actor="mallory")


def test_that_a_person_wrote_an_older_head_is_said_to_hold_for_it_alone(desk: Desk) -> None:
    older = desk.push(GOOD, BY_AI)
    desk.review(older)
    desk.review(desk.push({"more.py": "x = 1\n"}, BY_AI))
    word = {"number": 1, "actor": "octo", "kind": "button", "reason": "Mine."}
    said = perform(desk, jobs.Override(**place(desk), **word, head=older, value="human"))
    assert said.startswith(f"It was written down. It holds for {older[:10]}, and not for what was pushed since.")
    assert "provenance/ai" in desk.labels()
    said = perform(desk, jobs.Override(**place(desk), **word, head=older, value="ai"))
    assert "It holds for" not in said


def test_a_label_that_a_person_took_off_stays_off_and_is_told(desk: Desk) -> None:
    desk.review(desk.push(GOOD))
    job = jobs.Override(
        **place(desk), number=1, head="", actor="octo", kind="unlabeled", value="gates/passed", reason=""
    )
    assert "written down" in perform(desk, job)
    (run,) = desk.runs()
    assert "octo took off the label gates/passed" in run["output"]["summary"].replace("\\", "")


RENAMED = f"""{STRICT}labels:
  gates/passed: {{name: "Exogate: fine", color: "00ff00"}}
  provenance/human: {{name: by hand}}
  provenance/undeclared: off
"""


def rename(desk: Desk) -> None:
    """Put a policy on the base branch that gives labels other names."""
    desk.work.git("checkout", "--quiet", "main")
    desk.work.commit({".github/exogate.yml": RENAMED}, "Other names")
    desk.work.git("push", "--quiet", str(desk.base.directory), "main")
    desk.work.git("checkout", "--quiet", "feature")


def by_hand(desk: Desk, name: str, *, on: bool = True) -> str:
    """Let a person set or take off a label, and the App hear of it."""
    desk.standin.world.set_label(desk.base, 1, name, desk.standin.world.user("octo"), on=on)
    kind = "labeled" if on else "unlabeled"
    return perform(
        desk, jobs.Override(**place(desk), number=1, head="", actor="octo", kind=kind, value=name, reason="")
    )


def test_labels_have_the_names_of_the_base_branchs_policy(desk: Desk) -> None:
    head = desk.push(GOOD)
    desk.review(head)
    assert desk.labels() == {"provenance/undeclared", "gates/passed"}
    rename(desk)
    desk.review(head, again=True)
    assert desk.labels() == {"Exogate: fine"}, "former names are taken off, and what is off"
    assert desk.base.labels["exogate: fine"].color == "00ff00"


def test_a_renamed_label_that_a_person_takes_off_is_written_down_by_its_key(desk: Desk) -> None:
    rename(desk)
    desk.review(desk.push(GOOD))
    assert "written down" in by_hand(desk, "Exogate: fine", on=False)
    (row,) = desk.services.ledger.overrides(desk.base.id, 1)
    assert (row.kind, row.value) == ("unlabeled", "gates/passed")
    assert desk.labels() == set()
    (run,) = desk.runs()
    assert "octo took off the label Exogate: fine" in run["output"]["summary"].replace("\\", "")


def test_a_persons_provenance_by_its_other_name_speaks_instead_of_ours(desk: Desk) -> None:
    rename(desk)
    desk.review(desk.push(GOOD, BY_AI))
    assert "provenance/ai" in desk.labels()
    desk.standin.world.offer_label(desk.base, "by hand")
    assert "written down" in by_hand(desk, "by hand")
    assert desk.services.ledger.overrides(desk.base.id, 1)[0].value == "provenance/human"
    assert {"by hand", "provenance/ai"} & desk.labels() == {"by hand"}


def test_anybodys_other_labels_are_not_written_down(desk: Desk) -> None:
    rename(desk)
    desk.review(desk.push(GOOD))
    for name in ("bug", "gates/passed"):
        desk.standin.world.offer_label(desk.base, name)
        assert by_hand(desk, name) == f"{name} is no label of Exogate's here, so there is nothing to write down."
    assert desk.services.ledger.overrides(desk.base.id, 1) == []


def test_labels_that_github_does_not_take_cost_no_review(desk: Desk) -> None:
    head = desk.push(GOOD)
    for n in range(100):  # as many as an issue may have
        desk.standin.world.offer_label(desk.base, f"l{n}")
        desk.base.issues[1].labels.append(f"l{n}")
    assert desk.review(head) == "Gates passed."
    (run,) = desk.runs()
    assert (run["status"], run["conclusion"]) == ("completed", "success")
    assert "The labels were not all set" in run["output"]["summary"]


class TestClosedWithoutAMerge:
    def test_is_written_down_and_so_is_that_it_was_opened_again(self, desk: Desk) -> None:
        desk.review(desk.push(GOOD))
        closed = set_state(desk, "closed")
        assert look(desk, closed) == "It was written down that the pull request is closed without being merged."
        assert states(desk) == ["closed", "open"]
        opened = set_state(desk, "open")
        assert look(desk, opened, is_open=True) == "It was written down that the pull request is open."
        assert states(desk) == ["open", "closed", "open"]
        assert len(desk.runs()) == 1, "its head was reviewed before"

    @pytest.mark.parametrize("again", [1, 2])
    def test_late_and_double_deliveries_end_right(self, desk: Desk, again: int) -> None:
        """It was closed and opened within a minute; the closing is heard of last, and twice."""
        desk.review(desk.push(GOOD))
        closed = set_state(desk, "closed")
        opened = set_state(desk, "open")
        look(desk, opened, is_open=True, delivery="opened")
        for _ in range(again):
            assert look(desk, closed, delivery="closed") == "It was written down that the pull request is open."
        assert states(desk)[0] == "open"

    def test_githubs_answer_may_be_older_than_its_event(self, desk: Desk) -> None:
        desk.review(desk.push(GOOD))
        later = set_state(desk, "open") + 60
        assert "closed" in look(desk, later)
        assert states(desk)[0] == "closed"

    def test_before_its_review_began_it_is_reviewed_when_it_is_opened_again(self, desk: Desk) -> None:
        head = desk.push(GOOD)
        set_state(desk, "closed")
        assert desk.review(head) == "The pull request is closed, so nothing was reviewed."
        assert (states(desk), desk.runs()) == (["closed"], [])
        opened = set_state(desk, "open")
        assert look(desk, opened, is_open=True).endswith("pull request is open. Gates passed.")
        assert states(desk)[0] == "open"


def test_what_its_author_calls_it_is_kept_with_each_review(desk: Desk) -> None:
    head = desk.push(GOOD)
    desk.base.issues[1].title = "<b>Double</b>"
    desk.review(head)
    set_state(desk, "open", title="Twice")
    job = jobs.Reconsider(**place(desk), number=1, head=head, reason="pull_request.edited")
    assert perform(desk, job) == "Gates passed."
    ledger = desk.services.ledger
    (newer, older) = ledger.sightings(desk.base.id, 1)
    (review,) = ledger.reviews(desk.base.id, 1)
    assert (older.title, older.author, older.head_ref, older.base_ref, older.review_id) == (
        "<b>Double</b>", "mallory", "feature", "main", review.id,
    )  # fmt: skip
    assert (newer.title, newer.review_id) == ("Twice", None)


def test_the_policy_that_judged_is_kept(desk: Desk) -> None:
    desk.review(desk.push(GOOD))
    (review,) = desk.services.ledger.reviews(desk.base.id, 1)
    kept = Policy.model_validate(desk.services.ledger.policy_text(review.policy_hash))
    assert kept.hash == review.policy_hash
    assert list(kept.active()) == ["compile", "secrets"]


def test_what_failed_for_good_leaves_no_check_run_open(desk: Desk) -> None:
    head = desk.push(GOOD)
    job = jobs.ReviewHead(**place(desk), number=1, head=head, base_ref="main", reason="opened")
    AppPerformer(desk.services).gave_up(job, "GitHub was away for too long.")
    assert desk.runs() == []
