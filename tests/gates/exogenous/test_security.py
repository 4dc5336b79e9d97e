from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gates.cache import Cache
from gates.change import Change, FileChange, MemorySnapshot, Status
from gates.exogenous.security import GATE, SecuritySettings
from gates.gate import Context, CouldNotJudgeError
from gates.interpreter import Interpreter
from gates.sandbox.bubblewrap import Bubblewrap
from gates.sandbox.spec import Command, Result
from gates.tooltrees import MAX_SOURCE_BYTES
from gates.verdict import Outcome, Severity, Verdict
from gates.workspace import Workspace

CLEAN = "import subprocess\n\n\ndef run(words):\n    return subprocess.run(words, check=True)\n"
SHELL = CLEAN.replace("check=True", "shell=True")
HASH = "import hashlib\n\nprint(hashlib.md5(b'x').hexdigest())\n"


@pytest.fixture
def context() -> Iterator[Context]:
    with Workspace() as workspace:
        yield Context(workspace, Interpreter.own(), Interpreter.own(), Bubblewrap(), jobs=2)


def change(base: dict[str, Any], head: dict[str, Any]) -> Change:
    return Change.between(MemorySnapshot.of(base), MemorySnapshot.of(head))


def judge(context: Context, *changes: Change, **settings: Any) -> list[Verdict]:
    return GATE.judge(changes, SecuritySettings(**settings), context)


def rules(verdict: Verdict) -> list[str]:
    return [f.rule for f in verdict.findings]


@pytest.mark.sandbox
def test_new_findings_on_changed_lines_reject_and_old_ones_do_not(context: Context) -> None:
    worse, same, moved, split, stub, plain = judge(
        context,
        change({"a.py": CLEAN}, {"a.py": SHELL}),
        change({"a.py": SHELL}, {"a.py": SHELL + "\nOTHER = 3\n"}),
        change({"a.py": SHELL}, {"a.py": "import os\n" + SHELL.replace("words", "them")}),
        change({"a.py": "f(\n    x,\n)\n"}, {"a.py": "from subprocess import run\nrun(\n    x,\n    shell=True,\n)\n"}),
        change({}, {"a.pyi": SHELL}),
        change({"a.txt": "1"}, {"a.txt": "2"}),
    )
    assert (worse.outcome, rules(worse), worse.score) == (Outcome.REJECT, ["B602"], 1.0)
    assert worse.findings[0].line == 5
    assert worse.findings[0].severity is Severity.ERROR
    assert "1 new finding; the first is in a.py, line 5" in worse.reason
    assert (same.outcome, same.findings) == (Outcome.ACCEPT, ())
    assert (moved.outcome, moved.findings) == (Outcome.ACCEPT, ())
    assert rules(split) == ["B602"]
    assert stub.outcome is plain.outcome is Outcome.SKIP


@pytest.mark.sandbox
def test_settings_choose_what_counts(context: Context) -> None:
    edit = change({}, {"a.py": HASH, "b.py": "assert f()\n", "tests/test_c.py": "assert f()\n"})
    assert [f.path for f in judge(context, edit)[0].findings] == ["a.py"]
    assert judge(context, edit, disable=["B324"])[0].outcome is Outcome.ACCEPT
    low = judge(context, edit, min_severity="low")[0]
    assert [(f.path, f.rule) for f in low.findings] == [("a.py", "B324"), ("b.py", "B101")]
    temporary = change({}, {"a.py": "open('/tmp/x', 'w')\n"})
    assert rules(judge(context, temporary)[0]) == ["B108"]
    assert judge(context, temporary, min_severity="high")[0].outcome is Outcome.ACCEPT
    assert judge(context, temporary, min_confidence="high")[0].outcome is Outcome.ACCEPT


@pytest.mark.sandbox
def test_a_rename_is_followed(context: Context) -> None:
    base, head = MemorySnapshot.of({"a.py": SHELL}), MemorySnapshot.of({"b.py": SHELL})
    (verdict,) = judge(context, Change("r", base, head, (FileChange("b.py", Status.RENAMED, "a.py"),)))
    assert (verdict.outcome, verdict.findings) == (Outcome.ACCEPT, ())


@pytest.mark.sandbox
def test_the_configuration_is_the_bases(context: Context) -> None:
    skipping = "[tool.bandit]\nskips = ['B602']\n"
    ini = "[bandit]\nskips = B602,B603\n"
    allowed, hidden, by_ini, hidden_ini, elsewhere, excluded = judge(
        context,
        change({"a.py": CLEAN, "pyproject.toml": skipping}, {"a.py": SHELL, "pyproject.toml": ""}),
        change({"a.py": CLEAN}, {"a.py": SHELL, "pyproject.toml": skipping}),
        change({"a.py": CLEAN, ".bandit": ini}, {"a.py": SHELL, ".bandit": ini}),
        change({"a.py": CLEAN}, {"a.py": SHELL, ".bandit": ini}),
        change({"a.py": CLEAN}, {"a.py": SHELL, "sub/.bandit": ini}),
        change({".bandit": "[bandit]\nexclude = old\n"}, {".bandit": "", "old/a.py": SHELL, "b.py": SHELL}),
    )
    assert (allowed.outcome, rules(allowed)) == (Outcome.ACCEPT, ["configuration-edited"])
    assert (hidden.outcome, rules(hidden)) == (Outcome.REJECT, ["B602", "configuration-edited"])
    assert (by_ini.outcome, rules(by_ini)) == (Outcome.ACCEPT, [])
    assert (hidden_ini.outcome, rules(hidden_ini)) == (Outcome.REJECT, ["B602", "configuration-edited"])
    assert (elsewhere.outcome, rules(elsewhere)) == (Outcome.REJECT, ["B602"])
    assert [f.path for f in excluded.findings if f.rule == "B602"] == ["b.py"]


@pytest.mark.sandbox
def test_a_broken_configuration_is_an_error_of_its_changes_alone(context: Context) -> None:
    broken = {"pyproject.toml": "[tool.bandit]\ntests = ['B602']\nskips = ['B602']\n"}
    bad, good = judge(context, change(broken, {**broken, "a.py": CLEAN}), change({}, {"a.py": SHELL}))
    assert bad.outcome is Outcome.ERROR and "B602" in bad.reason
    assert good.outcome is Outcome.REJECT


@pytest.mark.sandbox
def test_what_the_change_silences_counts_all_the_same(context: Context) -> None:
    silent = SHELL.replace("shell=True)", "shell=True)  # nosec B602")
    new, old, everything = judge(
        context,
        change({"a.py": CLEAN}, {"a.py": silent}),
        change({"a.py": silent}, {"a.py": silent.replace("words", "them")}),
        change({}, {"a.py": "# nosec\n" + HASH.replace("())", "())  #nosec")}),
    )
    assert (new.outcome, rules(new)) == (Outcome.REJECT, ["B602", "new-suppression"])
    assert (old.outcome, old.findings) == (Outcome.ACCEPT, ())
    assert everything.outcome is Outcome.REJECT and "B324" in rules(everything)


HOSTILE = {
    "null": b"x = 1\0\n",
    "encoding": b"# -*- coding: no-such-codec -*-\nx = 1\n",
    "latin": b"x = '\xff'\n",
    "syntax": b"def (:\n",
    "deep": b"x = " + b"(" * 5_000 + b")" * 5_000,
    "sum": b"x = " + b"+".join([b"1"] * 20_000) + b"\n",
    "utf16": "x = 1\n".encode("utf-16"),
}


@pytest.mark.sandbox
def test_hostile_source_is_never_accepted_and_harms_no_other(context: Context) -> None:
    hostile = [change({}, {"a.py": source}) for source in HOSTILE.values()]
    first, *judged, last = judge(context, change({}, {"a.py": SHELL}), *hostile, change({}, {"b.py": SHELL}))
    for kind, verdict in zip(HOSTILE, judged, strict=True):
        assert verdict.outcome in (Outcome.REJECT, Outcome.ERROR), kind
        assert "a.py" in verdict.reason, kind
    assert rules(first) == rules(last) == ["B602"]


@pytest.mark.sandbox
def test_names_of_files_are_only_names_and_the_tree_is_never_imported(context: Context) -> None:
    bomb = "import os\nos.kill(os.getppid(), 9)\nos._exit(0)\n"
    shadows = ["bandit/__init__.py", "channel.py", "forks.py", "sitecustomize.py", "yaml.py", "tokenize.py", "x.pth"]
    tree = dict.fromkeys(shadows, bomb)
    names = ["-.py", "-r.py", "--ini=x.py", "a\nb.py", "\x1b[2J.py", "caf\udce9.py", "dir -x/--help.py", "[a].py"]
    odd, shadowed = judge(context, change({}, dict.fromkeys(names, SHELL)), change(tree, {**tree, "a.py": SHELL}))
    assert {f.path for f in odd.findings if f.rule == "B602"} == set(names)
    assert rules(shadowed) == ["B602"]


def test_what_needs_no_bandit_is_said_without() -> None:
    with Workspace() as workspace:
        context = Context(workspace, Interpreter.own(), Interpreter.own())
        (large,) = judge(context, change({}, {"a.py": b"#" * (MAX_SOURCE_BYTES + 1)}))
        (unsafe,) = judge(context, change({}, {".git/a.py": CLEAN}))
        assert large.outcome is unsafe.outcome is Outcome.ERROR
        assert "larger than" in large.reason and "git" in unsafe.reason
        with pytest.raises(CouldNotJudgeError, match="No sandbox"):
            judge(context, change({}, {"a.py": CLEAN}))


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
def test_the_base_is_scanned_once_and_by_a_run_that_sees_no_head(context: Context, tmp_path: Path) -> None:
    sandbox = Counting()
    # With one job the run for the base is the first.
    cached = replace(context, sandbox=sandbox, cache=Cache(tmp_path), jobs=1)
    edit = change({"a.py": SHELL}, {"a.py": SHELL + HASH})
    (first,) = judge(cached, edit)
    cold = list(sandbox.commands())
    sandbox.commands().clear()
    (second,) = judge(cached, edit)
    assert first == second == judge(context, edit)[0]
    assert rules(first) == ["B324"]
    assert (len(cold), len(sandbox.commands())) == (2, 1)
    head = context.workspace.tree(edit.head)
    assert all(head not in (m.source, *m.source.parents) and m.source != head.parent for m in cold[0].mounts)


@pytest.mark.sandbox
def test_grammar_that_is_newer_than_bandits_python_is_no_fault_of_the_file(context: Context) -> None:
    newer = {"pyproject.toml": f'[project]\nrequires-python = ">=3.{sys.version_info[1] + 1}"\n'}
    odd = {"a.py": CLEAN + "\n\nclass Odd[:\n"}
    asked, plain = judge(context, change(newer, {**newer, **odd}), change({}, odd))
    assert (asked.outcome, plain.outcome) == (Outcome.ERROR, Outcome.ERROR)
    assert "pyproject.toml asks for Python 3." in asked.reason
    assert "Correct the file" in plain.reason
