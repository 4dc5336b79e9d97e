"""What carries the jobs out: each kind is one function of ``app``, and this is the table of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from app.github.app_auth import Installations
from app.github.checkout import SupersededError as PushedOverError
from app.github.checks import CheckRuns
from app.github.pull import pulls_with_head
from app.group_review import review_group
from app.judge_again import judge_again, policy_of
from app.ledger.ledger import Ledger
from app.ledger.words import PROVENANCE
from app.pull_events import explain, head_of, may_write, merged, reconsider, record_word, say
from app.pull_look import look
from app.pull_review import Asked, Services, review_pull
from app.reporting.text import markdown
from app.settings import Settings
from webhooks import jobs
from webhooks.commands import Explain, Rerun, SetLabel, Unclear, understand
from webhooks.failures import SupersededError
from webhooks.perform import Turn
from webhooks.redis_connection import connect
from webhooks.simulated import SimulatedVerdicts

J = TypeVar("J", bound=jobs.Job)


def performer(settings: Settings) -> AppPerformer:
    """Return what carries out the jobs of an installation. Raises ``LedgerError``."""
    return AppPerformer(Services(settings, Installations(settings), Ledger.open(settings.database_url)))


class AppPerformer:
    """Implements ``webhooks.perform.Performer``."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def perform(self, job: jobs.Job, turn: Turn) -> str:
        """Do it, and return what was done in a sentence."""
        try:
            return self._done(self._as_now(job), turn)
        except PushedOverError as error:
            raise SupersededError(str(error)) from error

    def gave_up(self, job: jobs.Job, reason: str) -> None:
        """Close the check run of a review that failed for good."""
        if not isinstance(job, jobs.ReviewHead):
            return
        job = self._as_now(job)
        api = self._services.installations.api(job.installation, job.repository)
        checks = CheckRuns(api, job.repository, self._services.app_id)
        for row in self._services.ledger.open_checks(datetime.now(UTC)):
            if row.check_run_id is not None and (row.repository_id, row.head) == (job.repository_id, job.head):
                checks.close(row.check_run_id, f"This commit was not reviewed. {reason}")

    def _as_now(self, job: J) -> J:
        """Return the job with its repository's name, and installation, as they are now: it may have waited long."""
        if isinstance(job, jobs.Installed | jobs.GroupGone):
            return job
        installations = self._services.installations
        installation, repository = installations.place(job.installation, job.repository, job.repository_id)
        return replace(job, installation=installation, repository=repository)

    def _done(self, job: jobs.Job, turn: Turn) -> str:
        services = self._services
        match job:
            case jobs.ReviewHead():
                return self._review(job, turn)
            case jobs.Reconsider():
                return reconsider(services, job.installation, job.repository, job.number)
            case jobs.Override():
                return self._word(job)
            case jobs.Command():
                return self._command(job, turn)
            case jobs.Merged():
                where = (job.installation, job.repository, job.number)
                return merged(services, *where, job.head, job.merge_sha, job.delivery)
            case jobs.Look(number=number, is_open=is_open, updated=updated):
                return look(services, self._asked(job, turn), number, was_open=is_open, updated=updated)
            case jobs.GroupGone():
                return "The merge group is gone: a review of it that had not ended was stopped."
            case jobs.Judge():
                return self._judge_again(job, turn)
            case jobs.Installed():
                services.ledger.installation(
                    job.installation, job.account, job.event, job.repositories, delivery=job.delivery
                )
                return "The installation was written down."

    def _review(self, job: jobs.ReviewHead, turn: Turn) -> str:
        if job.number is not None:
            return review_pull(self._services, self._asked(job, turn), job.number)
        if job.base is not None:
            return review_group(self._services, self._asked(job, turn), job.repository_id, job.base)
        return self._review_by_commit(job, turn)

    def _asked(self, job: jobs.ReviewHead | jobs.Look, turn: Turn) -> Asked:
        return Asked(
            job.installation,
            job.repository,
            job.head,
            job.delivery,
            repository_id=job.repository_id,
            again=isinstance(job, jobs.ReviewHead) and job.again,
            retried=turn.attempt > 1,
            superseded=turn.superseded,
        )

    def _review_by_commit(self, job: jobs.ReviewHead, turn: Turn) -> str:
        api = self._services.installations.api(job.installation, job.repository)
        pulls = pulls_with_head(api, job.repository, job.head)
        told = [review_pull(self._services, self._asked(job, turn), pull.number) for pull in pulls]
        return " ".join(told) or "No open pull request has this commit as its head."

    def _word(self, job: jobs.Override) -> str:
        is_button = job.kind == "button"
        return record_word(
            self._services,
            job.installation,
            job.repository,
            job.number,
            job.head,
            actor=job.actor,
            kind=PROVENANCE if is_button else job.kind,
            value=job.value,
            reason=job.reason,
            delivery=job.delivery,
            by_operator=job.by_operator,
        )

    def _judge_again(self, job: jobs.Judge, turn: Turn) -> str:
        where = (job.installation, job.repository, job.review_id)
        policy = policy_of(self._services, job.policy)
        ran = judge_again(self._services, *where, policy=policy, gates=job.gates, stopped=turn.superseded)
        kept = SimulatedVerdicts(connect(self._services.settings.redis_url, patient=True))
        kept.put(policy.hash, job.review_id, ran)
        return f"{len(ran.verdicts)} gates of {policy.name} judged it for a simulation."

    def _command(self, job: jobs.Command, turn: Turn) -> str:
        where = (job.installation, job.repository)
        if not may_write(self._services, *where, job.actor):
            return f"{job.actor} may not write to this repository, so nothing was done."
        answer = partial(say, self._services, *where, job.number)
        match understand(job.text):
            case Unclear(remedy):
                return answer(markdown(remedy))
            case Explain():
                return explain(self._services, *where, job.number)
            case Rerun():
                head = head_of(self._services, *where, job.number)
                asked = Asked(*where, head, job.delivery, job.repository_id, again=True, retried=turn.attempt > 1)
                return review_pull(self._services, asked, job.number)
            case SetLabel(kind, reason):
                return record_word(
                    self._services,
                    *where,
                    job.number,
                    "",
                    actor=job.actor,
                    kind=PROVENANCE,
                    value=kind,
                    reason=reason,
                    delivery=job.delivery,
                )
