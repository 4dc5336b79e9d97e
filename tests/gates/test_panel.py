"""The panel: gates side by side, none takes the others down, none passes by failing."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from gates import registry
from gates.change import Change, MemorySnapshot
from gates.decision import Decision, Judged, decide
from gates.gate import Context, CouldNotJudgeError, Kind, Need, Settings
from gates.interpreter import Interpreter
from gates.panel import judge
from gates.policy import Budget, GateRule, Policy
from gates.sandbox.bubblewrap import Bubblewrap
from gates.sandbox.runner import Runner
from gates.sandbox.spec import Command, Limits, Mount, Result
from gates.stopping import Stop, StoppedError
from gates.verdict import Outcome, Verdict
from gates.workspace import Workspace
from tests.gates.sandbox.attacks.probes import processes_with

Judge = Callable[[Sequence[Change], Context], Any]


@dataclass(frozen=True)
class Fake:
    """A gate that does what a test says."""

    does: Judge
    name: str = "fake"
    version: str = "1"
    kind: Kind = Kind.EXOGENOUS
    summary: str = ""
    needs: frozenset[Need] = frozenset()
    settings_type: type[Settings] = Settings

    def judge(self, changes: Sequence[Change], settings: Settings, context: Context) -> Any:
        return self.does(changes, context)


CHANGES = [Change.between(MemorySnapshot({}), MemorySnapshot.of({"a.py": str(n)})) for n in range(3)]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[list[Judged]]]:
    def run_gates(
        gates: dict[str, Judge],
        seconds: int = 20,
        jobs: int = 2,
        sandbox: Any = None,
        stop: Stop | None = None,
        **rules: GateRule,
    ) -> Any:
        monkeypatch.setattr(registry, "get", lambda name: Fake(gates[name], name=name))
        policy = Policy(
            name="p", gates={n: rules.get(n, GateRule()) for n in gates}, budget=Budget(seconds=seconds, jobs=jobs)
        )
        own = Interpreter.own()
        with Workspace() as workspace:
            context = Context(workspace, own, own, sandbox, stop=stop or Stop())
            return judge(policy, CHANGES, context, provenance="undeclared")

    return run_gates


def _accept(changes: Sequence[Change], context: Context) -> list[Verdict]:
    return [Verdict.accept("whatever", "Fine.") for _ in changes]


def _crash(changes: Sequence[Change], context: Context) -> list[Verdict]:
    raise RuntimeError("boom")


def _cannot(changes: Sequence[Change], context: Context) -> list[Verdict]:
    raise CouldNotJudgeError("Install it.")


def test_every_change_gets_every_gates_verdict_under_the_gates_name(run: Any) -> None:
    result = run({"one": _accept, "two": _accept})
    assert [[j.verdict.gate for j in row] for row in result] == [["one", "two"]] * 3
    assert all(j.verdict.outcome is Outcome.ACCEPT and j.verdict.seconds >= 0 for row in result for j in row)


def test_a_gate_that_crashes_is_an_error_and_leaves_the_others_alone(run: Any) -> None:
    for row in run({"bad": _crash, "good": _accept}):
        assert [j.verdict.outcome for j in row] == [Outcome.ERROR, Outcome.ACCEPT]
        assert "boom" in row[0].verdict.reason
        assert decide(row) is Decision.ERROR


def test_a_gate_that_says_it_could_not_judge_gives_its_remedy(run: Any) -> None:
    row = run({"bad": _cannot})[0]
    assert row[0].verdict.outcome is Outcome.ERROR
    assert row[0].verdict.reason == "Install it."


@pytest.mark.parametrize("answer", [[], [Verdict.accept("x", "")], [True, True, True]])
def test_nonsense_is_an_error(run: Any, answer: list[Any]) -> None:
    for row in run({"bad": lambda changes, context: answer}):
        assert row[0].verdict.outcome is Outcome.ERROR


def test_a_gate_that_outlives_the_budget_is_an_error(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gates.panel._GRACE_SECONDS", 0.1)
    end = threading.Event()
    started = time.monotonic()
    row = run({"slow": lambda c, x: end.wait(30), "quick": _accept}, seconds=1)[0]
    end.set()
    assert time.monotonic() - started < 10
    assert [j.verdict.outcome for j in row] == [Outcome.ERROR, Outcome.ACCEPT]
    assert "budget.seconds" in row[0].verdict.reason


def test_gates_run_side_by_side(run: Any) -> None:
    barrier = threading.Barrier(2, timeout=10)

    def meet(changes: Sequence[Change], context: Context) -> list[Verdict]:
        barrier.wait()
        return _accept(changes, context)

    assert all(j.verdict.outcome is Outcome.ACCEPT for j in run({"one": meet, "two": meet})[0])


def test_no_more_sandboxed_commands_run_at_a_time_than_the_budget_says(run: Any) -> None:
    class Counting:
        name = "counting"

        def __init__(self) -> None:
            self.now = self.most = 0
            self.lock = threading.Lock()

        def locate(self, mount: Mount) -> str:
            return mount.target

        def run(self, command: Command) -> Result:
            with self.lock:
                self.now += 1
                self.most = max(self.most, self.now)
            time.sleep(0.02)
            with self.lock:
                self.now -= 1
            return Result(0, b"", b"", 0.02)

    sandbox = Counting()

    def use(changes: Sequence[Change], context: Context) -> list[Verdict]:
        context.run(Command(("true",)))
        return _accept(changes, context)

    run(dict.fromkeys(("a", "b", "c", "d", "e"), use), jobs=2, sandbox=sandbox)
    assert sandbox.most == 2


def test_without_a_sandbox_execution_is_an_error_and_never_a_fall_back(run: Any) -> None:
    row = run({"needs": lambda c, x: x.run(Command(("true",)))})[0]
    assert row[0].verdict.outcome is Outcome.ERROR
    assert "exogate doctor" in row[0].verdict.reason


def test_a_gate_kept_for_another_provenance_is_skipped(run: Any) -> None:
    row = run({"one": _crash}, one=GateRule(only_for=("ai-declared",)))[0]
    assert row[0].verdict.outcome is Outcome.SKIP


@pytest.mark.parametrize(
    ("outcomes", "decision"),
    [
        ([], Decision.ACCEPT),
        ([("accept", True), ("skip", True)], Decision.ACCEPT),
        ([("accept", True), ("reject", False), ("error", False)], Decision.ACCEPT),
        ([("accept", True), ("error", True)], Decision.ERROR),
        ([("reject", True), ("error", True)], Decision.REJECT),
    ],
)
def test_the_decision(outcomes: list[tuple[str, bool]], decision: Decision) -> None:
    plain = Verdict.accept("g", "")
    assert decide(Judged(replace(plain, outcome=Outcome(o)), blocking) for o, blocking in outcomes) is decision


def test_progress_is_told_of_each_start_and_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    gates = {"one": _accept, "two": _crash}
    monkeypatch.setattr(registry, "get", lambda name: Fake(gates[name], name=name))
    told: list[tuple[str, str]] = []
    own = Interpreter.own()
    with Workspace() as workspace:
        policy = Policy(name="p", gates=dict.fromkeys(gates, GateRule()))
        judge(policy, CHANGES, Context(workspace, own, own), progress=lambda *event: told.append(event))
    assert sorted(told) == [("one", "accept"), ("one", "started"), ("two", "error"), ("two", "started")]


def test_the_reason_for_nonsense_says_what_was_answered(run: Any) -> None:
    row = run({"bad": lambda changes, context: []})[0]
    assert "0 verdicts for 3 changes" in row[0].verdict.reason


def test_gates_have_room_to_parse_and_leave_the_callers_threads_alone(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    real = threading.stack_size
    monkeypatch.setattr(threading, "stack_size", lambda size=0: sizes.append(size) or real(size))

    def look(changes: Sequence[Change], context: Context) -> list[Verdict]:
        # One that hangs for ever must not keep the process alive.
        assert threading.current_thread().daemon
        return _accept(changes, context)

    assert run({"one": look})[0][0].verdict.outcome is Outcome.ACCEPT
    assert sizes == [64 * 1024 * 1024, 0]


def test_no_number_of_jobs_means_one_a_core(run: Any) -> None:
    from gates.panel import cores

    seen: list[int] = []
    run({"one": lambda c, x: seen.append(x.jobs) or _accept(c, x)}, jobs=0)
    assert seen == [cores()]
    assert cores() >= 1


def test_a_gate_sees_the_sandbox_that_was_chosen(run: Any) -> None:
    class Named:
        name = "named"

        def locate(self, mount: Mount) -> str:
            return f"/inside{mount.target}"

        def run(self, command: Command) -> Result:
            return Result(0, b"", b"", 0.0)

    seen: list[str] = []

    def look(changes: Sequence[Change], context: Context) -> list[Verdict]:
        assert context.sandbox is not None
        seen.extend((context.sandbox.name, context.sandbox.locate(Mount(Path(), "/x"))))
        return _accept(changes, context)

    run({"one": look}, sandbox=Named())
    assert seen == ["named", "/inside/x"]


def test_what_the_gates_left_of_the_budget_is_the_sandboxs_limit(run: Any) -> None:
    class Recording:
        name = "recording"

        def locate(self, mount: Mount) -> str:
            return mount.target

        def run(self, command: Command) -> Result:
            seen.append(command.limits.wall_seconds)
            return Result(0, b"", b"", 0.0)

    seen: list[float] = []
    run({"one": lambda c, x: x.run(Command(("true",))) and _accept(c, x)}, sandbox=Recording(), seconds=7)
    assert len(seen) == 1
    assert 5 < seen[0] <= 7


class TestStop:
    """A reason to stop that comes while the gates are at work."""

    PATIENCE = 60

    @pytest.mark.sandbox
    @pytest.mark.parametrize("sandbox", [Bubblewrap(), Runner()], ids=["bubblewrap", "runner"])
    def test_ends_what_runs_in_the_sandbox_and_leaves_no_process(
        self, run: Any, sandbox: Any, monkeypatch: Any
    ) -> None:
        monkeypatch.setattr("gates.sandbox.runner._hide_own_memory", lambda: None)
        stop, word = Stop(), uuid.uuid4().hex
        # The shell has a child, which has the word too.
        command = Command(
            ("/bin/sh", "-c", "sleep 600 & exec sh -c 'sleep 600; :' \"$0\"", word),
            limits=Limits(wall_seconds=600),
        )
        told: list[BaseException] = []

        def sleep(changes: Sequence[Change], context: Context) -> list[Verdict]:
            try:
                context.run(command)
            except StoppedError as error:
                told.append(error)
                raise
            return _accept(changes, context)

        def push() -> None:
            end = time.monotonic() + self.PATIENCE
            while not processes_with(word.encode()) and time.monotonic() < end:
                time.sleep(0.02)
            stop.because("A newer push came.")

        thread = threading.Thread(target=push)
        thread.start()
        with pytest.raises(StoppedError, match="A newer push came"):
            run({"slow": sleep, "quick": _accept}, seconds=600, sandbox=sandbox, stop=stop)
        thread.join()
        assert processes_with(word.encode()) == []
        assert [str(error) for error in told] == ["A newer push came."]

    def test_nothing_new_is_started_not_even_what_waited_for_its_turn(self, run: Any) -> None:
        stop, started, refused = Stop(), [], threading.Semaphore(0)

        class Slow:
            name = "slow"

            def locate(self, mount: Mount) -> str:
                return mount.target

            def run(self, command: Command) -> Result:
                started.append(command)
                stop.because("A newer push came.")
                while command.unwanted() is None:
                    time.sleep(0.01)
                return Result(None, b"", b"", 0.1, killed=command.unwanted())

        def use(changes: Sequence[Change], context: Context) -> list[Verdict]:
            for _ in range(3):
                try:
                    context.run(Command(("true",)))
                except StoppedError:
                    refused.release()
            return _accept(changes, context)

        with pytest.raises(StoppedError):
            run({"one": use, "two": use}, jobs=1, sandbox=Slow(), stop=stop)
        for _ in range(6):
            assert refused.acquire(timeout=self.PATIENCE)
        assert len(started) == 1

    def test_a_gate_that_computes_is_not_waited_for(self, run: Any) -> None:
        stop, end = Stop(), threading.Event()

        def compute(changes: Sequence[Change], context: Context) -> list[Verdict]:
            stop.because("A newer push came.")
            end.wait(600)
            return _accept(changes, context)

        with pytest.raises(StoppedError):
            run({"slow": compute}, seconds=600, stop=stop)
        end.set()

    def test_what_came_at_the_last_moment_counts(self, run: Any) -> None:
        stop = Stop()

        def last(changes: Sequence[Change], context: Context) -> list[Verdict]:
            stop.because("A newer push came.")
            return _accept(changes, context)

        with pytest.raises(StoppedError):
            run({"only": last}, stop=stop)
