from __future__ import annotations

import pytest

from tests.gates.tamper.tables import Case, body, method, rules

LOOSENED = ("assertion-loosened",)
REMOVED = ("assertion-removed",)
UNREACHABLE = ("assertion-unreachable",)
CHANGED = ("expectation-changed",)
TAUTOLOGY = ("tautology",)
WIDENED = ("raises-widened",)

PYTEST = [
    # fewer
    Case("removed", "assert f(1) == 2\nassert f(2) == 3", "assert f(1) == 2", REMOVED),
    Case("one of two conjuncts removed", "assert f(1) == 2 and g(1) == 2", "assert f(1) == 2", REMOVED),
    Case("all removed", "x = f(1)\nassert x == 2", "x = f(1)", REMOVED),
    Case("commented out", "x = f(1)\nassert x == 2", "x = f(1)\n# assert x == 2", REMOVED),
    Case("returned instead", "assert f(1) == 2", "return f(1) == 2", REMOVED),
    Case("printed instead", "assert f(1) == 2", "print(f(1) == 2)", REMOVED),
    Case("explicit failure removed", "if f(1):\n    pytest.fail('no')", "f(1)", REMOVED),
    Case("raises removed", "with pytest.raises(ValueError):\n    f(1)", "f(1)", REMOVED),
    Case("mock assertion removed", "m = f(1)\nm.assert_called_once_with(3)", "m = f(1)", REMOVED),
    Case("unknown helper removed", "x = f(1)\nassert_valid(x)", "x = f(1)", REMOVED),
    Case(
        "loop shortened", "for x in [1, 2, 3]:\n    assert f(x)", "for x in [1, 2]:\n    assert f(x)", ("fewer-cases",)
    ),
    Case(
        "range shortened",
        "for x in range(5):\n    assert f(x)",
        "for x in range(2):\n    assert f(x)",
        ("fewer-cases",),
    ),
    Case("a function inside that is never called", "assert f(1) == 2", "def c():\n    assert f(1) == 2", UNREACHABLE),
    Case("a field of two left out", "r = f(1)\nassert (r.a, r.b) == (1, 2)", "r = f(1)\nassert r.a == 1", REMOVED),
    # loosened
    Case("sorted first", "assert f(1) == [1, 2]", "assert sorted(f(1)) == [1, 2]", LOOSENED),
    Case("stripped first", "assert f(1) == 'a'", "assert f(1).strip() == 'a'", LOOSENED),
    Case("a dict to a part", "assert f(1) == {'a': 1, 'b': 2}", "assert f(1)['a'] == 1", LOOSENED),
    Case("equal to contained", "assert f(1) == 2", "assert f(1) in (2, 3)", LOOSENED),
    Case("equal to not none", "assert f(1) == 2", "assert f(1) is not None", LOOSENED),
    Case("equal to truthy", "assert f(1) == 2", "assert f(1)", LOOSENED),
    Case("equal to at least", "assert f(1) == 2", "assert f(1) >= 2", LOOSENED),
    Case("equal to different", "assert f(1) == 2", "assert f(1) != 3", LOOSENED),
    Case("equal to a type", "assert f(1) == 2", "assert isinstance(f(1), int)", LOOSENED),
    Case("equal to about", "assert f(1) == 2.5", "assert f(1) == pytest.approx(2.5)", LOOSENED),
    Case("equal to either", "assert f(1) == 2", "assert f(1) == 2 or f(1) == 3", LOOSENED),
    Case("a length to truthy", "x = f(1)\nassert len(x) == 3", "x = f(1)\nassert x", LOOSENED),
    Case("a length to any", "x = f(1)\nassert len(x) == 3", "x = f(1)\nassert len(x) > 0", LOOSENED),
    Case("a field to the whole", "r = f(1)\nassert r.code == 200", "r = f(1)\nassert r is not None", LOOSENED),
    Case("more to at least", "assert f(1) > 5", "assert f(1) >= 5", LOOSENED),
    Case("a lower bound lowered", "assert f(1) > 5", "assert f(1) > 3", LOOSENED),
    Case("an upper bound raised", "assert f(1) <= 5", "assert f(1) <= 50", LOOSENED),
    Case("bound on the left lowered", "assert 5 < f(1)", "assert 3 < f(1)", LOOSENED),
    Case("more values allowed", "assert f(1) in (1, 2)", "assert f(1) in (1, 2, 3)", LOOSENED),
    Case("less text looked for", "assert 'abc' in f(1)", "assert 'ab' in f(1)", LOOSENED),
    Case("more types allowed", "assert isinstance(f(1), int)", "assert isinstance(f(1), (int, str))", LOOSENED),
    Case("all to any", "assert all(x for x in f(1))", "assert any(x for x in f(1))", LOOSENED),
    Case("relative tolerance", "assert f(1) == pytest.approx(2)", "assert f(1) == pytest.approx(2, rel=0.1)", LOOSENED),
    Case(
        "absolute tolerance",
        "assert f(1) == pytest.approx(2, abs=0.01)",
        "assert f(1) == pytest.approx(2, abs=0.5)",
        LOOSENED,
    ),
    Case("isclose", "assert math.isclose(f(1), 2)", "assert math.isclose(f(1), 2, rel_tol=0.5)", LOOSENED),
    Case(
        "numpy's tolerance",
        "np.testing.assert_allclose(f(1), 2, rtol=1e-9)",
        "np.testing.assert_allclose(f(1), 2, rtol=1e-2)",
        LOOSENED,
    ),
    Case("numpy's equal", "npt.assert_array_equal(f(1), g(2))", "npt.assert_allclose(f(1), g(2))", LOOSENED),
    Case("fewer mock arguments", "m.assert_called_once_with(1)", "m.assert_called_once()", LOOSENED),
    Case("a mock called at all", "m.assert_called_once_with(1)", "m.assert_called()", LOOSENED),
    Case("is to equal kind", "assert f(1) is None", "assert not f(1)", LOOSENED),
    # tautologies
    Case("the result replaced", "x = f(1)\nassert x == 2", "x = f(1)\nx = 2\nassert x == 2", TAUTOLOGY),
    Case(
        "an error of the test's own",
        "with pytest.raises(ValueError):\n    f(1)",
        "with pytest.raises(ValueError):\n    f(1)\n    raise ValueError",
        TAUTOLOGY,
    ),
    # expected errors
    Case(
        "wider error", "with pytest.raises(ValueError):\n    f(1)", "with pytest.raises(Exception):\n    f(1)", WIDENED
    ),
    Case(
        "base error",
        "with pytest.raises(ValueError):\n    f(1)",
        "with pytest.raises(BaseException):\n    f(1)",
        WIDENED,
    ),
    Case(
        "parent error", "with pytest.raises(KeyError):\n    f(1)", "with pytest.raises(LookupError):\n    f(1)", WIDENED
    ),
    Case(
        "one error more",
        "with pytest.raises(KeyError):\n    f(1)",
        "with pytest.raises((KeyError, TypeError)):\n    f(1)",
        WIDENED,
    ),
    Case(
        "match dropped",
        "with pytest.raises(ValueError, match='bad'):\n    f(1)",
        "with pytest.raises(ValueError):\n    f(1)",
        WIDENED,
    ),
    Case(
        "match for anything",
        "with pytest.raises(ValueError, match='bad'):\n    f(1)",
        "with pytest.raises(ValueError, match='.*'):\n    f(1)",
        WIDENED,
    ),
    Case("call form widened", "pytest.raises(ValueError, f, 1)", "pytest.raises(Exception, f, 1)", WIDENED),
    Case(
        "another error",
        "with pytest.raises(ValueError):\n    f(1)",
        "with pytest.raises(TypeError):\n    f(1)",
        CHANGED,
    ),
    Case(
        "another message",
        "with pytest.raises(ValueError, match='bad'):\n    f(1)",
        "with pytest.raises(ValueError, match='good'):\n    f(1)",
        CHANGED,
    ),
    # expectations
    Case("a number", "assert f(1) == 2", "assert f(1) == 3", CHANGED),
    Case("a text", "assert f(1) == 'a'", "assert f(1) == 'b'", CHANGED),
    Case("on the left", "assert 2 == f(1)", "assert 3 == f(1)", CHANGED),
    Case("in a local name", "want = 2\nassert f(1) == want", "want = 3\nassert f(1) == want", CHANGED),
    Case("in a container", "assert f(1) == {'a': [1, 2]}", "assert f(1) == {'a': [1]}", CHANGED),
    Case("negated", "assert f(1) is True", "assert f(1) is False", CHANGED),
    Case("turned round", "assert f(1) < 5", "assert f(1) > 5", CHANGED),
    Case("input and output", "assert f(3) == 9", "assert f(2) == 4", CHANGED),
    Case("what a mock is called with", "m.assert_called_once_with(1)", "m.assert_called_once_with(2)", CHANGED),
    Case("a computed value", "assert f(1) == g(2)", "assert f(1) == g(3)", CHANGED),
    Case(
        "in a loop's table",
        "for a, b in [(1, 2)]:\n    assert f(a) == b",
        "for a, b in [(1, 3)]:\n    assert f(a) == b",
        CHANGED,
    ),
    Case("a long literal", f"assert f(1) == {list(range(200))}", f"assert f(1) == {list(range(199))}", CHANGED),
    Case(
        "a long literal by name",
        f"want = {list(range(200))}\nassert f(1) == want",
        f"want = {list(range(201))}\nassert f(1) == want",
        CHANGED,
    ),
    Case("no longer empty", "x = f(1)\nassert len(x) == 0", "x = f(1)\nassert len(x) == 3", CHANGED),
    # tautologies
    Case("true", "assert f(1) == 2", "assert True", TAUTOLOGY),
    Case("one", "assert f(1) == 2", "assert 1", TAUTOLOGY),
    Case("with itself", "x = f(1)\nassert x == 2", "x = f(1)\nassert x == x", TAUTOLOGY),
    Case("a tuple", "assert f(1) == 2", "assert (f(1) == 3, 'message')", TAUTOLOGY),
    Case("or true", "assert f(1) == 2", "assert f(1) == 2 or True", TAUTOLOGY),
    Case("a text", "assert f(1) == 2", "assert 'f(1) == 2'", TAUTOLOGY),
    Case("constants", "assert f(1) == 2", "assert 2 == 2", TAUTOLOGY),
    Case("anything", "assert f(1) == 2", "assert f(1) == mock.ANY", TAUTOLOGY),
    Case("an object", "assert f(1) == 2", "assert isinstance(f(1), object)", TAUTOLOGY),
    Case("no length below zero", "x = f(1)\nassert len(x) == 3", "x = f(1)\nassert len(x) >= 0", TAUTOLOGY),
    Case("not false", "assert f(1) == 2", "assert not False", TAUTOLOGY),
    Case("a lambda", "assert f(1) == 2", "assert lambda: f(1) == 2", TAUTOLOGY),
    # reach
    Case("never", "assert f(1) == 2", "if False:\n    assert f(1) == 2", UNREACHABLE),
    Case("on a condition", "assert f(1) == 2", "if g(1):\n    assert f(1) == 2", UNREACHABLE),
    Case("type checking", "x = f(1)\nassert x", "x = f(1)\nif TYPE_CHECKING:\n    assert x", UNREACHABLE),
    Case("while never", "x = f(1)\nassert x", "x = f(1)\nwhile 0:\n    assert x", UNREACHABLE),
    Case("after return", "x = f(1)\nassert x == 2", "x = f(1)\nreturn\nassert x == 2", UNREACHABLE),
    Case("after a possible return", "assert f(1) == 2", "if g(1):\n    return\nassert f(1) == 2", UNREACHABLE),
    Case("swallowed", "assert f(1) == 2", "try:\n    assert f(1) == 2\nexcept AssertionError:\n    pass", UNREACHABLE),
    Case("swallowed by all", "assert f(1) == 2", "try:\n    assert f(1) == 2\nexcept:\n    print('x')", UNREACHABLE),
    Case(
        "suppressed",
        "assert f(1) == 2",
        "import contextlib\nwith contextlib.suppress(Exception):\n    assert f(1) == 2",
        UNREACHABLE,
    ),
    Case(
        "failure expected",
        "assert f(1) == 2",
        "with pytest.raises(AssertionError):\n    assert f(1) == 2",
        UNREACHABLE,
    ),
    Case("in an empty loop", "x = f(1)\nassert x", "x = f(1)\nfor _ in []:\n    assert x", UNREACHABLE),
    Case("one arm", "assert f(1) == 2", "assert f(1) == 2 if g(1) else True", UNREACHABLE),
    # another subject
    Case("an easier input", "assert f('hard') == 1", "assert f('easy') == 1", ("subject-changed",)),
]

UNITTEST = [
    Case("equal to true", "self.assertEqual(f(1), 2)", "self.assertTrue(f(1))", LOOSENED),
    Case("equal to in", "self.assertEqual(f(1), 2)", "self.assertIn(f(1), [2, 3])", LOOSENED),
    Case("equal to not none", "self.assertEqual(f(1), 2)", "self.assertIsNotNone(f(1))", LOOSENED),
    Case("equal to almost", "self.assertEqual(f(1), 2)", "self.assertAlmostEqual(f(1), 2)", LOOSENED),
    Case("fewer places", "self.assertAlmostEqual(f(1), 2, places=5)", "self.assertAlmostEqual(f(1), 2, 1)", LOOSENED),
    Case(
        "wider delta", "self.assertAlmostEqual(f(1), 2, delta=1)", "self.assertAlmostEqual(f(1), 2, delta=9)", LOOSENED
    ),
    Case("order ignored", "self.assertEqual(f(1), [1, 2])", "self.assertCountEqual(f(1), [1, 2])", LOOSENED),
    Case("greater to greater equal", "self.assertGreater(f(1), 2)", "self.assertGreaterEqual(f(1), 2)", LOOSENED),
    Case(
        "wide raises",
        "with self.assertRaises(ValueError):\n    f(1)",
        "with self.assertRaises(Exception):\n    f(1)",
        WIDENED,
    ),
    Case(
        "regex dropped",
        "with self.assertRaisesRegex(ValueError, 'x'):\n    f(1)",
        "with self.assertRaises(ValueError):\n    f(1)",
        WIDENED,
    ),
    Case("raises removed", "self.assertRaises(ValueError, f, 1)", "f(1)", REMOVED),
    Case("removed", "self.assertEqual(f(1), 2)\nself.assertEqual(f(2), 3)", "self.assertEqual(f(2), 3)", REMOVED),
    Case("changed", "self.assertEqual(f(1), 2)", "self.assertEqual(f(1), 3)", CHANGED),
    Case("changed on the left", "self.assertEqual(2, f(1))", "self.assertEqual(3, f(1))", CHANGED),
    Case("true to false", "self.assertTrue(f(1))", "self.assertFalse(f(1))", CHANGED),
    Case("tautology", "self.assertEqual(f(1), 2)", "self.assertTrue(True)", TAUTOLOGY),
    Case("itself", "x = f(1)\nself.assertEqual(x, 2)", "x = f(1)\nself.assertEqual(x, x)", TAUTOLOGY),
    Case(
        "sub-tests",
        "for x in (1, 2):\n    with self.subTest(x):\n        self.assertTrue(f(x))",
        "for x in (1,):\n    with self.subTest(x):\n        self.assertTrue(f(x))",
        ("fewer-cases",),
    ),
    Case(
        "swallowed",
        "self.assertEqual(f(1), 2)",
        "try:\n    self.assertEqual(f(1), 2)\nexcept Exception:\n    pass",
        UNREACHABLE,
    ),
    Case("django's", "self.assertContains(r, 'text')", "self.assertContains(r, 'other')", CHANGED),
]


@pytest.mark.parametrize("case", PYTEST, ids=[c.id for c in PYTEST])
def test_a_weaker_assertion_is_seen(case: Case) -> None:
    assert rules(body(case.base), body(case.head)) == case.rules


@pytest.mark.parametrize("case", UNITTEST, ids=[c.id for c in UNITTEST])
def test_a_weaker_method_is_seen(case: Case) -> None:
    assert rules(method(case.base), method(case.head)) == case.rules


@pytest.mark.parametrize("case", PYTEST, ids=[c.id for c in PYTEST])
def test_an_async_test_is_a_test(case: Case) -> None:
    base, head = (body(text).replace("def test_it", "async def test_it") for text in (case.base, case.head))
    assert rules(base, head) == case.rules
