from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gates.cache import Cache
from gates.change import Change, FileChange, MemorySnapshot, Status
from gates.exogenous.lint import GATE, LintSettings
from gates.gate import Context, CouldNotJudgeError
from gates.interpreter import Interpreter
from gates.sandbox.bubblewrap import Bubblewrap
from gates.sandbox.spec import Command, Result
from gates.tooltrees import MAX_SOURCE_BYTES
from gates.verdict import Outcome, Severity, Verdict
from gates.workspace import Workspace, write_tree

CLEAN = '"""A module."""\n\n\ndef double(number):\n    """Return twice the number."""\n    return 2 * number\n'
DIRTY = CLEAN.replace("    return", "    unused = 1\n    return")


@pytest.fixture
def context() -> Iterator[Context]:
    with Workspace() as workspace:
        yield Context(workspace, Interpreter.own(), Interpreter.own(), Bubblewrap(), jobs=2)


def change(base: dict[str, Any], head: dict[str, Any]) -> Change:
    return Change.between(MemorySnapshot.of(base), MemorySnapshot.of(head))


def judge(context: Context, *changes: Change, **settings: Any) -> list[Verdict]:
    return GATE.judge(changes, LintSettings(**settings), context)


def rules(verdict: Verdict) -> list[str]:
    return [f.rule for f in verdict.findings]


@pytest.mark.sandbox
def test_new_messages_on_changed_lines_reject_and_old_ones_do_not(context: Context) -> None:
    worse, same, moved, better = judge(
        context,
        change({"a.py": CLEAN}, {"a.py": DIRTY}),
        change({"a.py": DIRTY}, {"a.py": DIRTY + "\n\nOTHER = 3\n"}),
        change({"a.py": DIRTY}, {"a.py": DIRTY.replace("\n\n\n", "\n\nimport os\nprint(os)\n\n\n", 1)}),
        change({"a.py": DIRTY}, {"a.py": CLEAN}),
    )
    assert (worse.outcome, rules(worse)) == (Outcome.REJECT, ["unused-variable"])
    assert worse.findings[0].line == 6
    assert "1 new message" in worse.reason and "a.py, line 6" in worse.reason
    assert worse.score is not None and worse.score < 0
    assert (same.outcome, same.findings) == (Outcome.ACCEPT, ())
    assert (moved.outcome, moved.findings) == (Outcome.ACCEPT, ())
    assert better.outcome is Outcome.ACCEPT
    assert better.score is not None and better.score > 0


@pytest.mark.sandbox
def test_settings_choose_what_counts(context: Context) -> None:
    edit = change({"a.py": CLEAN}, {"a.py": DIRTY})
    assert judge(context, edit, fail_on=["error"])[0].outcome is Outcome.ACCEPT
    assert judge(context, edit, disable=["unused-variable"])[0].outcome is Outcome.ACCEPT
    assert judge(context, edit, max_new=1)[0].outcome is Outcome.ACCEPT
    caused = change(
        {"a.py": '"""A."""\nimport os\nprint(os)\n'},
        {"a.py": '"""A."""\nimport os\n'},
    )
    assert judge(context, caused)[0].outcome is Outcome.ACCEPT
    assert rules(judge(context, caused, lines="all")[0]) == ["unused-import"]


@pytest.mark.sandbox
def test_a_rename_is_followed(context: Context) -> None:
    base, head = MemorySnapshot.of({"a.py": DIRTY}), MemorySnapshot.of({"b.py": DIRTY})
    renamed = Change("r", base, head, (FileChange("b.py", Status.RENAMED, "a.py"),))
    (verdict,) = judge(context, renamed)
    assert (verdict.outcome, verdict.findings, verdict.score) == (Outcome.ACCEPT, (), 0.0)


def test_without_python_there_is_nothing_to_say() -> None:
    with Workspace() as workspace:
        context = Context(workspace, Interpreter.own(), Interpreter.own())
        (verdict,) = judge(context, change({"a.txt": "1"}, {"a.txt": "2"}))
        assert verdict.outcome is Outcome.SKIP
        with pytest.raises(CouldNotJudgeError, match="No sandbox"):
            judge(context, change({}, {"a.py": CLEAN}))


@pytest.mark.sandbox
def test_the_configuration_is_the_bases(context: Context) -> None:
    allowing = "[tool.pylint.main]\ndisable = ['unused-variable']\n"
    allowed, hidden, added = judge(
        context,
        change({"a.py": CLEAN, "pyproject.toml": allowing}, {"a.py": DIRTY, "pyproject.toml": ""}),
        change({"a.py": CLEAN}, {"a.py": DIRTY, "pyproject.toml": allowing}),
        change({"a.py": CLEAN, "setup.cfg": "[x]\n"}, {"a.py": DIRTY, ".pylintrc": "[MAIN]\ndisable=all\n"}),
    )
    assert (allowed.outcome, rules(allowed)) == (Outcome.ACCEPT, ["configuration-edited"])
    assert (hidden.outcome, rules(hidden)) == (Outcome.REJECT, ["unused-variable", "configuration-edited"])
    assert hidden.findings[1].path == "pyproject.toml"
    assert (added.outcome, rules(added)) == (Outcome.REJECT, ["unused-variable", "configuration-edited"])


@pytest.mark.sandbox
def test_what_the_change_silences_counts_all_the_same(context: Context) -> None:
    silent = DIRTY.replace("unused = 1", "unused = 1  # pylint: disable=unused-variable")
    new, old, file, next_line = judge(
        context,
        change({"a.py": CLEAN}, {"a.py": silent}),
        change({"a.py": silent}, {"a.py": silent.replace("unused = 1", "unused = 2")}),
        change({"a.py": CLEAN}, {"a.py": "# pylint: skip-file\n" + DIRTY}),
        change({}, {"a.py": DIRTY.replace("    unused", "    # pylint: disable-next=all\n    unused")}),
    )
    assert (new.outcome, rules(new)) == (Outcome.REJECT, ["unused-variable", "new-suppression"])
    assert (old.outcome, old.findings) == (Outcome.ACCEPT, ())
    assert file.outcome is Outcome.REJECT and "unused-variable" in rules(file)
    assert next_line.outcome is Outcome.REJECT and "unused-variable" in rules(next_line)


@pytest.mark.sandbox
def test_plug_ins_come_from_the_base_and_a_missing_one_is_named(context: Context) -> None:
    plugin = (
        "from pylint.checkers import BaseChecker\n"
        "class Checker(BaseChecker):\n"
        "    name = 'own'\n"
        "    msgs = {'W9901': ('from the VERSION', 'own-message', 'x')}\n"
        "    def visit_functiondef(self, node):\n"
        "        self.add_message('own-message', node=node)\n"
        "def register(linter):\n"
        "    linter.register_checker(Checker(linter))\n"
    )
    rc = "[MAIN]\ninit-hook='import sys; sys.path.append(\".\")'\nload-plugins=plug\n"
    base = {"plug.py": plugin.replace("VERSION", "base"), "pylintrc": rc, "a.py": '"""A."""\n'}
    head = {**base, "plug.py": plugin.replace("VERSION", "head"), "a.py": CLEAN}
    missing = {"pylintrc": "[MAIN]\nload-plugins=nowhere\n"}
    own, absent = judge(context, change(base, head), change(missing, {**missing, "a.py": CLEAN}))
    assert [f.message for f in own.findings if f.rule == "own-message" and f.path == "a.py"] == ["from the base"]
    assert absent.outcome is Outcome.ACCEPT and "nowhere" in absent.reason


@pytest.mark.sandbox
def test_a_configuration_that_breaks_pylint_is_an_error_of_its_changes_alone(context: Context) -> None:
    broken = {"pylintrc": "[MAIN]\ninit-hook='raise ValueError(3)'\n"}
    bad, good = judge(context, change(broken, {**broken, "a.py": CLEAN}), change({}, {"a.py": CLEAN}))
    assert bad.outcome is Outcome.ERROR and "ValueError" in bad.reason
    assert good.outcome is Outcome.ACCEPT


@pytest.mark.sandbox
def test_out_of_time_is_an_error_of_what_was_not_judged(context: Context) -> None:
    slow = {"pylintrc": "[MAIN]\ninit-hook='import time; time.sleep(60)'\n"}
    late = replace(context, deadline=time.monotonic() + 7)
    quick, never = judge(late, change({}, {"a.py": CLEAN}), change(slow, {**slow, "a.py": CLEAN}))
    assert quick.outcome is Outcome.ACCEPT, quick.reason
    assert never.outcome is Outcome.ERROR
    assert "longer than" in never.reason


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
@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_source_is_never_accepted_and_harms_no_other(context: Context, kind: str) -> None:
    before, hostile, after = judge(
        context, change({}, {"a.py": CLEAN}), change({}, {"a.py": HOSTILE[kind]}), change({}, {"a.py": CLEAN})
    )
    assert hostile.outcome in (Outcome.REJECT, Outcome.ERROR)
    assert before.outcome is Outcome.ACCEPT
    assert after == before


@pytest.mark.sandbox
def test_names_of_files_are_only_names(context: Context) -> None:
    names = ["-rfile.py", "--init-hook=import os.py", "a\nb.py", "\x1b[2J.py", "caf\udce9.py", "dir -x/--help.py"]
    verdict = judge(context, change({}, dict.fromkeys(names, DIRTY)), disable=["invalid-name", "duplicate-code"])[0]
    found = {f.path for f in verdict.findings if f.rule == "unused-variable"}
    assert found == set(names)


@pytest.mark.sandbox
def test_the_judged_tree_is_never_imported(context: Context) -> None:
    bomb = '"""B."""\nimport os\nos.kill(os.getppid(), 9)\nos._exit(0)\n'
    names = ["json.py", "pylint.py", "astroid/__init__.py", "isort.py", "sitecustomize.py", "usercustomize.py", "re.py"]
    names += ["channel.py", "forks.py", "tokenize.py", "_socket.py", "platform/__init__.py", "x.pth"]
    tree = dict.fromkeys(names, bomb)
    use = '"""U."""\nimport json\nimport re\nimport platform\n\nprint(json, re, platform)\n'
    verdict, plain = judge(context, change(tree, {**tree, "a.py": use}), change({}, {"a.py": CLEAN}))
    assert verdict.outcome is Outcome.ACCEPT, verdict.reason
    assert plain.outcome is Outcome.ACCEPT


@pytest.mark.sandbox
def test_names_of_the_tree_win_over_those_read_before(context: Context) -> None:
    use = '"""U."""\nimport json\n\nprint(json.only_here)\n'
    shadowed, plain, again = judge(
        context,
        change({"json.py": "only_here = 1\n"}, {"json.py": "only_here = 1\n", "a.py": use}),
        change({}, {"a.py": use}),
        change({}, {"a.py": use}),
    )
    assert shadowed.outcome is Outcome.ACCEPT, shadowed.reason
    assert rules(plain) == rules(again) == ["no-member"]


def test_a_huge_file_is_an_error_with_the_remedy() -> None:
    with Workspace() as workspace:
        context = Context(workspace, Interpreter.own(), Interpreter.own())
        (verdict,) = judge(context, change({}, {"a.py": b"#" * (MAX_SOURCE_BYTES + 1)}))
    assert verdict.outcome is Outcome.ERROR
    assert "a.py is larger than" in verdict.reason


@pytest.mark.sandbox
def test_an_unsafe_path_is_an_error(context: Context) -> None:
    (verdict,) = judge(context, change({}, {".git/hooks/a.py": CLEAN}))
    assert verdict.outcome is Outcome.ERROR
    assert "git" in verdict.reason


SAMPLES = [
    CLEAN,
    DIRTY,
    "import os\nimport json\nprint(json.nothing)\n",
    "import threading\nt = threading.Thread()\nt.result = 1\nprint(t.result)\nthreading.Thread.mark = 2\n",
    "import threading\nprint(threading.Thread().result, threading.Thread.mark)\n",
    "from sample import x\nx = 1\n",
    "class A:\n    def f(self):\n        return self.g\n",
    "def f(x=[]):\n    try:\n        return x[0]\n    except:\n        pass\n",
    "import collections\nclass A(collections.OrderedDict):\n    pass\ncollections.OrderedDict.extra = 1\n",
    "import collections\nprint(collections.OrderedDict().extra, collections.nothing)\n",
    "def f(:\n",
    "import numpy_that_is_not_there\n",
    "# pylint: disable=all\nimport os\n",
    "import os\n" * 3,
]


@pytest.mark.sandbox
def test_the_messages_are_those_of_one_pylint_a_file(context: Context, tmp_path: Path) -> None:
    # Twice, in another order: enough of them for several to share a process, and each after another one.
    order = [*range(len(SAMPLES)), *reversed(range(len(SAMPLES)))]
    edits = [change({"n": str(at)}, {"n": str(at), "sample.py": SAMPLES[n]}) for at, n in enumerate(order)]
    found = [
        sorted(str((f.line, f.rule, f.message)) for f in verdict.findings if f.rule != "new-suppression")
        for verdict in judge(context, *edits, lines="all")
    ]
    for number, source in enumerate(SAMPLES):
        tree = tmp_path / str(number)
        tree.mkdir()
        write_tree(MemorySnapshot.of({"sample.py": source.replace("# pylint: disable=all", "# nothing")}), tree)
        expected = sorted(map(str, by_hand(tree)))
        assert [found[at] for at, n in enumerate(order) if n == number] == [expected, expected], source


def by_hand(tree: Path) -> list[tuple[int, str, str]]:
    """What one pylint process says, with defaults, started as a user would (on our own samples, which run nothing)."""
    python = str(Interpreter.own().executable)
    argv = [python, "-I", "-m", "pylint", "--rcfile=/dev/null", "--output-format=json", "--persistent=n", "sample.py"]
    done = subprocess.run(argv, cwd=tree, capture_output=True, check=False)
    messages = json.loads(done.stdout)
    return [(m["line"], m["symbol"], m["message"]) for m in messages]


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
def test_the_base_is_linted_once_and_by_a_run_that_sees_no_head(context: Context, tmp_path: Path) -> None:
    sandbox = Counting()
    # With one job the run for the base is the first.
    cached = replace(context, sandbox=sandbox, cache=Cache(tmp_path), jobs=1)
    edit = change({"a.py": DIRTY}, {"a.py": DIRTY + "\n\ndef more():\n    pass\n"})
    (first,) = judge(cached, edit)
    cold = list(sandbox.commands())
    sandbox.commands().clear()
    (second,) = judge(cached, edit)
    warm = list(sandbox.commands())
    assert first == second == judge(context, edit)[0]
    assert (len(cold), len(warm)) == (2, 1)
    head = context.workspace.tree(edit.head)
    assert all(head not in (m.source, *m.source.parents) and m.source != head.parent for m in cold[0].mounts)
    (other,) = judge(cached, change({"a.py": DIRTY, "b.py": "\n"}, {"a.py": DIRTY + "\nX = 1\n", "b.py": "\n"}))
    assert other.outcome is Outcome.ACCEPT
    assert len(sandbox.commands()) == 3


NEWER = {"pyproject.toml": f'[project]\nname = "a"\nrequires-python = ">=3.{sys.version_info[1] + 1}"\n'}


@pytest.mark.sandbox
def test_grammar_that_is_newer_than_pylints_python_cannot_be_judged(context: Context) -> None:
    odd = {"a.py": CLEAN + "\n\nclass Odd[:\n"}
    newer, known, fine = judge(
        context, change(NEWER, {**NEWER, **odd}), change({}, odd), change(NEWER, {**NEWER, "a.py": CLEAN})
    )
    assert newer.outcome is Outcome.ERROR
    assert "pyproject.toml asks for Python 3." in newer.reason
    assert (known.outcome, rules(known)) == (Outcome.REJECT, ["syntax-error"])
    assert fine.outcome is Outcome.ACCEPT


@pytest.mark.sandbox
def test_a_module_that_is_not_installed_here_is_a_note(context: Context) -> None:
    base = {"pkg/__init__.py": '"""A package."""\n', "a.py": '"""A module."""\n'}
    foreign = '"""A module."""\n\nimport acme_client\n\nX = acme_client.call()\n'
    own = '"""A module."""\n\nimport pkg.gone\n\nX = pkg.gone.call()\n'
    one, other = judge(context, change(base, {**base, "a.py": foreign}), change(base, {**base, "a.py": own}))
    assert (one.outcome, rules(one)) == (Outcome.ACCEPT, ["import-error"])
    assert one.findings[0].severity is Severity.NOTE
    assert "Not installed here, and so not looked at: acme_client." in one.reason
    assert (other.outcome, other.findings[0].line) == (Outcome.REJECT, 3)
