"""The ``duplication`` gate."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import gates
from gates.cache import Cache
from gates.change import Change, FileChange, MemorySnapshot, Status
from gates.diff import compare
from gates.duplicates.fingerprints import GRAM, PASSAGE, grams, winnow
from gates.duplicates.tokens import BRACES, PYTHON, language_of, located, numbers
from gates.exogenous.duplication import GATE, DuplicationSettings
from gates.gate import Context
from gates.interpreter import Interpreter
from gates.verdict import Outcome, Severity, Verdict
from gates.workspace import Workspace

ORIGINAL = '''
def summarise(orders, limit):
    """Sum up."""
    total = 0
    largest = None
    for order in orders:
        if order.cancelled or order.amount <= 0:
            continue
        total += order.amount * order.rate
        if largest is None or order.amount > largest.amount:
            largest = order
    if total > limit:
        raise ValueError("too much")
    return {"total": round(total, 2), "largest": largest}
'''

RENAMED = """
import decimal


def outline(things, bound):
    # another comment
    acc = 0
    top = None
    for t in things:
        if t.cancelled or t.amount <= 0:
            continue
        acc += t.amount * t.rate
        if top is None or t.amount > top.amount:
            top = t
    if acc > bound:
        raise ValueError("too much")
    return {"total": round(acc, 2), "largest": top}
"""

OTHER = """
class Ledger:
    def __init__(self, path):
        self.path = path
        self.rows = []

    def load(self):
        with open(self.path, newline="") as handle:
            for row in csv.reader(handle):
                self.rows.append(Row(row[0], float(row[1]), row[2] == "yes"))

    def filtered(self, minimum):
        return [row for row in self.rows if row.amount >= minimum and not row.hidden]

    def save(self, target):
        text = "\\n".join(f"{r.name};{r.amount:.2f}" for r in self.rows)
        target.write_text(text + "\\n", encoding="utf-8")
"""


@pytest.fixture(scope="module")
def context() -> Iterator[Context]:
    with Workspace() as workspace:
        yield Context(workspace, Interpreter.own(), Interpreter.own())


def judge(
    context: Context, base: Mapping[str, str | bytes], head: Mapping[str, str | bytes], **options: Any
) -> Verdict:
    change = Change.between(MemorySnapshot.of(base), MemorySnapshot.of({**base, **head}))
    return GATE.judge([change], DuplicationSettings(**options), context)[0]


def test_a_copy_is_rejected_and_names_its_twin(context: Context) -> None:
    verdict = judge(context, {"a.py": "x = 1\n" + ORIGINAL}, {"b.py": ORIGINAL})
    assert (verdict.outcome, verdict.score) == (Outcome.REJECT, 1.0)
    (finding,) = verdict.findings
    assert (finding.path, finding.line, finding.end_line) == ("b.py", 2, 14)
    assert "a.py, lines 3 to 15" in finding.message


def test_a_copy_with_other_names_and_comments_is_found(context: Context) -> None:
    verdict = judge(context, {"a.py": ORIGINAL}, {"b.py": RENAMED})
    assert verdict.outcome is Outcome.REJECT
    assert verdict.score is not None
    assert verdict.score > 0.85


def test_other_code_is_accepted(context: Context) -> None:
    verdict = judge(context, {"a.py": ORIGINAL}, {"b.py": OTHER})
    assert (verdict.outcome, verdict.score, verdict.findings) == (Outcome.ACCEPT, 0.0, ())


def test_a_copy_into_the_same_file_is_found(context: Context) -> None:
    verdict = judge(context, {"a.py": ORIGINAL}, {"a.py": ORIGINAL + "\n\n" + RENAMED.replace("import decimal", "")})
    assert verdict.outcome is Outcome.REJECT


def test_a_copy_within_the_change_is_found_once(context: Context) -> None:
    verdict = judge(context, {}, {"a.py": ORIGINAL, "b.py": RENAMED})
    assert verdict.outcome is Outcome.REJECT
    assert {f.path for f in verdict.findings} == {"b.py"}
    twice = judge(context, {}, {"a.py": ORIGINAL + RENAMED + RENAMED})
    assert twice.outcome is Outcome.REJECT
    assert twice.score == pytest.approx(2 / 3, abs=0.1)


def test_moved_code_is_no_copy(context: Context) -> None:
    before = {"a.py": OTHER + ORIGINAL}
    after = MemorySnapshot.of({"a.py": OTHER, "b.py": ORIGINAL})
    change = Change.between(MemorySnapshot.of(before), after)
    assert GATE.judge([change], DuplicationSettings(), context)[0].outcome is Outcome.ACCEPT
    gone = Change.between(MemorySnapshot.of({"a.py": ORIGINAL}), MemorySnapshot.of({"b.py": ORIGINAL}))
    assert GATE.judge([gone], DuplicationSettings(), context)[0].outcome is Outcome.ACCEPT


def test_a_renamed_file_is_no_copy_of_itself(context: Context) -> None:
    base, head = MemorySnapshot.of({"a.py": ORIGINAL}), MemorySnapshot.of({"b.py": ORIGINAL + OTHER})
    hunks = compare(base.read("a.py"), head.read("b.py"))
    change = Change("1", base, head, (FileChange("b.py", Status.RENAMED, "a.py", hunks),))
    assert GATE.judge([change], DuplicationSettings(), context)[0].outcome is Outcome.ACCEPT


def test_an_edit_in_place_is_no_copy_of_what_it_replaces(context: Context) -> None:
    edited = ORIGINAL.replace("order", "item").replace("0:", "1:")
    verdict = judge(context, {"a.py": ORIGINAL}, {"a.py": edited}, min_tokens=20)
    assert verdict.outcome is Outcome.ACCEPT


def test_a_copied_part_is_a_warning(context: Context) -> None:
    verdict = judge(context, {"a.py": ORIGINAL}, {"b.py": OTHER + OTHER.replace("row", "x").upper() + RENAMED})
    assert verdict.outcome is Outcome.ACCEPT
    assert {(f.path, f.severity) for f in verdict.findings} == {("b.py", Severity.WARNING)}


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"from package{n} import a{n}, b{n}\n" for n in range(60)),
        "from a import (\n" + "".join(f"    name{n},\n" for n in range(60)) + ")\n",
        "TABLE = {\n" + "".join(f'    "key{n}": ({n}, "value{n}"),\n' for n in range(60)) + "}\n",
        "class Colour(Enum):\n" + "".join(f"    C{n} = {n}\n" for n in range(60)),
        "__all__ = [\n" + "".join(f'    "name{n}",\n' for n in range(60)) + "]\n",
        "class P:\n" + "".join(f"    a{n}: int\n    b{n}: str | None\n" for n in range(40)),
        "def f(" + ", ".join(f"a{n}" for n in range(60)) + "):\n    return x\n",
    ],
)
def test_what_always_looks_alike_is_no_copy(text: str, context: Context) -> None:
    other = re.sub(r"\d+", lambda m: str(int(m.group()) + 100), text)
    assert judge(context, {"a.py": text}, {"b.py": other}).findings == ()


def test_our_own_modules_are_not_copies_of_each_other(context: Context) -> None:
    files = {f"gates/{p.name}": p.read_text() for p in sorted(Path(gates.__file__).parent.glob("*.py"))}
    verdict = judge(context, {}, files)
    assert verdict.outcome is Outcome.ACCEPT, verdict.reason


def test_tests_are_judged_when_asked(context: Context) -> None:
    base, head = {"tests/test_a.py": ORIGINAL}, {"tests/test_b.py": ORIGINAL}
    assert judge(context, base, head).outcome is Outcome.SKIP
    assert judge(context, base, head, tests=True).outcome is Outcome.REJECT


def test_other_languages_are_compared(context: Context) -> None:
    code = """
    function total(orders, limit) {
      let sum = 0; /* start */
      for (const order of orders) {
        if (order.cancelled || order.amount <= 0) continue;
        sum += order.amount * order.rate;
        log.debug(`adding ${order.amount}`);
      }
      if (sum > limit) { throw new Error("too much"); }
      return Math.round(sum * 100) / 100; // cents
    }
    """
    verdict = judge(context, {"a.ts": code}, {"b.js": code.replace("order", "o").replace("${o.", "${order.")})
    assert verdict.outcome is Outcome.REJECT
    assert judge(context, {"a.py": code}, {"b.js": code}).outcome is Outcome.ACCEPT, "not compared across families"


def test_short_additions_and_other_files_are_skipped(context: Context) -> None:
    assert judge(context, {"a.py": ORIGINAL}, {"b.py": "x = 1\n"}).outcome is Outcome.SKIP
    assert judge(context, {"a.txt": ORIGINAL}, {"b.txt": ORIGINAL}).outcome is Outcome.SKIP
    assert judge(context, {"a.py": ORIGINAL}, {"v/b.py": ORIGINAL}, exclude=("v/*",)).outcome is Outcome.SKIP


def test_the_cache_changes_nothing(context: Context, tmp_path: Path) -> None:
    cached = replace(context, cache=Cache(tmp_path))
    base = {"a.py": ORIGINAL, "c.py": OTHER}
    first, second = (judge(cached, base, {"b.py": RENAMED}) for _ in range(2))
    assert first == second == judge(context, base, {"b.py": RENAMED})
    assert len(list(tmp_path.rglob("*.json"))) == 2


def test_the_head_is_never_cached(context: Context, tmp_path: Path) -> None:
    judge(replace(context, cache=Cache(tmp_path)), {}, {"b.py": ORIGINAL})
    assert not list(tmp_path.rglob("*.json"))


def test_many_samples_against_one_base(context: Context) -> None:
    base = MemorySnapshot.of({"corpus.py": ORIGINAL})
    changes = [
        Change.between(base, MemorySnapshot.of({"corpus.py": ORIGINAL, "s.py": text}))
        for text in (RENAMED, OTHER, "", ORIGINAL)
    ]
    outcomes = [v.outcome.value for v in GATE.judge(changes, DuplicationSettings(), context)]
    assert outcomes == ["reject", "accept", "skip", "reject"]


@pytest.mark.parametrize(
    "unit",
    [b"/*", b'"""', b"'''", b"from a import (\n", b"`", b'"', b"a (", b".a ", b"\\", b"#", b"\n", b"/* *", b"((("],
)
@pytest.mark.parametrize("suffix", [".py", ".js"])
def test_hostile_text_takes_linear_time(unit: bytes, suffix: str, context: Context) -> None:
    started = time.monotonic()
    judge(context, {}, {f"a{suffix}": unit * (200_000 // len(unit))})
    assert time.monotonic() - started < 5


@given(st.lists(st.integers(0, 50), max_size=120), st.lists(st.integers(0, 50), max_size=60), st.integers(0, 60))
def test_winnowing_keeps_its_promise(left: list[int], right: list[int], at: int) -> None:
    shared = list(range(100, 100 + PASSAGE))
    one, other = left + shared, right[:at] + shared + right[at:]
    assert winnow(grams(one)) & winnow(grams(other))
    assert winnow(grams(one)) <= set(grams(one))


@given(text=st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_both_ways_of_cutting_agree(text: bytes) -> None:
    for language in (PYTHON, BRACES):
        runs = located(language, text, language.codes, lambda _: True)
        assert [number for run in runs for number, _ in run] == numbers(language, text, language.codes)
        assert all(1 <= line <= text.count(b"\n") + 1 for run in runs for _, line in run)


def test_short_texts_have_no_grams() -> None:
    assert grams(list(range(GRAM - 1))) == []
    assert language_of("a.txt") is None


@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(base=st.binary(max_size=300), head=st.binary(max_size=300))
def test_no_bytes_break_it(base: bytes, head: bytes, context: Context) -> None:
    verdict = judge(context, {"a.py": base * 3, "a.c": base}, {"b.py": head * 5, "b.c": head + base}, min_tokens=1)
    assert verdict.outcome is not Outcome.ERROR
