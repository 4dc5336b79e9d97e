"""Published benchmarks as the lab's own tasks, each judged as its publishers judge it, outside the answer's process.

Every task is asked as a function to complete: a head, a docstring, and nothing after it. So a completion is a
function's body, and the first statement that begins at the margin ends it; nothing else is cut from it or put into
it. (EvalPlus has stop texts and, after those, cuts what the function does not reach.) The score is the benchmark's
own, on all of its tests; ``visible``, what a gate may see, are the examples that the prompt shows. Two benchmarks ask
for an answer in words instead (``answers``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from collapse_lab.benchmarks import answers, human_eval, live_code_bench, mbpp, plus
from collapse_lab.benchmarks.rows import BenchmarkError, Row
from collapse_lab.benchmarks.sources import rows
from collapse_lab.benchmarks.strata import stratified
from collapse_lab.execution import evalplus
from collapse_lab.execution import human_eval as openai
from collapse_lab.execution import live_code_bench as contests
from collapse_lab.execution.outcome import Limits
from collapse_lab.study import BenchmarkChoice
from collapse_lab.tasks.task import Benchmark, Task

__all__ = ["LIMITS", "BenchmarkError", "open_benchmark"]

LIMITS: Mapping[str, Limits] = {
    "everyday": Limits(),
    "humaneval": openai.LIMITS,
    "humaneval-plus": evalplus.LIMITS,
    "mbpp": openai.LIMITS,
    "mbpp-plus": evalplus.LIMITS,
    "livecodebench": contests.LIMITS,
    **dict.fromkeys(answers.NAMES, Limits()),
}
"""What each benchmark's own evaluator gives an answer, near enough: for a study's ``limits``. Answers in words are not
run."""

_READ: Mapping[str, Callable[[Iterable[Row]], Iterable[Task]]] = {
    "humaneval": human_eval.tasks,
    "humaneval-plus": plus.human_eval_plus,
    "mbpp": mbpp.tasks,
    "mbpp-plus": plus.mbpp_plus,
}


@lru_cache(maxsize=16)
def open_benchmark(choice: BenchmarkChoice) -> Benchmark:
    """Return a benchmark, its first tasks only where the choice says so. Equal choices give the same one.

    Nothing is run. Raises ``BenchmarkError``, in a sentence, where there is no source, or a broken one.
    """
    tasks = tuple(_tasks(choice))
    names = {task.id for task in tasks}
    if len(names) < len(tasks):
        raise BenchmarkError(f"Benchmark {choice.name} has a task twice: {len(tasks)} tasks, {len(names)} names.")
    if not tasks:
        raise BenchmarkError(f"Benchmark {choice.name} has no task that was asked for: {choice!r}.")
    return Benchmark(choice.name, tasks[: choice.first])


def _tasks(choice: BenchmarkChoice) -> Iterable[Task]:
    if choice.name == "livecodebench":
        return live_code_bench.tasks(live_code_bench.rows(choice), choice)
    if choice.release or choice.since or choice.until:
        raise BenchmarkError(f"`release`, `since` and `until` are livecodebench's; {choice.name} has one edition only.")
    if choice.name == "everyday":
        from collapse_lab.benchmarks.everyday import everyday

        return everyday().tasks
    if choice.name in answers.NAMES:
        test = answers.parts_of(choice.name, choice.path).test
        return [entry.task(f"{choice.name}/{entry.sha256[:16]}") for entry in test]
    return stratified(list(_READ[choice.name](rows(choice))))
