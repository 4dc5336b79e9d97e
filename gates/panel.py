"""The panel: runs a policy's gates over changes side by side, within its time and its processes."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from gates import registry
from gates.change import Change
from gates.decision import Judged
from gates.gate import Context, CouldNotJudgeError
from gates.policy import GateRule, Policy
from gates.sandbox.spec import Command, Mount, Result, Sandbox
from gates.sandbox.stoppable import Stoppable
from gates.stopping import Stop
from gates.verdict import Outcome, Verdict

# Gates parse hostile source in their threads; CPython's parser needs room before its own guards act.
_STACK_BYTES = 64 * 1024 * 1024
# A gate that runs in the sandbox is ended by the sandbox at the deadline; this is for it to come back and say so.
_GRACE_SECONDS = 5.0
# How long a sandbox may take to end a command that is not wanted any more.
_SETTLING_SECONDS = 30.0
_LOOK_SECONDS = 0.05

Progress = Callable[[str, str], None]


def _silent(gate: str, state: str) -> None:
    """Report nothing."""


def judge(
    policy: Policy,
    changes: Sequence[Change],
    context: Context,
    *,
    provenance: str | None = None,
    progress: Progress = _silent,
) -> list[list[Judged]]:
    """Return, for each change, its verdicts in the policy's order.

    ``provenance`` is the changes' status; gates that a policy keeps for other statuses say `skip`. A gate that
    crashes, answers nonsense or outlives the budget yields `error` for every change and leaves the others alone.
    ``progress`` is called with a gate's name and "started" or its outcome, from several threads. Raises
    ``StoppedError`` soon after ``context.stop`` says so, when no command of a gate is left; gates that compute on do
    so in threads that end with the process.
    """
    jobs = policy.budget.jobs or cores()
    deadline = time.monotonic() + policy.budget.seconds
    limited = replace(context, deadline=deadline, jobs=jobs, sandbox=_limited(context, jobs))
    tasks = [
        _Task(name, rule, policy, changes, limited, provenance, progress) for name, rule in policy.active().items()
    ]
    _run(tasks, deadline, context.stop)
    return [
        [Judged(task.verdicts()[index], task.rule.level == "block") for task in tasks] for index in range(len(changes))
    ]


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _run(tasks: Sequence[_Task], deadline: float, stop: Stop) -> None:
    previous = threading.stack_size(_STACK_BYTES)
    try:
        # Daemon threads: one that hangs in a library's regular expression must not keep the process alive.
        threads = [threading.Thread(target=task.run, name=f"gate {task.name}", daemon=True) for task in tasks]
        for thread in threads:
            thread.start()
    finally:
        threading.stack_size(previous)
    _wait(threads, deadline + _GRACE_SECONDS, stop)
    if stop.why is not None:
        stop.settled(_SETTLING_SECONDS)
    stop.check()


def _wait(threads: Sequence[threading.Thread], until: float, stop: Stop) -> None:
    for thread in threads:
        while thread.is_alive() and stop.why is None and (left := until - time.monotonic()) > 0:
            thread.join(min(left, _LOOK_SECONDS))


@dataclass
class _Task:
    """One gate over all changes, in a thread of its own."""

    name: str
    rule: GateRule
    policy: Policy
    changes: Sequence[Change]
    context: Context
    provenance: str | None
    progress: Progress
    answer: list[Verdict] | None = None

    def run(self) -> None:
        """Judge, and keep the answer; never raises."""
        started = time.monotonic()
        self.progress(self.name, "started")
        try:
            answer = self._judge()
        except CouldNotJudgeError as error:
            answer = self._same(Outcome.ERROR, str(error))
        except Exception as error:  # noqa: BLE001  (a gate may be anybody's code)
            answer = self._same(Outcome.ERROR, f"The gate failed: {type(error).__name__}: {str(error)[:300]}")
        share = (time.monotonic() - started) / max(1, len(answer))
        self.answer = [verdict.timed(share) for verdict in answer]
        self.progress(self.name, _worst(self.answer))

    def verdicts(self) -> list[Verdict]:
        """Return the answer, or errors where the gate has not come back."""
        seconds = self.policy.budget.seconds
        late = f"It did not end within the review's {seconds} s; raise budget.seconds in the policy."
        return self.answer if self.answer is not None else self._same(Outcome.ERROR, late)

    def _judge(self) -> list[Verdict]:
        if self.provenance is not None and self.provenance not in self.rule.only_for:
            wanted = ", ".join(self.rule.only_for)
            return self._same(
                Outcome.SKIP, f"The policy asks for it on {wanted} changes; this one is {self.provenance}."
            )
        gate = registry.get(self.name)
        answer = gate.judge(self.changes, self.policy.settings_of(self.name), self.context)
        if len(answer) != len(self.changes) or not all(isinstance(verdict, Verdict) for verdict in answer):
            return self._same(
                Outcome.ERROR, f"The gate answered {len(answer)} verdicts for {len(self.changes)} changes."
            )
        return [replace(verdict, gate=self.name) for verdict in answer]

    def _same(self, outcome: Outcome, reason: str) -> list[Verdict]:
        return [Verdict(self.name, outcome, reason) for _ in self.changes]


def _worst(verdicts: Sequence[Verdict]) -> str:
    order = (Outcome.ERROR, Outcome.REJECT, Outcome.ACCEPT, Outcome.SKIP)
    return next((o.value for o in order if any(v.outcome is o for v in verdicts)), Outcome.SKIP.value)


@dataclass(frozen=True)
class _Throttled:
    """A sandbox that runs so many commands at a time: gates share the cores instead of fighting over them."""

    inner: Sandbox
    slots: threading.Semaphore

    @property
    def name(self) -> str:
        """The back-end's name."""
        return self.inner.name

    def locate(self, mount: Mount) -> str:
        """Return where the command will see the mount."""
        return self.inner.locate(mount)

    def run(self, command: Command) -> Result:
        """Run the command when a slot is free; waiting does not count against its own limits."""
        with self.slots:
            return self.inner.run(command)


def _limited(context: Context, jobs: int) -> Sandbox | None:
    if context.sandbox is None:
        return None
    return _Throttled(Stoppable(context.sandbox, context.stop), threading.Semaphore(jobs))
