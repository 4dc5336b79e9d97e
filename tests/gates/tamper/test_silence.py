"""What must never be taken for a weakening."""

from __future__ import annotations

import pytest

from tests.gates.tamper.tables import PATH, Case, body, method, module, rules, table, weakenings

BODIES = [
    Case("layout", "assert f(1)==2", "assert (\n    f( 1 )\n    == 2\n)"),
    Case("a comment", "assert f(1) == 2", "# why\nassert f(1) == 2  # because"),
    Case("a docstring", "assert f(1) == 2", '"""What it shows."""\nassert f(1) == 2'),
    Case("a message", "assert f(1) == 2, 'old'", "assert f(1) == 2, f'new {1}'"),
    Case("a local name", "x = f(1)\nassert x == 2", "result = f(1)\nassert result == 2"),
    Case("a local name taken away", "x = f(1)\nassert x == 2", "assert f(1) == 2"),
    Case("a constant taken out", "assert f(1) == 2", "want = 2\nassert f(1) == want"),
    Case("sides swapped", "assert f(1) == 2", "assert 2 == f(1)"),
    Case("bounds swapped", "assert f(1) > 2", "assert 2 < f(1)"),
    Case("chained", "assert 1 < f(1) and f(1) < 5", "assert 1 < f(1) < 5"),
    Case("split", "assert f(1) == 2 and g(1) == 3", "assert f(1) == 2\nassert g(1) == 3"),
    Case("order", "assert f(1) == 2\nassert g(1) == 3", "assert g(1) == 3\nassert f(1) == 2"),
    Case("one more", "assert f(1) == 2", "assert f(1) == 2\nassert f(2) == 3"),
    Case("not equal spelled out", "assert f(1) != 2", "assert not f(1) == 2"),
    Case("none", "assert f(1) == None", "assert f(1) is None"),
    Case("quotes", "assert f(1) == 'a'", 'assert f(1) == "a"'),
    Case("numbers", "assert f(1) == 1000", "assert f(1) == 1_000"),
    Case("empty length", "x = f(1)\nassert len(x) == 0", "x = f(1)\nassert not x"),
    Case("some length", "x = f(1)\nassert len(x) > 0", "x = f(1)\nassert len(x) >= 1"),
    Case("stricter than truthy", "assert f(1)", "assert f(1) == 2"),
    Case("stricter than contained", "assert f(1) in (2, 3)", "assert f(1) == 2"),
    Case("stricter than a type", "assert isinstance(f(1), int)", "assert f(1) == 2"),
    Case("stricter bound", "assert f(1) > 3", "assert f(1) > 5"),
    Case("stricter about", "assert f(1) == pytest.approx(2, abs=0.5)", "assert f(1) == pytest.approx(2, abs=0.1)"),
    Case("exact instead of about", "assert f(1) == pytest.approx(2)", "assert f(1) == 2"),
    Case("fewer values allowed", "assert f(1) in (1, 2, 3)", "assert f(1) in (1, 2)"),
    Case("more text looked for", "assert 'ab' in f(1)", "assert 'abc' in f(1)"),
    Case("the whole list", "x = f(1)\nassert len(x) == 2", "x = f(1)\nassert x == [1, 2]"),
    Case("any to all", "assert any(x for x in f(1))", "assert all(x for x in f(1))"),
    Case("narrower error", "with pytest.raises(LookupError):\n    f(1)", "with pytest.raises(KeyError):\n    f(1)"),
    Case("own error", "with pytest.raises(Exception):\n    f(1)", "with pytest.raises(Thing.Error):\n    f(1)"),
    Case(
        "match added",
        "with pytest.raises(ValueError):\n    f(1)",
        "with pytest.raises(ValueError, match='x'):\n    f(1)",
    ),
    Case("call form", "pytest.raises(ValueError, f, 1)", "with pytest.raises(ValueError):\n    f(1)"),
    Case(
        "error looked at",
        "with pytest.raises(ValueError):\n    f(1)",
        "with pytest.raises(ValueError) as caught:\n    f(1)\nassert 'x' in str(caught.value)",
    ),
    Case("loop written out", "for x in (1, 2):\n    assert f(x)", "assert f(1)\nassert f(2)"),
    Case("loop made", "assert f(1) == 2\nassert f(2) == 3", "for a, b in [(1, 2), (2, 3)]:\n    assert f(a) == b"),
    Case("loop longer", "for x in (1, 2):\n    assert f(x)", "for x in (1, 2, 3):\n    assert f(x)"),
    Case("loop's name", "for x in f(0):\n    assert x > 0", "for item in f(0):\n    assert item > 0"),
    Case("comprehension's name", "assert [x for x in f(1)] == [2]", "assert [y for y in f(1)] == [2]"),
    Case("context's name", "with g(1) as a:\n    assert a.x == 2", "with g(1) as b:\n    assert b.x == 2"),
    Case("in a context", "assert f(1) == 2", "with g(1):\n    assert f(1) == 2"),
    Case("in try finally", "assert f(1) == 2", "try:\n    assert f(1) == 2\nfinally:\n    g(1)"),
    Case("caught and raised", "assert f(1) == 2", "try:\n    assert f(1) == 2\nexcept Exception:\n    raise"),
    Case("a harmless try", "assert f(1) == 2", "try:\n    g(1)\nexcept Exception:\n    pass\nassert f(1) == 2"),
    Case("a raise before", "assert f(1) == 2", "if not g(1):\n    raise RuntimeError\nassert f(1) == 2"),
    Case("statements around", "assert f(1) == 2", "t = Thing()\nt.start()\nassert f(1) == 2\nt.stop()"),
    Case("another setup value", "t = Thing(a=1)\nassert f(t.x) == 2", "t = Thing(a=1)\nt.y = 3\nassert f(t.x) == 2"),
    Case("a helper with a name", "check_in(1)\nassert f(1) == 2", "check_in(1)\n\nassert f(1) == 2"),
    Case("an old tautology dropped", "assert True\nassert f(1) == 2", "assert f(1) == 2"),
    Case("reflexive equality kept", "x = f(1)\nassert x == x", "y = f(1)\nassert y == y"),
    Case("a dead assertion dropped", "assert f(1)\nif False:\n    assert g(1)", "assert f(1)"),
    Case("assertion freed of a condition", "if g(1):\n    assert f(1)", "assert f(1)"),
    Case("numpy by another name", "import numpy as np\nassert np.f(1)", "import numpy\nassert numpy.f(1)"),
]

METHODS = [
    Case("alias", "self.assertEquals(f(1), 2)", "self.assertEqual(f(1), 2)"),
    Case("list alias", "self.assertListEqual(f(1), [2])", "self.assertEqual(f(1), [2])"),
    Case("plain assert", "self.assertEqual(f(1), 2)", "assert f(1) == 2"),
    Case("plain true", "self.assertTrue(f(1))", "assert f(1)"),
    Case("plain false", "self.assertFalse(f(1))", "assert not f(1)"),
    Case("plain in", "self.assertIn(1, f(1))", "assert 1 in f(1)"),
    Case("plain none", "self.assertIsNone(f(1))", "assert f(1) is None"),
    Case("plain isinstance", "self.assertIsInstance(f(1), int)", "assert isinstance(f(1), int)"),
    Case("plain bound", "self.assertGreater(f(1), 2)", "assert f(1) > 2"),
    Case("comparison in true", "self.assertTrue(f(1) == 2)", "self.assertEqual(f(1), 2)"),
    Case("message", "self.assertEqual(f(1), 2, 'old')", "self.assertEqual(f(1), 2, msg='new')"),
    Case("swapped", "self.assertEqual(f(1), 2)", "self.assertEqual(2, f(1))"),
    Case("raises", "with self.assertRaises(ValueError):\n    f(1)", "with pytest.raises(ValueError):\n    f(1)"),
    Case(
        "raises regex",
        "with self.assertRaisesRegex(ValueError, 'x'):\n    f(1)",
        "with pytest.raises(ValueError, match='x'):\n    f(1)",
    ),
    Case("keyword arguments", "self.assertEqual(f(1), 2)", "self.assertEqual(first=f(1), second=2)"),
    Case(
        "sub-test",
        "for x in (1, 2):\n    self.assertTrue(f(x))",
        "for x in (1, 2):\n    with self.subTest(x=x):\n        self.assertTrue(f(x))",
    ),
]

MODULES = [*table("silent.txt"), *table("silent_marks.txt")]


@pytest.mark.parametrize("case", BODIES, ids=[c.id for c in BODIES])
def test_a_body_as_strict_is_silent(case: Case) -> None:
    assert rules(body(case.base), body(case.head)) == ()


@pytest.mark.parametrize("case", METHODS, ids=[c.id for c in METHODS])
def test_a_method_as_strict_is_silent(case: Case) -> None:
    assert rules(method(case.base), method(case.head)) == ()


@pytest.mark.parametrize("case", MODULES, ids=[c.id for c in MODULES])
def test_a_module_as_strict_is_silent(case: Case) -> None:
    assert rules(module(case.base), module(case.head)) == ()


def test_a_function_renamed_everywhere_is_silent() -> None:
    text = "from pkg import {0}\n\ndef test_a():\n    assert {0}(1) == 2\n    assert {0}('x').y == 3\n"
    assert rules(text.format("old_name"), text.format("new_name")) == ()
    kept = text.format("new_name") + "    old_name(1)\n"
    assert rules(text.format("old_name"), kept) == ("subject-changed",)


def test_a_moved_file_is_silent() -> None:
    content = module("def test_a():\n    assert f(1) == 2\n\ndef test_b():\n    assert f(2) == 3\n")
    assert weakenings({PATH: content}, {"tests/deep/test_other.py": content}) == []


def test_a_test_moved_to_another_file_is_silent() -> None:
    one, two = "\ndef test_a():\n    assert f(1) == 2\n", "\ndef test_b():\n    assert f(2) == 3\n"
    base = {PATH: module(one + two)}
    head = {PATH: module(two), "tests/test_other.py": module(one)}
    assert weakenings(base, head) == []


def test_assertions_taken_out_to_a_helper_file_are_a_warning_only() -> None:
    base = {PATH: body("assert f(1) == 2\nassert g(1) == 3")}
    head = {PATH: body("from tests.helpers import check_all\ncheck_all(f(1))")}
    assert {w.rule for w in weakenings(base, head)} <= {"assertions-hidden"}
