"""The template's work: forks that run tests, and what their exit statuses say."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gates.inside import pytest_child
    from gates.inside.reporter import close_all_but
else:
    import pytest_child
    from reporter import close_all_but

# A mutant may take this many times what its tests took unspoiled, and the seconds that starting pytest costs.
_SLOWER = 5.0
_START_SECONDS = 5.0
_MOST_BYTES = 32 * 1024 * 1024
# pytest's exit statuses (_pytest/config/__init__.py, ExitCode); where it finds none of the tests, none noticed.
_PASSED, _NONE = 0, 5


class Run:
    """A forked run: its process, its directory, when it is late, and the mutant's number."""

    def __init__(self, pid: int, directory: Path, until: float, number: int = 0) -> None:
        self.pid = pid
        self.directory = directory
        self.until = until
        self.number = number


class Survey:
    """The unspoiled run: which tests passed, how long each took, and which of the changed lines it ran."""

    def __init__(self, told: dict[str, Any] | None, problem: str | None) -> None:
        told = told or {}
        self.problem = problem
        self.tests: dict[str, dict[str, Any]] = told.get("tests", {})
        self.loaded: dict[str, list[int]] = told.get("loaded", {})
        self.modules: list[str] = told.get("modules", [])
        self.uncollected: list[str] = told.get("uncollected", [])
        self.passed = [name for name, test in self.tests.items() if test["outcome"] == "passed"]

    def summary(self) -> dict[str, Any]:
        """Return the record about it."""
        bad = [name for name, test in self.tests.items() if test["outcome"] in ("failed", "missing")]
        return {
            "problem": self.problem,
            "passed": len(self.passed),
            "failed": len(bad),
            "uncollected": len(self.uncollected),
            "example": (bad or self.uncollected or [""])[0][:300],
        }


class Runs:
    """All runs of one job, within its time."""

    def __init__(self, job: dict[str, Any]) -> None:
        self._job = job
        self._until = time.monotonic() + float(job["seconds"])
        self._count = 0
        self._pytest, self._survey = pytest_child.load("pytest_survey")

    def survey(self) -> Survey:
        """Run all tests unspoiled, watching the changed files' lines."""
        reader, writer = os.pipe()

        def told(text: bytes) -> None:
            rest = memoryview(text)
            while rest:
                rest = rest[os.write(writer, rest) :]

        run = self._fork(None, lambda copy: self._survey.run(copy, self._job, told), keep=writer)
        os.close(writer)
        text, problem = self._listen(reader)
        os.close(reader)
        _finish(run, wait=True)
        if problem is not None:
            return Survey(None, problem)
        try:
            return Survey(json.loads(text), None)
        except (ValueError, RecursionError):
            return Survey(None, "the process that ran the tests ended before it was done")

    def cover(self, survey: Survey, mutant: dict[str, Any]) -> list[str]:
        """Return the passing tests that run a mutant's lines; those that touch its file, for lines run at import."""
        path, lines = mutant["path"], set(range(mutant["first"], mutant["last"] + 1))
        direct = [n for n in survey.passed if lines & set(survey.tests[n]["lines"].get(path, ()))]
        if direct or not lines & set(survey.loaded.get(path, ())):
            return direct
        touching = [n for n in survey.passed if survey.tests[n]["lines"].get(path)]
        return touching or survey.passed

    def control(self, survey: Survey, tests: set[str]) -> str:
        """Run the chosen tests once more, unspoiled: ``passed``, ``failed`` or ``timeout``."""
        chosen = sorted(tests)
        run = self._fork(None, lambda copy: self._test(copy, chosen), seconds=2 * self._limit(survey, chosen))
        return {"survived": "passed", "killed": "failed"}.get(self._wait([run])[1], "timeout")

    def each(self, numbers: list[int], plan: list[list[str]], survey: Survey) -> Iterator[dict[str, Any]]:
        """Try the mutants, several at once, and yield a record for each that was tried."""
        running: list[Run] = []
        queue = list(numbers)
        while queue or running:
            while queue and len(running) < max(1, int(self._job["jobs"])) and time.monotonic() < self._until:
                number = queue.pop(0)
                running.append(self._start(number, plan[number], survey))
            if not running:
                return
            number, status = self._wait(running)
            if status == "timeout" and time.monotonic() >= self._until:
                continue  # our time ran out, not the mutant's
            yield {"k": "mutant", "n": number, "status": status, "tests": len(plan[number])}

    def _start(self, number: int, tests: list[str], survey: Survey) -> Run:
        run = self._fork(
            self._job["mutants"][number], lambda copy: self._test(copy, tests), seconds=self._limit(survey, tests)
        )
        run.number = number
        return run

    def _limit(self, survey: Survey, tests: list[str]) -> float:
        return _START_SECONDS + _SLOWER * sum(float(survey.tests[name]["seconds"]) for name in tests)

    def _test(self, copy: Path, tests: list[str]) -> int:
        files = sorted({name.partition("::")[0] for name in tests})
        job = {**self._job, "files": files}
        arguments = ["-x", *pytest_child.arguments(copy, job)]
        return int(self._pytest.main(arguments, plugins=[self._survey.Chosen(tests, job)]))

    def _fork(
        self, mutant: dict[str, Any] | None, work: Callable[[Path], int], seconds: float = 0.0, keep: int = -1
    ) -> Run:
        """Fork a child that gets a fresh copy of the tree, with the mutant in it, and ends with *work*'s result."""
        self._count += 1
        directory = Path.cwd() / f"run{self._count}"
        directory.mkdir()
        pid = os.fork()
        if pid:
            return Run(pid, directory, time.monotonic() + seconds)
        status = 70
        try:
            os.setsid()
            close_all_but(0, 1, 2, keep)
            os.environ["TMPDIR"] = os.environ["HOME"] = str(directory)
            os.chdir(directory)
            copy = pytest_child.copy_tree(self._job["tree"])
            if mutant is not None:
                _spoil(Path(copy, mutant["path"]), mutant)
            pytest_child.enter(copy)
            status = work(copy)
        except BaseException:  # noqa: BLE001 - whatever judged code raises ends in the exit status
            traceback.print_exc()
        finally:
            os._exit(status)

    def _wait(self, running: list[Run]) -> tuple[int, str]:
        """Wait for one of *running* to end or to use up its time; take it out and say how it went."""
        while True:
            now = time.monotonic()
            for run in running:
                done, status = os.waitpid(run.pid, os.WNOHANG)
                late = not done and now > min(run.until, self._until)
                if done or late:
                    _finish(run, wait=late)
                    running.remove(run)
                    return run.number, "timeout" if late else _status(status)
            time.sleep(0.005)

    def _listen(self, reader: int) -> tuple[bytes, str | None]:
        chunks: list[bytes] = []
        total = 0
        while True:
            left = self._until - time.monotonic()
            if left <= 0:
                return b"", "the tests did not finish in the time given"
            if total > _MOST_BYTES:
                return b"", "the tests reported more than any real suite does"
            if not select.select([reader], [], [], left)[0]:
                continue
            chunk = os.read(reader, 65536)
            if not chunk:
                return b"".join(chunks), None
            chunks.append(chunk)
            total += len(chunk)


def _spoil(path: Path, mutant: dict[str, Any]) -> None:
    source = path.read_bytes()
    path.write_bytes(source[: mutant["start"]] + mutant["text"].encode() + source[mutant["end"] :])


def _status(status: int) -> str:
    code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
    return "survived" if code in (_PASSED, _NONE) else "killed"


def _finish(run: Run, wait: bool) -> None:
    """End what is left of a run's processes, and remove its copy."""
    for how in (os.killpg, os.kill):
        with suppress(ProcessLookupError, PermissionError):
            how(run.pid, signal.SIGKILL)
    if wait:
        os.waitpid(run.pid, 0)
    shutil.rmtree(run.directory, ignore_errors=True)
