from __future__ import annotations

from gates.change import Change, MemorySnapshot
from gates.testfiles import TestLayout
from gates.testrun.functions import own_tests, test_functions

ONE = "def test_one():\n    assert 1 == 1\n"


def own(base: dict[str, str], head: dict[str, str]) -> list[str]:
    change = Change.between(MemorySnapshot.of(base), MemorySnapshot.of(head))
    return [t.id for t in own_tests(change, TestLayout.of(change.base, change.head))]


def test_functions_are_named_as_pytest_names_them() -> None:
    source = (
        "import pytest\n\n@pytest.mark.slow\ndef test_a():\n    def test_inner(): pass\n\n"
        "class TestB:\n    async def test_c(self): pass\n    class TestD:\n        def test_e(self): pass\n\n"
        "if True:\n    def test_f(): pass\n\ndef helper(): pass\n"
    )
    found = test_functions("t.py", source.encode())
    assert [(t.id, t.line) for t in found] == [
        ("t.py::test_a", 4),
        ("t.py::TestB::test_c", 8),
        ("t.py::TestB::TestD::test_e", 10),
        ("t.py::test_f", 13),
    ]
    assert {t.path for t in found} == {"t.py"}
    assert [t.id for t in test_functions("t.py", b"def check_x(): pass\ndef it_y(): pass\n", ["check", "*_y"])] == [
        "t.py::check_x",
        "t.py::it_y",
    ]
    assert test_functions("t.py", b"def test_a(:\n") == []


def test_only_what_a_test_says_counts() -> None:
    base = {"test_a.py": ONE}
    assert own(base, {"test_a.py": '# new\ndef test_one():\n    """Doc."""\n    assert (1 == 1)\n'}) == []
    assert own(base, {"test_a.py": ONE.replace("== 1", "== 2")}) == ["test_a.py::test_one"]
    assert own(base, {"test_a.py": "import pytest\n@pytest.mark.slow\n" + ONE}) == ["test_a.py::test_one"]
    assert own(base, {"test_a.py": ONE + "def test_two():\n    assert 2\n"}) == ["test_a.py::test_two"]


def test_a_renamed_or_moved_test_is_not_new_but_a_copy_is() -> None:
    base = {"test_a.py": ONE}
    assert own(base, {"test_a.py": ONE.replace("test_one", "test_first")}) == []
    assert own(base, {"test_b.py": ONE}) == []
    assert own(base, {"test_a.py": ONE, "test_b.py": ONE}) == ["test_b.py::test_one"]
    twice = {"test_b.py": ONE + ONE.replace("test_one", "test_copy")}
    assert own(base, twice) == ["test_b.py::test_copy"]


def test_the_base_says_what_a_test_is_called() -> None:
    base = {"pytest.ini": "[pytest]\npython_functions = check_*\n", "test_a.py": ""}
    text = "def check_one():\n    assert 1\n\ndef test_two():\n    assert 2\n"
    assert own(base, {**base, "test_a.py": text}) == ["test_a.py::check_one"]


def test_a_hollow_test_names_nothing_outside_itself() -> None:
    def hollow(text: str) -> list[bool]:
        return [t.hollow for t in test_functions("t.py", text.encode())]

    for body in ("pass", "assert True", "x = 1\n    assert x == 1", "assert len('ab') == 2", "print('x')"):
        assert hollow(f"def test_a():\n    {body}\n") == [True], body
    for body in ("assert f(1)", "import m", "assert open('x')", "f(1)", "exec('1')", "global x; x"):
        assert hollow(f"def test_a():\n    {body}\n") == [False], body
    assert hollow("def test_a(client):\n    assert True\n") == [False]
    assert hollow("@use('x')\ndef test_a():\n    pass\n") == [False]
    method = "class TestA:\n    def test_a(self):\n        {}\n"
    assert hollow(method.format("self.assertTrue(True)")) == [True]
    assert hollow(method.format("self.assertTrue(self.client)")) == [False]
