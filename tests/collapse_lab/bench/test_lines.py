from __future__ import annotations

from pathlib import Path

import pytest

from collapse_lab.bench.lines import Line, LinesError, Status, done, latest, read, without, write
from collapse_lab.bench.plan import Kind


def line(step: str, kind: Kind = "gpu", status: Status = "ok", seconds: float = 1.0) -> Line:
    return Line(step, kind, status, seconds, "2026-01-01T00:00:00+00:00", values={"ratio": [1.0, 2.0]})


def test_lines_are_read_as_they_were_written(tmp_path: Path) -> None:
    file = tmp_path / "new" / "bench.jsonl"
    assert read(file) == []
    lines = [line("decode/smollm2/own"), line("train/smollm2/packed", "cpu", "failed")]
    write(file, lines)
    assert read(file) == lines
    assert len(file.read_text().splitlines()) == 2


def test_a_line_of_a_later_version_is_read(tmp_path: Path) -> None:
    file = tmp_path / "bench.jsonl"
    write(file, [line("decode/smollm2/own")])
    file.write_text(file.read_text().replace('{"at"', '{"added": 1, "at"'))
    assert read(file) == [line("decode/smollm2/own")]


@pytest.mark.parametrize("text", ["{", "[1]", '{"step": "decode/smollm2/own"}', "3"])
def test_what_is_no_line_is_named(text: str, tmp_path: Path) -> None:
    file = tmp_path / "bench.jsonl"
    write(file, [line("decode/smollm2/own")])
    file.write_text(f"{file.read_text()}{text}\n")
    with pytest.raises(LinesError, match=r"bench\.jsonl, line 2: this is no line of the bench"):
        read(file)


def test_what_is_done_on_one_kind_of_machine_is_not_done_on_the_other() -> None:
    lines = [line("a/b/c"), line("d/e/f", "cpu"), line("g/h/i", status="failed"), line("j/k/l", status="late")]
    assert done(lines, "gpu") == {"a/b/c", "g/h/i", "j/k/l"}
    assert done(lines, "cpu") == {"d/e/f"}


def test_what_could_not_be_run_is_not_done() -> None:
    lines = [line("a/b/c", status="absent")]
    assert done(lines, "gpu") == set()
    assert done([*lines, line("a/b/c")], "gpu") == {"a/b/c"}


def test_the_last_line_of_a_step_counts() -> None:
    first, second = line("a/b/c", seconds=1.0), line("a/b/c", seconds=2.0)
    assert latest([first, line("d/e/f"), second])["a/b/c", "gpu"] is second


def test_forgetting_takes_the_steps_of_one_kind() -> None:
    lines = [line("a/b/c"), line("a/b/c", "cpu"), line("d/e/f")]
    assert without(lines, ["a/b/c"], "gpu") == lines[1:]
