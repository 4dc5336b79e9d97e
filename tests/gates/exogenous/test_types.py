from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gates.cache import Cache
from gates.change import Change, FileChange, MemorySnapshot, Status
from gates.exogenous.types_ import GATE, TypesSettings
from gates.gate import Context, CouldNotJudgeError
from gates.interpreter import Interpreter
from gates.sandbox.bubblewrap import Bubblewrap
from gates.sandbox.spec import Command, Result
from gates.tooltrees import MAX_SOURCE_BYTES
from gates.verdict import Outcome, Severity, Verdict
from gates.workspace import Workspace, write_tree

GOOD = "def double(number: int) -> int:\n    return 2 * number\n"
BAD = GOOD + "\n\ndouble('one')\n"


@pytest.fixture
def context() -> Iterator[Context]:
    with Workspace() as workspace:
        yield Context(workspace, Interpreter.own(), Interpreter.own(), Bubblewrap(), jobs=2)


def change(base: dict[str, Any], head: dict[str, Any]) -> Change:
    return Change.between(MemorySnapshot.of(base), MemorySnapshot.of(head))


def judge(context: Context, *changes: Change, **settings: Any) -> list[Verdict]:
    return GATE.judge(changes, TypesSettings(**settings), context)


def rules(verdict: Verdict) -> list[str]:
    return [f.rule for f in verdict.findings]


@pytest.mark.sandbox
def test_new_errors_reject_and_old_ones_do_not(context: Context) -> None:
    worse, same, better, added, gone, plain = judge(
        context,
        change({"a.py": GOOD}, {"a.py": BAD}),
        change({"a.py": BAD}, {"a.py": "import os\n\n" + BAD}),
        change({"a.py": BAD}, {"a.py": GOOD}),
        change({}, {"new.py": BAD}),
        change({"a.py": GOOD}, {}),
        change({"a.txt": "1"}, {"a.txt": "2"}),
    )
    assert (worse.outcome, rules(worse), worse.score) == (Outcome.REJECT, ["arg-type"], 1.0)
    assert (worse.findings[0].path, worse.findings[0].line) == ("a.py", 5)
    assert "1 new error; the first is in a.py, line 5" in worse.reason
    assert (same.outcome, same.findings, same.score) == (Outcome.ACCEPT, (), 0.0)
    assert (better.outcome, better.score) == (Outcome.ACCEPT, -1.0)
    assert (added.outcome, rules(added)) == (Outcome.REJECT, ["arg-type"])
    assert gone.outcome is Outcome.ACCEPT
    assert plain.outcome is Outcome.SKIP


@pytest.mark.sandbox
def test_an_edit_that_breaks_another_file_rejects(context: Context) -> None:
    base = {
        "pkg/__init__.py": "",
        "pkg/tool.py": GOOD,
        "pkg/user.py": "from .tool import double\n\nX: int = double(1)\n",
        "pkg/apart.py": "Y: int = 'an old error in a file that the change has nothing to do with'\n",
        "main.py": "from pkg import tool\n\nZ: int = tool.double(2)\nW: int = 'an old error'\n",
    }
    head = {**base, "pkg/tool.py": GOOD.replace("-> int", "-> str").replace("2 * number", "str(number)")}
    (verdict,) = judge(context, change(base, head))
    assert verdict.outcome is Outcome.REJECT
    assert [(f.path, f.line) for f in verdict.findings] == [("main.py", 3), ("pkg/user.py", 3)]
    (removed,) = judge(context, change(base, {p: t for p, t in base.items() if p != "pkg/tool.py"}))
    assert [f.path for f in removed.findings] == ["pkg/user.py"]


@pytest.mark.sandbox
def test_the_configuration_is_the_bases(context: Context) -> None:
    lax = "[mypy]\nignore_errors = True\n"
    strict = '[tool.mypy]\nstrict = true\nfiles = ["src"]\nmypy_path = "$MYPY_CONFIG_FILE_DIR/stubs"\n'
    untyped = "def f(x):\n    return x\n"
    base = {"pyproject.toml": strict, "src/m.py": GOOD, "src/n.py": "import own\n", "stubs/own.pyi": "A: int\n"}
    allowed, hidden, typed, moved = judge(
        context,
        change({"a.py": GOOD, "mypy.ini": lax}, {"a.py": BAD, "mypy.ini": ""}),
        change({"a.py": GOOD}, {"a.py": BAD, "setup.cfg": lax}),
        change(base, {**base, "src/m.py": GOOD + untyped}),
        change(base, {**base, "stubs/own.pyi": "B: int\n", "src/o.py": "import own\nX: str = own.A\n"}),
    )
    assert (allowed.outcome, rules(allowed)) == (Outcome.ACCEPT, ["configuration-edited"])
    assert (hidden.outcome, rules(hidden)) == (Outcome.REJECT, ["arg-type", "configuration-edited"])
    assert rules(typed) == ["no-untyped-def"]
    assert rules(moved) == ["attr-defined"]


@pytest.mark.sandbox
def test_what_the_change_silences_counts_all_the_same(context: Context) -> None:
    silent = BAD.replace("('one')", "('one')  # type: ignore[arg-type]")
    new, old, whole, other = judge(
        context,
        change({"a.py": GOOD}, {"a.py": silent}),
        change({"a.py": silent}, {"a.py": silent.replace("one", "two")}),
        change({"a.py": GOOD}, {"a.py": "# mypy: ignore-errors\n" + BAD}),
        change({"a.py": GOOD, "b.py": ""}, {"a.py": "# type: ignore\n" + BAD, "b.py": ""}),
    )
    assert (new.outcome, rules(new)) == (Outcome.REJECT, ["arg-type", "new-suppression"])
    assert (old.outcome, old.findings) == (Outcome.ACCEPT, ())
    assert (whole.outcome, rules(whole)) == (Outcome.REJECT, ["arg-type", "new-suppression"])
    assert (other.outcome, rules(other)) == (Outcome.REJECT, ["arg-type", "new-suppression"])


PLUGIN = """
from mypy.plugin import Plugin

class Own(Plugin):
    def get_function_hook(self, fullname):
        return refuse if fullname.endswith("double") else None

def refuse(context):
    context.api.fail("refused by the VERSION", context.context)
    return context.default_return_type

def plugin(version):
    return Own
"""


@pytest.mark.sandbox
def test_plug_ins_come_from_the_base_and_a_missing_one_is_an_error(context: Context) -> None:
    base = {"mypy.ini": "[mypy]\nplugins = plug.py\n", "plug.py": PLUGIN.replace("VERSION", "base"), "a.py": GOOD}
    head = {**base, "plug.py": PLUGIN.replace("VERSION", "head"), "a.py": GOOD + "double(1)\n"}
    missing = {"mypy.ini": "[mypy]\nplugins = nowhere\n", "a.py": GOOD}
    own, absent = judge(context, change(base, head), change(missing, {**missing, "a.py": BAD}))
    assert [f.message for f in own.findings if f.path == "a.py"] == ["refused by the base"]
    assert absent.outcome is Outcome.ERROR
    assert "nowhere" in absent.reason


@pytest.mark.sandbox
def test_a_rename_is_followed_and_twins_are_all_checked(context: Context) -> None:
    base, head = MemorySnapshot.of({"a.py": BAD}), MemorySnapshot.of({"b.py": BAD})
    renamed = Change("r", base, head, (FileChange("b.py", Status.RENAMED, "a.py"),))
    twins = change({}, {"x/util.py": BAD, "y/util.py": BAD, "util.pyi": "def double(number: int) -> int: ...\n"})
    one, two = judge(context, renamed, twins)
    assert (one.outcome, one.findings) == (Outcome.ACCEPT, ())
    assert [f.path for f in two.findings] == ["x/util.py", "y/util.py"]


HOSTILE = {
    "null": b"x = 1\0\n",
    "encoding": b"# -*- coding: no-such-codec -*-\nx = 1\n",
    "latin": b"x = '\xff'\n",
    "syntax": b"def (:\n",
    "deep": b"x = " + b"(" * 5_000 + b")" * 5_000,
    "utf16": "x = 1\n".encode("utf-16"),
}


@pytest.mark.sandbox
@pytest.mark.parametrize("beside", [{}, {"other.py": GOOD}], ids=["lone", "with others"])
def test_hostile_source_is_never_accepted_and_harms_no_other(context: Context, beside: dict[str, Any]) -> None:
    hostile = [change(beside, {**beside, "a.py": source}) for source in HOSTILE.values()]
    first, *judged, last = judge(context, change({}, {"a.py": BAD}), *hostile, change({}, {"b.py": BAD}))
    for kind, verdict in zip(HOSTILE, judged, strict=True):
        # mypy reads every file as UTF-8; an encoding that does not exist is the compile gate's finding.
        assert (verdict.outcome is Outcome.ACCEPT) == (kind == "encoding"), kind
        assert verdict.outcome is not Outcome.SKIP
    assert rules(first) == rules(last) == ["arg-type"]


@pytest.mark.sandbox
def test_a_file_that_crashes_mypy_is_the_only_one_lost(context: Context) -> None:
    deep = "x = " + "+".join(["1"] * 30_000) + "\n"
    fine, crash, fine_too = judge(
        context, change({}, {"a.py": BAD}), change({}, {"a.py": deep}), change({}, {"b.py": BAD})
    )
    assert rules(fine) == rules(fine_too) == ["arg-type"]
    assert crash.outcome in (Outcome.ERROR, Outcome.REJECT)


@pytest.mark.sandbox
def test_names_of_files_are_only_names_and_the_tree_is_never_imported(context: Context) -> None:
    bomb = "import os\nos.kill(os.getppid(), 9)\nos._exit(0)\n"
    shadows = ["mypy/__init__.py", "channel.py", "forks.py", "sitecustomize.py", "usercustomize.py", "x.pth"]
    shadows += ["pathspec.py", "tarfile.py"]
    tree = dict.fromkeys(shadows, bomb)
    names = ["-m.py", "--config-file=x.py", "a\nb.py", "\x1b[2J.py", "dir -x/--help.py"]
    odd, shadowed = judge(context, change({}, dict.fromkeys(names, BAD)), change(tree, {**tree, "a.py": BAD}))
    assert {f.path for f in odd.findings if f.rule == "arg-type"} == set(names)
    assert [f.path for f in shadowed.findings if f.rule == "arg-type"] == ["a.py"], shadowed.reason


@pytest.mark.sandbox
def test_a_base_that_stops_mypy_is_an_error_and_a_head_that_does_rejects(context: Context) -> None:
    ini = {"mypy.ini": "[mypy]\nfiles = a.py, b.py\n", "a.py": GOOD}
    broken, breaking = judge(
        context,
        change({**ini, "b.py": "import a\n", "c/b.py": ""}, {**ini, "b.py": "import a\n", "c/b.py": BAD}),
        change({"a.py": GOOD, "b.py": "import json\n"}, {"a.py": BAD, "b.py": "import json\n", "json.py": "x = 1\n"}),
    )
    assert [f.path for f in broken.findings] == ["c/b.py"]
    assert breaking.outcome is Outcome.REJECT
    shadow = {"mypy_extensions.py": "x = 1\n"}
    (unknown,) = judge(context, change(shadow, {**shadow, "a.py": "import mypy_extensions\n"}))
    assert unknown.outcome is Outcome.ERROR and "mypy_extensions" in unknown.reason
    no_package = {"mypy.ini": "[mypy]\npackages = nowhere\n", "a.py": GOOD}
    (absent,) = judge(context, change(no_package, {**no_package, "a.py": BAD}))
    assert absent.outcome is Outcome.ERROR
    assert "nowhere" in absent.reason


@pytest.mark.sandbox
def test_an_edit_of_equal_size_in_the_same_second_is_seen(context: Context, tmp_path: Path) -> None:
    cached = replace(context, cache=Cache(tmp_path))
    base = {"a.py": "X: int = 1\n", "b.py": "from a import X\n", "x/util.py": BAD}
    edit, moved, copied = judge(
        cached,
        change(base, {**base, "a.py": "X: str = 1\n"}),
        change(base, {"a.py": base["a.py"], "b.py": base["b.py"], "y/util.py": BAD}),
        change(base, {**base, "a/util.py": BAD}),
    )
    assert rules(edit) == ["assignment"]
    assert [f.path for f in moved.findings] == ["y/util.py"]
    assert [f.path for f in copied.findings] == ["a/util.py"]


def test_what_needs_no_mypy_is_said_without() -> None:
    with Workspace() as workspace:
        context = Context(workspace, Interpreter.own(), Interpreter.own())
        (large,) = judge(context, change({}, {"a.py": b"#" * (MAX_SOURCE_BYTES + 1)}))
        (unsafe,) = judge(context, change({}, {".git/a.py": GOOD}))
        (nameless,) = judge(context, change({}, {"caf\udce9.py": GOOD}))
        assert large.outcome is unsafe.outcome is nameless.outcome is Outcome.ERROR
        assert "larger than" in large.reason and "git" in unsafe.reason
        with pytest.raises(CouldNotJudgeError, match="No sandbox"):
            judge(context, change({}, {"a.py": GOOD}))


SAMPLES = [
    GOOD,
    BAD,
    "import os\n\ndef f() -> str:\n    return os.getpid()\n",
    "import nowhere_at_all\nfrom nowhere_at_all import x\n",
    "import yaml_that_is_not_there as y\nz: int = y.f()\n",
    "class Foo:\n    pass\n\nclass Bar(Foo):\n    x: int = 'a'\n\nfoo: Bar = Foo()\nreveal = Foo.nothing\n",
    "from typing import Protocol\n\nclass P(Protocol):\n    def f(self) -> int: ...\n\nclass C: ...\n\np: P = C()\n",
    "def f(x):\n    return x + undefined\n",
    "def f() -> int:\n    return missing\n\n\ndef g(a: Missing) -> None: ...\n",
    "# type: ignore\nx: int = 'a'\n",
    "import re\n\nre.compile(3)\nx = re.match('a', 'b').group()\n",
    "async def f() -> int:\n    return 'x'\n\nf() + 1\n",
    # More files that cannot be parsed than one build is given, each in another place.
    *("\n" * n + "def f(:\n    pass\n" for n in range(11)),
]


@pytest.mark.sandbox
def test_the_errors_are_those_of_one_mypy_a_file(context: Context, tmp_path: Path) -> None:
    base = {"n": "", "sample.py": ""}
    verdicts = judge(context, *[change(base, {"n": str(n), "sample.py": s}) for n, s in enumerate(SAMPLES)])
    for number, (source, verdict) in enumerate(zip(SAMPLES, verdicts, strict=True)):
        tree = tmp_path / str(number)
        tree.mkdir()
        write_tree(MemorySnapshot.of({"sample.py": source.replace("# type: ignore", "#")}), tree)
        found = [(f.line, f.rule, f.message) for f in verdict.findings if f.rule != "new-suppression"]
        assert found == by_hand(tree), source


def by_hand(tree: Path) -> list[tuple[int, str, str]]:
    """What one mypy process says, with defaults, started as a user would (on our own samples; mypy runs nothing)."""
    argv = [str(Interpreter.own().executable), "-I", "-m", "mypy", "--config-file=", "--output=json", "sample.py"]
    done = subprocess.run([*argv, f"--cache-dir={tree.parent}/cache"], cwd=tree, capture_output=True, check=False)
    said = [json.loads(line) for line in done.stdout.splitlines() if line.startswith(b"{")]
    return [(m["line"], m["code"], m["message"]) for m in said if m["severity"] == "error"]


class Counting(Bubblewrap):
    """The real sandbox, which remembers its commands."""

    def run(self, command: Command) -> Result:
        """Run it, and remember it."""
        self.commands().append(command)
        return super().run(command)

    def commands(self) -> list[Command]:
        """Return the commands so far."""
        return self.__dict__.setdefault("_commands", [])


@pytest.mark.sandbox
def test_the_base_is_checked_once_and_by_a_run_that_sees_no_head(context: Context, tmp_path: Path) -> None:
    sandbox = Counting()
    cached = replace(context, sandbox=sandbox, cache=Cache(tmp_path))
    base = {"a.py": GOOD, "b.py": "from a import double\n\nX: str = double(1)\n"}
    edit = change(base, {**base, "a.py": BAD})
    (first,) = judge(cached, edit)
    cold = list(sandbox.commands())
    sandbox.commands().clear()
    (second,) = judge(cached, edit)
    warm = list(sandbox.commands())
    assert rules(first) == ["arg-type"]
    assert first == second == judge(context, edit)[0]
    assert (len(cold), len(warm)) == (2, 1)
    head = context.workspace.tree(edit.head)
    assert all(head not in (m.source, *m.source.parents) and m.source != head.parent for m in cold[0].mounts)
    assert any(m.target.endswith("seed.tar.gz") for m in warm[0].mounts)
    sandbox.commands().clear()
    (other,) = judge(cached, change(base, {**base, "b.py": base["b.py"] + "Y: int = 'y'\n"}))
    assert rules(other) == ["assignment"]
    assert any(m.target.endswith("seed.tar.gz") for m in sandbox.commands()[0].mounts)


NEWER = {
    "pyproject.toml": f'[project]\nname = "a"\nrequires-python = ">=3.{sys.version_info[1] + 1}"\n',
    "a.py": "X = 1\n",
}


@pytest.mark.sandbox
def test_the_declared_version_is_checked_where_the_interpreter_is_older(context: Context) -> None:
    source = "import sys\n\nif sys.version_info >= (3, {}):\n    X: int = 'x'\nelse:\n    Y: int = 'y'\n"
    head = {**NEWER, "a.py": source.format(sys.version_info[1] + 1)}
    own = f"[mypy]\npython_version = 3.{sys.version_info[1]}\n"
    declared, configured = judge(
        context, change(NEWER, head), change({**NEWER, "mypy.ini": own}, {**head, "mypy.ini": own})
    )
    assert [f.line for f in declared.findings] == [4]
    assert [f.line for f in configured.findings] == [6]


@pytest.mark.sandbox
def test_a_module_that_is_not_installed_here_is_a_note(context: Context) -> None:
    base = {"pkg/__init__.py": "", "pkg/a.py": "X = 1\n"}
    source = "import acme_client\nfrom pkg import gone\nimport pkg.gone\n\nY = acme_client.call(pkg.gone.X)\n"
    (verdict,) = judge(context, change(base, {**base, "pkg/a.py": source}))
    assert [(f.line, f.severity) for f in verdict.findings if f.rule == "import-not-found"] == [
        (3, Severity.ERROR),
        (1, Severity.NOTE),
    ]
    (alone,) = judge(context, change(base, {**base, "pkg/a.py": "import acme_client\n"}))
    assert (alone.outcome, alone.score) == (Outcome.ACCEPT, 0.0)
    assert "Not installed here, and so not looked at: acme_client." in alone.reason


@pytest.mark.sandbox
def test_what_stops_mypy_is_named_with_its_place(context: Context) -> None:
    base = {"pkg/__init__.py": "", "pkg/a.py": "X = 1\n", "pkg/b.py": "from pkg.a import X\n"}
    (verdict,) = judge(context, change(base, {**base, "pkg/a.py": "X = 1\ndef (:\n"}))
    assert verdict.outcome is Outcome.REJECT
    assert "pkg/a.py, line 2: " in verdict.reason
    (fixed,) = judge(context, change({**base, "pkg/a.py": "X = 1\ndef (:\n"}, base))
    assert (fixed.outcome, "pkg/a.py, line 2: " in fixed.reason) == (Outcome.ERROR, True)
