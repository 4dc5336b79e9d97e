"""One check run a review: made once, also where GitHub's answer was lost, and never left unfinished.

A check run is known by its ``external_id``, which the caller chooses. Annotations are appended by GitHub and never
replaced, so each batch is sent only as far as GitHub does not have it yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from app.github.annotations import Note
from app.github.api import Api
from app.github.errors import GitHubError, MissingError
from app.reporting.markdown import CHECK_RUN_LIMIT
from app.standing import Conclusion

NAME = "Exogate"
# "The Checks API limits the number of annotations to a maximum of 50 per API request" (REST API, Create a check run).
BATCH = 50
# Four requests; nobody reads more than that, and the summary counts the rest.
MOST_NOTES = 200


class Status(StrEnum):
    """How far a check run is."""

    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True)
class Button:
    """A button on a check run: at most 20 characters of label and identifier, 40 of description."""

    label: str
    description: str
    identifier: str


RERUN = Button("Re-run", "Judge this commit again", "rerun")
MARK_HUMAN = Button("Mark as human", "A person wrote this change", "label-human")
MARK_AI = Button("Mark as AI", "AI wrote this change", "label-ai")
BUTTONS = (RERUN, MARK_HUMAN, MARK_AI)


@dataclass(frozen=True)
class Report:
    """What a check run shows: a title, a summary in Markdown, remarks at lines, and buttons (three at most)."""

    title: str
    summary: str
    notes: Sequence[Note] = ()
    buttons: Sequence[Button] = BUTTONS


@dataclass(frozen=True)
class CheckRun:
    """A check run as GitHub has it. ``notes`` is the number of remarks on it, ``login`` the account it was made by."""

    id: int
    head: str
    external_id: str
    status: str
    conclusion: str | None
    notes: int
    html_url: str
    login: str | None = field(default=None, compare=False)


class CheckRuns:
    """The check runs of one App on one repository."""

    def __init__(self, api: Api, repository: str, app_id: int, name: str = NAME) -> None:
        self.api = api
        self.repository = repository
        self.app_id = app_id
        self.name = name
        self._path = f"/repos/{repository}/check-runs"
        self._doubtful: set[int] = set()  # made after a request that may yet be carried out

    def start(
        self, head: str, external_id: str, *, status: Status = Status.IN_PROGRESS, summary: str, look: bool = False
    ) -> CheckRun:
        """Return the check run with this *external_id* on commit *head*, made where there is none.

        *look* first where an earlier attempt may have made it without living to tell. Raises ``GitHubError``;
        ``RefusedError`` where GitHub does not have the commit.
        """
        if look and (found := self.find(head, external_id)) is not None:
            is_as_asked = found.status in (status, Status.COMPLETED)
            return found if is_as_asked else self.progress(found, status, summary)
        was_lost = False

        def done() -> dict[str, Any] | None:
            nonlocal was_lost
            was_lost = True
            return next(iter(self._all(head, external_id)), None)

        output = {"title": _title(status), "summary": summary}
        body = {"name": self.name, "head_sha": head, "external_id": external_id, "status": status, "output": output}
        made = self._read(self.api.write("POST", self._path, body, done=done), head, external_id)
        if self.api.login is None:
            self.api.login = made.login
        if was_lost:
            made = self.find(head, external_id) or made
            self._doubtful.add(made.id)
            self._close_doubles(made)
        return made

    def find(self, head: str, external_id: str) -> CheckRun | None:
        """Return the oldest of our check runs with this *external_id* on a commit. Raises ``GitHubError``."""
        there = self._all(head, external_id)
        return self._read(there[0]) if there else None

    def get(self, run: int) -> CheckRun:
        """Return a check run. Raises ``GitHubError``."""
        return self._read(self.api.get(f"{self._path}/{run}"))

    def progress(self, run: CheckRun, status: Status, summary: str) -> CheckRun:
        """Say how far a review is. Raises ``GitHubError``."""
        output = {"title": _title(status), "summary": summary}
        return self._patch(run, {"status": status, "output": output})

    def complete(self, run: CheckRun, conclusion: Conclusion, report: Report) -> CheckRun:
        """Put a review's result on its check run. Raises ``GitHubError``.

        Remarks go in batches; the last request is the one that completes it. Of remarks that do not fit the summary
        says how many there are. On a run that has some of them already (a worker died) the rest is added.
        """
        shown = list(report.notes)[:MOST_NOTES]
        more = len(report.notes) - len(shown)
        output = {"title": report.title, "summary": _summary(report.summary, more)}
        batches = _batches(shown[run.notes :])
        for batch in batches[:-1]:
            run = self._annotate(run, {"status": Status.IN_PROGRESS}, output, batch)
        ending = {
            "status": Status.COMPLETED,
            "conclusion": conclusion,
            "actions": [
                {"label": b.label, "description": b.description, "identifier": b.identifier} for b in report.buttons
            ],
        }
        done = self._annotate(run, ending, output, batches[-1])
        if run.id in self._doubtful:
            self._close_doubles(done)
        return done

    def close(self, run: int, reason: str, conclusion: Conclusion = Conclusion.NEUTRAL) -> CheckRun:
        """Complete a check run that nobody is at work on any more; one that is completed stays as it is.

        *reason* is a sentence for people. Raises ``GitHubError``.
        """
        found = self.get(run)
        if found.status == Status.COMPLETED:
            return found
        return self.complete(found, conclusion, Report("Not reviewed", reason, buttons=(RERUN,)))

    @contextmanager
    def finishing(self, run: CheckRun) -> Iterator[None]:
        """Complete *run*, saying why, where the block ends in an error. The error goes on its way."""
        try:
            yield
        except BaseException as error:
            reason = str(error) if isinstance(error, GitHubError) else f"{type(error).__name__} in Exogate itself."
            with suppress(GitHubError):  # the reaper closes it then; the first error is the one to tell
                self.close(run.id, f"This commit was not reviewed. {reason}")
            raise

    def _annotate(self, run: CheckRun, body: dict[str, Any], output: dict[str, Any], batch: list[Note]) -> CheckRun:
        expected = run.notes + len(batch)

        def done() -> dict[str, Any] | None:
            """Look whether the remarks are there: GitHub would append them a second time."""
            found = self.api.get(f"{self._path}/{run.id}")
            there = self._read(found)
            settled = "conclusion" not in body or there.conclusion == body["conclusion"]
            return found if batch and there.notes >= expected and settled else None

        remarks = {"annotations": [note.as_dict() for note in batch]} if batch else {}
        return self._patch(run, {**body, "output": {**output, **remarks}}, done)

    def _patch(self, run: CheckRun, body: dict[str, Any], done: Any = None) -> CheckRun:
        answer = self.api.write("PATCH", f"{self._path}/{run.id}", body, done=done)
        return self._read(answer, run.head, run.external_id)

    def _close_doubles(self, kept: CheckRun) -> None:
        """Close every other: a request that seemed lost may be carried out late."""
        reason = f"A double of check run {kept.id}: the request for it seemed lost and was carried out late."
        for each in self._all(kept.head, kept.external_id):
            if each["id"] != kept.id:
                self.close(int(each["id"]), reason)

    def _all(self, head: str, external_id: str) -> list[dict[str, Any]]:
        query = {"check_name": self.name, "app_id": self.app_id, "filter": "all"}
        path = f"/repos/{self.repository}/commits/{head}/check-runs"
        found = self.api.get_all(path, query, key="check_runs")
        ours = [each for each in found if isinstance(each, dict) and each.get("external_id") == external_id]
        return sorted(ours, key=lambda each: int(each["id"]))

    def _read(self, answer: object, head: str = "", external_id: str = "") -> CheckRun:
        said = answer if isinstance(answer, dict) else {}
        number, output, app = said.get("id"), said.get("output"), said.get("app")
        if not isinstance(number, int):
            raise MissingError("GitHub answered with something that is no check run.")
        count = output.get("annotations_count") if isinstance(output, dict) else 0
        slug = app.get("slug") if isinstance(app, dict) else None
        return CheckRun(
            id=number,
            head=str(said.get("head_sha") or head),
            external_id=str(said.get("external_id") or external_id),
            status=str(said.get("status")),
            conclusion=said.get("conclusion"),
            notes=count if isinstance(count, int) else 0,
            html_url=str(said.get("html_url") or ""),
            login=f"{slug}[bot]" if slug else None,
        )


def _title(status: Status) -> str:
    return "Waiting for its turn" if status is Status.QUEUED else "Judging"


def _batches(notes: list[Note]) -> list[list[Note]]:
    """Return the remarks in batches; at least one, which may be empty."""
    return [notes[at : at + BATCH] for at in range(0, len(notes), BATCH)] or [[]]


def _summary(text: str, more: int) -> str:
    """Return the summary in whole lines within GitHub's limit, with what is not annotated counted at its end."""
    tail = f"\n\n{more:,} more remarks are not shown at their lines; the report counts them all.\n" if more else ""
    room = CHECK_RUN_LIMIT - len(tail.encode())
    raw = text.encode("utf-8", "replace")
    if len(raw) > room:
        raw = raw[:room].rpartition(b"\n")[0] or raw[:room]
    return raw.decode("utf-8", "ignore") + tail
