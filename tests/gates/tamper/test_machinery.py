from __future__ import annotations

import pytest

from tests.gates.tamper.tables import Case, table, weakenings

MACHINERY = table("machinery.txt")
TEST = {"tests/test_it.py": "def test_it():\n    assert f(1) == 2\n"}


@pytest.mark.parametrize("case", MACHINERY, ids=[c.id for c in MACHINERY])
def test_a_conftest_that_reaches_into_the_runner_is_seen(case: Case) -> None:
    base, head = ({**TEST, "tests/conftest.py": text} for text in (case.base, case.head))
    found = {w.rule for w in weakenings(base, head)}
    # What a conftest says is worth a look, whatever it is.
    assert found - {"runner-edited"} == set(case.rules)


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("from unittest import TestCase\nTestCase.assertTrue = print\n", {"machinery-patched"}),
        ("def load_tests(loader, tests, pattern):\n    return []\n", {"machinery-patched"}),
        ("import os\nos._exit(0)\n", {"machinery-patched"}),
        ("class Any:\n    def __eq__(self, other):\n        return 1\n", {"machinery-patched"}),
        ("class P:\n    def pytest_runtest_call(self):\n        pass\n", set()),
        ("def test_exit(monkeypatch):\n    monkeypatch.setattr('sys.exit', print)\n", set()),
        ("from unittest import mock\n\n@mock.patch('pkg.core.g')\ndef test_g(g):\n    g()\n", set()),
        ("def test_o(monkeypatch):\n    monkeypatch.setattr('pkg.f', 1)\n    monkeypatch.setenv('A', 'b')\n", set()),
    ],
)
def test_a_new_test_module_may_do_less_harm_than_a_conftest(text: str, rules: set[str]) -> None:
    assert {w.rule for w in weakenings(TEST, {**TEST, "tests/test_new.py": text})} == rules


def test_a_moved_hook_is_no_new_one() -> None:
    hook = "def pytest_runtest_call(item):\n    print(item)\n"
    found = weakenings({**TEST, "conftest.py": hook}, {**TEST, "tests/conftest.py": hook})
    assert {w.rule for w in found} == {"runner-edited"}


@pytest.mark.parametrize("path", ["conftest.py", "noxfile.py", "sitecustomize.py", "usercustomize.py"])
def test_a_script_around_the_tests_is_worth_a_look(path: str) -> None:
    base, head = {**TEST, path: "x = 1\n"}, {**TEST, path: "x = 2\n"}
    assert [(w.rule, w.path) for w in weakenings(base, head)] == [("runner-edited", path)]
    assert [w.rule for w in weakenings(TEST, head)] == ["runner-edited"]
    assert [w.rule for w in weakenings(base, TEST)] == ["runner-edited"]
    assert weakenings(base, {**TEST, path: '"""What it is."""\n\nx = 1  # one\n'}) == []


def test_a_path_configuration_file_is_worth_a_look() -> None:
    assert [w.rule for w in weakenings(TEST, {**TEST, "src/x.pth": "import x"})] == ["runner-edited"]


def test_a_session_that_leaves_tests_out_is_seen() -> None:
    text = "import nox\n\n@nox.session\ndef tests(session):\n    session.run('pytest'{})\n"
    base, head = text.format(""), text.format(", '-k', 'not slow'")
    found = weakenings({**TEST, "noxfile.py": base}, {**TEST, "noxfile.py": head})
    assert [w.rule for w in found] == ["runner-narrowed"]
