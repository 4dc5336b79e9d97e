"""The Action's pure parts: inputs, events, annotations, outputs, endings, places."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.action.annotations import MOST_OF_A_KIND, Annotation, Kind, annotations_of, commands
from app.action.ending import ending_of
from app.action.environment import forget, read_environment, read_event
from app.action.inputs import InputError, read_inputs
from app.action.outputs import document
from app.action.place import Place, locate
from app.action.sides import NothingToDoError, never_run, sides_of
from app.action.summary import page
from gates.verdict import Finding, Severity, Verdict
from tests.action_runner.files import pairs
from tests.action_runner.log import Log
from tests.app.action.events import NONE, merge_group, pull_request, push
from tests.app.reporting.conftest import REJECTING, review

A, B, C = "a" * 40, "b" * 40, "c" * 40
VARIABLES = {
    "GITHUB_EVENT_NAME": "pull_request",
    "GITHUB_EVENT_PATH": "/nowhere",
    "GITHUB_WORKSPACE": "/work",
    "GITHUB_REPOSITORY": "octo/shop",
    "GITHUB_SHA": C,
    "GITHUB_REF": "refs/heads/main",
    "RUNNER_TEMP": "/tmp",
}


def sides(name: str, payload: dict[str, Any], merged: tuple[str, ...] = (), **variables: str):
    return sides_of(read_environment({**VARIABLES, "GITHUB_EVENT_NAME": name, **variables}), payload, merged)


def test_inputs_have_the_defaults_of_the_action() -> None:
    inputs = read_inputs({"EXOGATE_INPUT_POLICY": "", "EXOGATE_INPUT_FAIL_ON": "reject,error", "OTHER": "x"})
    assert inputs == read_inputs({})
    assert inputs.fail_on == {"reject", "error"}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("POLICY", "strickt", "strict"),
        ("POLICY", "./policy.yml", "name it in config"),
        ("FAIL_ON", "", "never"),
        ("FAIL_ON", "reject,never", "never"),
        ("FAIL_ON", "warning", "reject"),
        ("SUMMARY", "perhaps", "summary"),
    ],
)
def test_an_input_that_cannot_be_used_is_named(name: str, value: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_inputs({f"EXOGATE_INPUT_{name}": value})


def test_a_preset_and_a_file_exclude_each_other() -> None:
    with pytest.raises(InputError, match="exclude"):
        read_inputs({"EXOGATE_INPUT_POLICY": "strict", "EXOGATE_INPUT_CONFIG": "a.yml"})


def test_the_token_stands_in_no_representation() -> None:
    assert "secret" not in repr(read_inputs({"EXOGATE_INPUT_TOKEN": "secret"}))


def test_outside_a_job_the_command_says_what_to_use() -> None:
    with pytest.raises(InputError, match="exogate review"):
        read_environment({})


@pytest.mark.parametrize("content", ["", "[]", "{", "[" * 100_000])
def test_an_event_that_cannot_be_read_is_a_sentence(tmp_path: Path, content: str) -> None:
    path = tmp_path / "event.json"
    path.write_text(content)
    with pytest.raises(InputError, match="GITHUB_EVENT_PATH"):
        read_event(path)


def test_a_process_forgets_the_jobs_files_and_tokens() -> None:
    kept = {"PATH": "/bin", "EXOGATE_SANDBOX": "bubblewrap"}
    names = ("GITHUB_ENV", "GITHUB_TOKEN", "ACTIONS_RUNTIME_TOKEN", "RUNNER_TEMP", "EXOGATE_INPUT_TOKEN", "GH_TOKEN")
    variables = {**kept, **dict.fromkeys(names, "x")}
    forget(variables)
    assert variables == kept


def test_a_pull_request_is_compared_with_where_its_base_stands_now() -> None:
    found = sides("pull_request", pull_request(A, B), (C, B))
    assert (found.base, found.head, found.branch, found.number) == (C, B, "work", 7)
    assert sides("pull_request", pull_request(A, B), (C, A)).base == A  # another commit was checked out
    assert sides("pull_request", pull_request(A, B)).base == A


@pytest.mark.parametrize("origin", [{"full_name": "someone/shop"}, None])
def test_a_fork_is_seen_also_where_it_was_deleted(origin: dict[str, str] | None) -> None:
    event = pull_request(A, B)
    event["pull_request"]["head"]["repo"] = origin
    assert sides("pull_request", event).from_fork
    assert not sides("pull_request", pull_request(A, B)).from_fork


def test_the_account_that_opened_it_is_told() -> None:
    event = pull_request(A, B, user={"id": 198982749, "login": "Copilot", "type": "Bot"})
    author = sides("pull_request", event).author
    assert author is not None
    assert (author.id, author.is_bot) == (198982749, True)
    assert sides("pull_request", pull_request(A, B, user=None)).author is None


def test_only_events_known_to_be_safe_run_code() -> None:
    assert never_run("pull_request") is None
    for event in ("pull_request_target", "workflow_run", "issue_comment", "an_event_of_next_year"):
        assert event in (never_run(event) or "")
    assert sides("pull_request_target", pull_request(A, B), (C, B)).never_run


def test_pushes() -> None:
    assert sides("push", push(A, B)).base == A
    assert sides("push", push(A, B)).instead == f"{B}^1"
    new = sides("push", push(NONE, B, "refs/heads/work"))
    assert (new.base, new.branch) == ("main", "work")
    for event in (push(A, NONE), push(A, B, deleted=True), push(NONE, B)):
        with pytest.raises(NothingToDoError):
            sides("push", event)


def test_a_merge_group_and_a_run_by_hand() -> None:
    assert sides("merge_group", merge_group(A, B)).base == A
    by_hand = sides("workflow_dispatch", {"repository": {"default_branch": "main"}}, GITHUB_REF="refs/heads/work")
    assert (by_hand.base, by_hand.head) == ("main", C)
    assert sides("schedule", {"schedule": "* * * * *"}).base == f"{C}^1"


@pytest.mark.parametrize(
    "event",
    [{}, {"pull_request": None}, pull_request("main", B), pull_request("--upload-pack=x", B), pull_request(A, "-x")],
)
def test_a_payload_without_commits_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="pull_request"):
        sides("pull_request", event)


HOSTILE = "100%,a:b\r\n::set-output name=x::y\x1b[2J##[error]"


def test_an_annotation_is_one_command_with_the_text_as_it_was() -> None:
    made = Annotation(Kind.WARNING, HOSTILE, HOSTILE, "a,b:c.py", 3, 5).command()
    (found,) = Log().read(made)
    assert found.name == "warning"
    assert (found.properties["file"], found.properties["line"], found.properties["endLine"]) == ("a,b:c.py", "3", "5")
    assert found.data == HOSTILE.replace("\r\n", "\\r\\n").replace("\x1b", "\\x1b")


def test_of_each_kind_ten_are_shown_and_the_last_counts_the_rest() -> None:
    many = [Annotation(Kind.ERROR, "x", str(n)) for n in range(25)] + [Annotation(Kind.NOTICE, "x", "n")] * 10
    lines = commands(many)
    errors = [line for line in lines if line.startswith("::error")]
    assert len(errors) == MOST_OF_A_KIND
    assert errors[0].endswith("::0")
    assert "16 more" in errors[-1]
    assert len(lines) == 2 * MOST_OF_A_KIND


def test_what_blocks_is_an_error_and_comes_first() -> None:
    found = list(annotations_of(review(REJECTING)))
    assert found[0].kind is Kind.ERROR
    gate = Verdict.reject("types", "It says so.")
    silent = type(REJECTING)(gate, blocking=True)
    assert [a.message for a in annotations_of(review(silent))] == ["It says so."]
    note = Finding("a.py", 1, "x", "m", Severity.NOTE)
    advice = type(REJECTING)(Verdict.accept("types", "Fine.", findings=(note,)), blocking=True)
    assert [a.kind for a in annotations_of(review(advice))] == [Kind.NOTICE]


def test_no_value_can_add_an_output(tmp_path: Path) -> None:
    path = tmp_path / "output"
    path.write_text(
        document({"harnesses": "x\ndecision=accept\nexogate_0\ndecision<<E\naccept\nE", "decision": "reject"})
    )
    found = pairs(path)
    assert set(found) == {"harnesses", "decision"}
    assert found["decision"] == "reject"
    assert document({"a": "b"}) != document({"a": "b"}), "the delimiter is another one each time"


def test_endings() -> None:
    assert ending_of("reject", {"reject", "error"}).status == 1
    assert ending_of("error", {"reject", "error"}).status == 3
    assert ending_of("error", {"reject"}).status == 0
    assert "although" in ending_of("reject", set()).sentence
    assert ending_of("none", {"reject", "error"}).status == 0


def test_a_page_keeps_its_limit_and_its_ending() -> None:
    ending = ending_of("reject", {"reject"})
    for limit in (200_000, 2_000, 700):
        text = page(review(REJECTING), ending, ["A note."], limit=limit)
        assert len(text.encode()) <= limit
        assert "This step fails" in text


def test_places(tmp_path: Path) -> None:
    (tmp_path / "checkout" / ".git").mkdir(parents=True)
    assert locate(tmp_path, "checkout") == Place(tmp_path / "checkout", "")
    assert locate(tmp_path, "./checkout/services/api/") == Place(tmp_path / "checkout", "services/api")
    (tmp_path / "link").symlink_to(tmp_path / "checkout")
    for name in ("", "..", "/", "checkout/../..", "link", "link/services", "nowhere"):
        with pytest.raises(InputError):
            locate(tmp_path, name)
