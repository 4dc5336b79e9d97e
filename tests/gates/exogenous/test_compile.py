"""The ``compile`` gate on real interpreters, with hostile sources."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gates import inside
from gates.change import Change, MemorySnapshot
from gates.compiling.targets import targets
from gates.exogenous.compile_ import GATE, CompileSettings
from gates.gate import Context, CouldNotJudgeError
from gates.interpreter import Interpreter
from gates.pyversions import Declared
from gates.sandbox.bubblewrap import Bubblewrap
from gates.sandbox.spec import Command, Mount, Result
from gates.verdict import Outcome, Severity, Verdict
from gates.workspace import Workspace

HERE = sys.version_info[1]
OWN = Interpreter.own()


@pytest.fixture(scope="module")
def sandboxed() -> Iterator[Context]:
    with Workspace() as workspace:
        yield Context(workspace, Interpreter.own(), Interpreter.own(), sandbox=Bubblewrap())


@pytest.fixture(scope="module")
def plain(sandboxed: Context) -> Context:
    return replace(sandboxed, sandbox=None)


def judge(
    context: Context,
    head: Mapping[str, str | bytes],
    base: Mapping[str, str | bytes] | None = None,
    options: CompileSettings | None = None,
) -> Verdict:
    before = MemorySnapshot.of(base or {})
    after = MemorySnapshot.of({**(base or {}), **head})
    return GATE.judge([Change.between(before, after)], options or CompileSettings(), context)[0]


def project(requires: str) -> dict[str, str | bytes]:
    return {"pyproject.toml": f'[project]\nrequires-python = "{requires}"\n'}


@pytest.mark.sandbox
def test_in_the_sandbox_good_is_accepted_and_bad_rejected(sandboxed: Context) -> None:
    good, bad = judge(sandboxed, {"a.py": "x = 1\n"}), judge(sandboxed, {"a.py": "x = 1\ny = = 2\n", "b.py": ""})
    assert (good.outcome, good.score) == (Outcome.ACCEPT, 1.0)
    assert (bad.outcome, bad.score) == (Outcome.REJECT, 0.5)
    (finding,) = bad.findings
    assert (finding.path, finding.line, finding.rule) == ("a.py", 2, "compile-syntax")
    assert "a.py, line 2" in bad.reason


def test_without_python_it_skips(plain: Context) -> None:
    assert judge(plain, {"readme.md": "x = = 1"}).outcome is Outcome.SKIP


def test_a_deleted_file_is_not_compiled(plain: Context) -> None:
    before, after = MemorySnapshot.of({"a.py": "x = = 1"}), MemorySnapshot.of({})
    assert GATE.judge([Change.between(before, after)], CompileSettings(), plain)[0].outcome is Outcome.SKIP


HOSTILE: dict[str, tuple[str | bytes, str, int | None]] = {
    "null byte": (b"x = 1\ny = '\0'\n", "compile-text", 2),
    "only a null byte": (b"\0", "compile-text", 1),
    "nested brackets": ("x = " + "(" * 5000 + ")" * 5000, "compile-syntax", 1),
    "nested unary": ("x = " + "-" * 200_000 + "1", "compile-limit", None),
    "nested blocks": ("\n".join(" " * i + "if 1:" for i in range(200)), "compile-syntax", None),
    "attribute chain": ("x" + ".a" * 200_000, "compile-limit", None),
    "giant integer": ("x = 1\ny = " + "9" * 10_000, "compile-syntax", 2),
    "latin-1 without a cookie": (b"x = 1\n# caf\xe9\n", "compile-text", 2),
    "unknown cookie": (b"# -*- coding: klingon -*-\nx = 1\n", "compile-text", 1),
    "wrong cookie": (b"# coding: ascii\nx = '\xc3\xa9'\n", "compile-text", None),
    "bom and other cookie": (b"\xef\xbb\xbf# coding: latin-1\nx = 1\n", "compile-text", None),
    "a codec that is no text": (b"# coding: hex\n00\n", "compile-text", None),
    "encoded surrogate": (b"x = '\xed\xa0\x80'\n", "compile-text", 1),
    "unknown character name": ('x = "\\N{NO SUCH NAME AT ALL}"\n', "compile-syntax", 1),
    "mixed tabs": ("if 1:\n\tx = 1\n        y = 2\n", "compile-syntax", None),
    "return outside": ("x = 1\nreturn 2\n", "compile-syntax", 2),
    "nonlocal at top": ("nonlocal x\n", "compile-syntax", 1),
    "unterminated": ('x = """abc\n', "compile-syntax", 1),
    "python 2": ("print 'x'\n", "compile-syntax", 1),
    "conflict marker": ("<<<<<<< HEAD\nx = 1\n=======\n", "compile-syntax", 1),
    "binary": (bytes(range(256)) * 40, "compile-text", None),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_source_is_a_finding(name: str, plain: Context) -> None:
    source, rule, line = HOSTILE[name]
    verdict = judge(plain, {"a.py": source, "b.py": "fine = 1\n"})
    assert verdict.outcome is Outcome.REJECT
    assert {f.path for f in verdict.findings} == {"a.py"}
    if name not in ("nested unary", "attribute chain"):  # how the compiler gives up differs between versions
        assert verdict.findings[0].rule == rule
    if line is not None:
        assert verdict.findings[0].line == line


FINE: dict[str, str | bytes] = {
    "empty": "",
    "bom": b"\xef\xbb\xbfx = 1\n",
    "form feed": b"x = 1\n\x0cy = 2\n",
    "carriage returns": b"x = 1\r\ny = 2\r\n",
    "latin-1 with a cookie": b"# coding: latin-1\nx = '\xe9'\n",
    "surrogate escape": 'x = "\\ud800"\n',
    "infinite float": "x = 1e9999999\n",
    "giant hexadecimal": "x = 0x" + "f" * 100_000,
    "huge power": "x = 2 ** 10 ** 10\n",
    "huge shift and repetition": "x = 1 << 10 ** 9\ny = 'a' * 10 ** 12\n",
    "warning flood": "x = '\\d' is 1\n" * 2_000,
    "runs code when imported": "import os\nos._exit(3)\n",
}


@pytest.mark.parametrize("name", FINE)
def test_odd_but_valid_source_is_accepted(name: str, plain: Context) -> None:
    verdict = judge(plain, {"a.py": FINE[name]})
    assert verdict.outcome is Outcome.ACCEPT, verdict.reason


def test_one_bad_change_does_not_touch_the_others(plain: Context) -> None:
    base = MemorySnapshot.of({})
    sources = ["x = 1", "x = " + "-" * 200_000 + "1", "y = 2", "x = =", "z = 3"]
    changes = [Change.between(base, MemorySnapshot.of({"a.py": s})) for s in sources]
    verdicts = GATE.judge(changes, CompileSettings(), plain)
    assert [v.outcome.value for v in verdicts] == ["accept", "reject", "accept", "reject", "accept"]


def test_the_oldest_declared_version_counts(plain: Context) -> None:
    match = "match x:\n    case 1:\n        pass\n"
    assert judge(plain, {"a.py": match}, project(">=3.10")).outcome is Outcome.ACCEPT
    verdict = judge(plain, {"a.py": match}, project(">=3.8"))
    assert verdict.outcome is Outcome.REJECT
    assert "Python 3.8" in verdict.reason


def test_only_the_base_declares(plain: Context) -> None:
    match = "match x:\n    case 1:\n        pass\n"
    assert judge(plain, {"a.py": match, **project(">=3.10")}, project(">=3.8")).outcome is Outcome.REJECT


@pytest.fixture
def no_other_interpreters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setenv("PYENV_ROOT", "/nonexistent")


@pytest.mark.usefixtures("no_other_interpreters")
def test_a_version_that_is_not_here_is_judged_by_its_grammar(plain: Context) -> None:
    walrus = judge(plain, {"a.py": "if (x := 1):\n    pass\n"}, project(">=3.7"))
    assert walrus.outcome is Outcome.REJECT
    simple = judge(plain, {"a.py": "x = 1\n"}, project(">=3.7"))
    assert simple.outcome is Outcome.ACCEPT
    assert [(f.rule, f.severity) for f in simple.findings] == [("compile-newer-interpreter", Severity.NOTE)]
    nested = judge(plain, {"a.py": "def f():\n    nonlocal y\n"}, project("==3.7.*"))
    assert nested.outcome is Outcome.REJECT, "errors beyond the grammar are seen as well"


@pytest.mark.usefixtures("no_other_interpreters")
def test_under_an_older_interpreter_a_syntax_error_proves_nothing(plain: Context) -> None:
    newer = project(f">=3.{HERE + 1}")
    refused = judge(plain, {"a.py": "some new syntax\n"}, newer)
    assert refused.outcome is Outcome.ERROR
    assert f"Install Python 3.{HERE + 1}" in refused.reason
    accepted = judge(plain, {"a.py": "x = 1\n"}, newer)
    assert accepted.outcome is Outcome.ACCEPT
    assert accepted.findings[0].rule == "compile-older-interpreter"
    assert judge(plain, {"a.py": b"\xff\n"}, newer).outcome is Outcome.REJECT, "no version reads it"


def test_a_declaration_without_python_3_is_an_error(plain: Context) -> None:
    assert judge(plain, {"a.py": "x = 1\n"}, project("<3")).outcome is Outcome.ERROR


def test_stubs_are_parsed_and_not_compiled(plain: Context) -> None:
    assert judge(plain, {"a.pyi": "x: int\nreturn\n"}).outcome is Outcome.ACCEPT
    assert judge(plain, {"a.pyi": "def f(: ..."}).outcome is Outcome.REJECT


def test_excluded_files_are_left_out(plain: Context) -> None:
    template = {"templates/setup.py": "name = {{ name }}}\n"}
    assert judge(plain, template).outcome is Outcome.REJECT
    assert judge(plain, template, options=CompileSettings(exclude=("templates/*",))).outcome is Outcome.SKIP


def test_a_file_too_large_to_compile_is_an_error_that_names_it(plain: Context) -> None:
    verdict = judge(plain, {"data.py": b"#" * (17 * 1024 * 1024), "b.py": "x = 1"})
    assert verdict.outcome is Outcome.ERROR
    assert "data.py" in verdict.reason


def test_used_up_time_is_an_error_and_never_an_acceptance(plain: Context) -> None:
    late = replace(plain, deadline=time.monotonic() - 1)
    with pytest.raises(CouldNotJudgeError, match=r"budget\.seconds"):
        judge(late, {"a.py": "x = 1"})


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sources=st.lists(st.binary(max_size=60) | st.text(max_size=60).map(lambda s: s.encode("utf-8", "replace"))))
def test_no_bytes_break_it_and_it_agrees_with_compile(sources: list[bytes], plain: Context) -> None:
    base = MemorySnapshot.of({})
    changes = [Change.between(base, MemorySnapshot.of({"a.py": s})) for s in sources]
    for source, verdict in zip(sources, GATE.judge(changes, CompileSettings(), plain), strict=True):
        assert (verdict.outcome is Outcome.ACCEPT) == compiles(source), source


@dataclass(frozen=True)
class StoppedSandbox:
    """A back-end that is stopped after the first answer."""

    name: str = "stopped"

    def locate(self, mount: Mount) -> str:
        return mount.target

    def run(self, command: Command) -> Result:
        assert command.argv[1:3] == ("-I", "-S")
        return Result(None, b'[0, "ok", null, ""]\n[1, "o', b"", 1.0, killed="it ran longer than 1 s")


def test_what_was_not_answered_in_time_is_not_accepted(plain: Context) -> None:
    base = MemorySnapshot.of({})
    changes = [Change.between(base, MemorySnapshot.of({"a.py": f"x = {n}"})) for n in range(3)]
    verdicts = GATE.judge(changes, CompileSettings(), replace(plain, sandbox=StoppedSandbox()))
    assert [v.outcome.value for v in verdicts] == ["accept", "error", "error"]
    assert "budget.seconds" in verdicts[1].reason


def test_an_interpreter_that_does_not_start_is_an_error(plain: Context) -> None:
    broken = replace(OWN, executable=Path("/bin/false"))
    with pytest.raises(CouldNotJudgeError, match="/bin/false could not be used"):
        judge(replace(plain, interpreter=broken, own=broken), {"a.py": "x = 1"})


SCRIPT = Path(inside.__file__).parent / "compile_files.py"


def run_script(
    sources: list[bytes],
    seconds: float,
    patch: str = "",
    executable: Path | None = None,
    mode: str = "compile",
    minor: int | None = None,
) -> list[list[object]]:
    """Run the script with an optional line of code before its ``main``; return its records."""
    header = {
        "sizes": [len(s) for s in sources],
        "jobs": [[i, mode, minor] for i in range(len(sources))],
        "seconds": seconds,
    }
    code = f"import sys, os, signal; sys.path.insert(0, {str(SCRIPT.parent)!r}); import compile_files as c; {patch}"
    done = subprocess.run(
        [str(executable or OWN.executable), "-I", "-c", f"{code}\nc.main()"],
        input=json.dumps(header).encode() + b"\n" + b"".join(sources),
        capture_output=True,
        check=True,
        timeout=60,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_compiler_that_dies_costs_one_file() -> None:
    crash = "real = c.build; c.build = lambda s, m, v: os.kill(os.getpid(), 11) if b'crash' in s else real(s, m, v)"
    records = run_script([b"a = 1", b"crash", b"crash", b"b = 2", b"x = ="], 5, crash)
    assert [r[:2] for r in records] == [[0, "ok"], [1, "crash"], [2, "crash"], [3, "ok"], [4, "syntax"]]
    assert "signal 11" in str(records[1][3])


def test_a_file_that_hangs_the_compiler_costs_its_time_only() -> None:
    hang = "real = c.build; c.build = lambda s, m, v: signal.pause() if b'hang' in s else real(s, m, v)"
    records = run_script([b"a = 1", b"hang", b"hang", b"b = 2"], 0.5, hang)
    assert [r[:2] for r in records] == [[0, "ok"], [1, "limit"], [2, "limit"], [3, "ok"]]
    assert "longer than 0.5 s" in str(records[1][3])


def test_where_there_is_no_fork_files_are_judged_all_the_same() -> None:
    windows = "del os.fork; c.resource = None"
    records = run_script([b"a = 1", b"x = =", b"b = 2"], 5, windows)
    assert [r[:2] for r in records] == [[0, "ok"], [1, "syntax"], [2, "ok"]]


INTERPRETERS = sorted({t.interpreter.executable for m in range(8, 16) for t in targets(Declared((m,), "x"), [OWN])})

# By the grammar of Python 3.8, whichever interpreter judges.
OLDER = {
    b"x = f'{a[\"b\"]}'": "ok",
    b'x = f"""{a["b"]}"""': "ok",
    b"x = f'{a:{b}}' f'{c!r:>{d}}'": "ok",
    b"x = f'{a}\\n' 'b' # c": "ok",
    b"x = f'''{\na\n}'''": "ok",
    b"x = f'{a['b']}'": "syntax",
    b"x = f'{f'{a}'}'": "syntax",
    b"x = f'{\"\\n\".join(a)}'": "syntax",
    b"x = f'{\na\n}'": "syntax",
    b"x = f'''{\na # c\n}'''": "syntax",
    b"match x:\n    case 1: pass": "syntax",
    b"def f[T](): pass": "syntax",
    b"nonlocal x": "syntax",
}


@pytest.mark.parametrize("executable", INTERPRETERS, ids=str)
def test_every_interpreter_here_judges_alike_by_an_older_grammar(executable: Path) -> None:
    records = run_script(list(OLDER), 5, executable=executable, mode="grammar", minor=8)
    assert {source: r[1] for source, r in zip(OLDER, records, strict=True)} == OLDER


def compiles(source: bytes) -> bool:
    try:
        compile(source, "x", "exec", dont_inherit=True)
        source.decode(tokenize.detect_encoding(io.BytesIO(source).readline)[0])
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError):
        return False
    return True


def test_each_project_of_a_repository_declares_for_itself(plain: Context) -> None:
    newer = "match 1:\n    case 1: pass\n"
    base = {
        **project(">=3.8"),
        "services/api/pyproject.toml": '[project]\nrequires-python = ">=3.10"\n',
        "libs/old/pyproject.toml": '[project]\nname = "old"\n',
    }
    assert judge(plain, {"services/api/src/api/a.py": newer}, base).outcome is Outcome.ACCEPT
    for path in ("a.py", "libs/old/a.py", "services/a.py"):
        assert judge(plain, {path: newer}, base).outcome is Outcome.REJECT
    of_head = {"new/pyproject.toml": '[project]\nrequires-python = ">=3.10"\n', "new/a.py": newer}
    assert judge(plain, of_head, base).outcome is Outcome.REJECT
