"""Copies, near copies and what overlaps a benchmark."""

from __future__ import annotations

import pytest

pytest.importorskip("datasketch")

from collapse_lab.benchmarks.everyday import everyday
from collapse_lab.pools.clean import decontaminated, distinct
from collapse_lab.pools.rows import Origin, Row

ORIGIN = Origin("shop", "1.0", "shop/till.py", 1, "MIT")
LINES = [f"    step_{n} = call_{n}(step_{n - 1}, {n})\n" for n in range(1, 21)]


def row(name: str, body: str, docstring: str = "Return what is asked for.") -> Row:
    return Row(name, f'def {name}(step_0):\n    """{docstring}"""\n', body, ORIGIN)


def test_copies_are_left_out_and_the_first_stays() -> None:
    one = row("one", "".join(LINES))
    renamed = row("two", "".join(LINES).replace("step_3", "middle"))
    near = row("three", "".join(LINES) + "    return step_20\n")
    other = row("four", "".join(f"    other.append({n} * step_0 - {n})\n" for n in range(20)))
    kept, left_out = distinct([one, one, renamed, near, other])
    assert kept == [one, other]
    assert left_out == {"copies": 1, "copies but for names": 1, "near copies": 1}


def test_functions_that_share_less_are_all_kept() -> None:
    half = row("one", "".join(LINES))
    again = row("two", "".join(LINES[:10]) + "".join(f"    more({n}, step_0, {n})\n" for n in range(10)))
    assert distinct([half, again])[0] == [half, again]


def test_bodies_of_a_few_words_are_compared_as_a_whole() -> None:
    rows = [row("one", "    pass\n    pass\n"), row("two", "    return\n    pass\n")]
    assert distinct(rows)[0] == rows


def test_what_a_benchmark_holds_is_left_out_and_counted() -> None:
    task = next(t for t in everyday().tasks if t.entry_point == "reverse_words" or len(t.reference) > 150)
    documents = [(t.prompt, t.reference) for t in everyday().tasks]
    taken = Row(task.entry_point, task.prompt, task.reference, ORIGIN)
    same = row("renamed", task.reference)
    clean = row("clean", "".join(LINES))
    kept, counts = decontaminated([clean, taken, same], {"everyday": documents, "none": []})
    assert kept == [clean]
    assert counts["everyday"]["13"] == 2
    assert counts["everyday"]["ast"] == 1
    assert counts["none"] == {"13": 0, "ast": 0}


def test_a_docstring_out_of_a_benchmark_is_an_overlap() -> None:
    words = "one two three four five six seven eight nine ten eleven twelve thirteen"
    kept, counts = decontaminated([row("f", "".join(LINES), words)], {"b": [(f'def g():\n    """{words}"""\n', "")]})
    assert kept == []
    assert counts == {"b": {"13": 1, "ast": 0}}
