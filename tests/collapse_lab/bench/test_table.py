from __future__ import annotations

from typing import Any

import pytest

from collapse_lab.bench.lines import Line, Status
from collapse_lab.bench.plan import Kind
from collapse_lab.bench.table import row, rows, text

DECODE = {
    "tokens_a_second": [1000.0, 1200.0, 1100.0],
    "generate": {"64": [90.0, 110.0, 100.0], "512": [80.0, 80.0, 80.0]},
    "ratio": [11.0, 10.5, 12.0],
    "of_limit": 0.125,
    "same": 0.75,
    "weights": "random",
}
TRAIN = {"tokens_a_second": [5000.0, 7000.0], "used": 0.4, "memory_bytes": 3 * 2**30, "weights": "random"}
ARM = {
    "seconds": 200.0,
    "arms": [{"label": "none", "sampled": [0.5, 0.25], "greedy": [0.5, 0.3]}],
}
H200 = {"gpu": "NVIDIA H200", "gpus": 1, "gpu_memory_bytes": 139 * 2**30, "driver": "580.1"}


def line(step: str, values: dict[str, Any], kind: Kind = "gpu", status: Status = "ok", why: str = "") -> Line:
    facts = H200 if kind == "gpu" else {"processor": "some processor"}
    versions = {"torch": "2.11.0", "transformers": "absent"}
    return Line(step, kind, status, 9.0, "2026-01-01", why, values, facts, versions, {"commit": "abc"})


def test_medians_ratios_and_goals_are_shown() -> None:
    found = row(line("decode/smollm2/own", DECODE))
    assert found.measured == (
        "1,100 tokens/s; 11.00 x generate (10.50 to 12.00; 100 by 64, 80 by 512); 12.5% of the memory's limit; "
        "greedy the same 75%; random weights"
    )
    assert (found.asked, found.reached) == (">= 10 x generate", "yes")
    assert row(line("decode/smollm2/own", {**DECODE, "ratio": [9.0, 9.9]})).reached == "no"


def test_a_share_that_is_not_known_is_not_reached() -> None:
    found = row(line("train/qwen2.5-coder-1.5b/packed", TRAIN))
    assert (found.asked, found.reached) == ("MFU >= 45%", "no")
    assert "6,000 tokens/s; MFU 40.0%; 3 GiB" in found.measured
    unknown = row(line("train/qwen2.5-coder-1.5b/packed", {**TRAIN, "used": None}))
    assert unknown.reached == "not known"
    assert "MFU" not in unknown.measured


def test_an_arm_may_take_five_minutes() -> None:
    found = row(line("arm/smollm2-mini/none", ARM))
    assert found.measured == "200 s an arm; none: sampled pass@1 0.500 -> 0.250"
    assert (found.asked, found.reached) == ("<= 300 s", "yes")
    assert row(line("arm/smollm2-mini/none", {**ARM, "seconds": 301.0})).reached == "no"


@pytest.mark.parametrize(
    ("status", "words", "reached"), [("failed", "failed", ""), ("late", "too slow", "no"), ("absent", "not run", "")]
)
def test_a_step_without_a_number_says_why(status: Status, words: str, reached: str) -> None:
    found = row(line("decode/smollm2/own", {}, status=status, why="no memory"))
    assert (found.measured, found.reached) == (f"{words}: no memory", reached)


def test_lines_of_a_cpu_are_marked_and_judged_by_nothing() -> None:
    found = row(line("decode/smollm2/own", {**DECODE, "of_limit": None}, "cpu"))
    assert found.step == "decode/smollm2/own (cpu)"
    assert (found.asked, found.reached) == ("", "")
    assert "limit" not in found.measured


def test_the_whole_says_what_it_was_measured_on() -> None:
    lines = [line("decode/smollm2/own", {**DECODE, "of_limit": None}, "cpu"), line("decode/smollm2/own", DECODE)]
    said = text(lines)
    assert [one.step for one in rows(lines)] == ["decode/smollm2/own", "decode/smollm2/own (cpu)"]
    assert "Measured on 1 x NVIDIA H200, 139 GiB, driver: 580.1; torch 2.11.0; code abc." in said
    assert "Measured on some processor; torch 2.11.0; code abc." in said
    assert "Their numbers say nothing" in said
    assert "Their numbers say nothing" not in text(lines[1:])


def test_a_long_sentence_moves_no_other_column() -> None:
    short = text([line("decode/smollm2/own", DECODE)]).splitlines()
    long = text([line("decode/smollm2/own", DECODE), line("arm/smollm2-mini/none", {}, status="failed", why="x" * 400)])
    place = short[0].index("asked for") - short[0].index("measured")
    first = long.splitlines()[0]
    assert first.index("asked for") - first.index("measured") == place
