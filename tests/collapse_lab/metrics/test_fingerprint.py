from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collapse_lab.metrics.fingerprint import fingerprint

SAME = {
    "names, layout, comments, docstring, annotations": (
        'def add(xs: list[int]) -> int:\n    """."""\n    n: int = 0\n    for x in xs:\n        n += x\n    return n',
        "def g( q ):  # mine\n  r = 0\n  for s in q: r += s\n  return (r)",
    ),
    "spelling of constants": ("x = [0x10, 1_000, 'a' 'b', 1e3, u'c']", 'y = [16, 1000, "ab", 1000.0, "c"]'),
    "each scope for itself": (
        "def f(a):\n    return [x for x in a if x]\n\ndef g(x):\n    return x",
        "def h(b):\n    return [b for b in b if b]\n\ndef k(y):\n    return y",
    ),
    "a lambda's names": ("f = lambda x, *y, z=1: (x, y, z)", "g = lambda a, *b, c=1: (a, b, c)"),
    "an import's alias": ("import math as m\nm.floor(1)", "import math\nmath.floor(1)"),
    "global and nonlocal": (
        "n = 0\ndef f():\n    global n\n    k = 1\n    def g():\n        nonlocal k\n        k = n\n    return g",
        "a = 0\ndef b():\n    global a\n    c = 1\n    def d():\n        nonlocal c\n        c = a\n    return d",
    ),
    "exceptions and with": (
        "def f(x):\n    try:\n        with x as y: print(y)\n    except E as e: raise e",
        "def F(X):\n    try:\n        with X as Y: print(Y)\n    except E as EE: raise EE",
    ),
    "walrus": ("def f(x):\n    print([z := w for w in x], z)", "def F(X):\n    print([Z := W for W in X], Z)"),
    "match": (
        "match x:\n    case [a, *b]: f(a, b)\n    case {'k': c, **d}: f(c, d)",
        "match x:\n    case [A, *B]: f(A, B)\n    case {'k': C, **D}: f(C, D)",
    ),
    "a class body's name hides none in its methods": (
        "x = 1\nclass A:\n    x = 2\n    def f(self): return x",
        "z = 1\nclass A:\n    x = 2\n    def f(self): return z",
    ),
    "a body of a docstring": ('def f():\n    """Nothing."""', "def g():\n    pass"),
    "broken, laid out otherwise": ("def f(:\n    return 1", "def f ( :  return 1"),
}
DIFFERENT = {
    "constant": ("x = 1", "x = 2"),
    "type of constant": ("x = 1", "x = True"),
    "int and float": ("x = 1", "x = 1.0"),
    "text and bytes": ("x = 'a'", "x = b'a'"),
    "operator": ("def f(a, b): return a - b", "def f(a, b): return a + b"),
    "which variable": ("def f(a, b): return a - b", "def f(a, b): return b - a"),
    "builtin": ("def f(a): return max(a)", "def f(a): return min(a)"),
    "method": ("def f(a): return a.upper()", "def f(a): return a.lower()"),
    "keyword": ("f(a=1)", "f(b=1)"),
    "module": ("import math", "import cmath"),
    "own name shadows a builtin": ("def f(sum): return sum(sum)", "def f(x): return sum(x)"),
    "attribute of a class": ("class A:\n    b = 1", "class A:\n    c = 1"),
    "which name is nonlocal": (
        "def f():\n    a = 1\n    b = 2\n    def g():\n        nonlocal a\n        a = 3",
        "def f():\n    a = 1\n    b = 2\n    def g():\n        nonlocal b\n        b = 3",
    ),
    "order of parameters": ("def f(a, b): return a", "def f(b, a): return a"),
    "kind of parameters": ("def f(a, b): pass", "def f(a, *, b): pass"),
    "star": ("def f(*a): pass", "def f(a): pass"),
    "default": ("def f(a=1): pass", "def f(a=2): pass"),
    "kind of loop": ("[x for x in y]", "{x for x in y}"),
    "a condition": ("[x for x in y if x]", "[x for x in y]"),
    "two loops": ("[1 for a in b for c in a]", "[1 for a in b for c in b]"),
    "async": ("async def f(): pass", "def f(): pass"),
    "nesting": ("if a:\n    b()\nc()", "if a:\n    b()\n    c()"),
    "a bare string is no docstring after the first statement": (
        "def f():\n    g()\n    'a'",
        "def f():\n    g()\n    'b'",
    ),
    "broken otherwise": ("def f(:", "def g(:"),
    "broken and whole": ("return (1", "return 1"),
}
HOSTILE = {
    "null": "\0",
    "brackets": "[" * 100_000,
    "closed brackets": "(" * 199 + ")" * 199,
    "unary": "-" * 50_000 + "1",
    "lambdas": "lambda: " * 150 + "0",
    "functions": "".join(" " * i + "def f():\n" for i in range(98)) + " " * 98 + "pass",
    "comprehensions": "[" * 140 + "0" + " for a in b]" * 140,
    "attributes": "a" + ".b" * 100_000,
    "surrogate": "x = '\ud800'",
    "huge integer": "x = 0x" + "f" * 20_000,
    "huge decimal": "x = " + "9" * 20_000,
    "coding": "# -*- coding: rot13 -*-\nx",
    "too large": "x = 1\n" * 400_000,
    "empty": "",
}


@pytest.mark.parametrize("case", SAME)
def test_the_same_code(case: str) -> None:
    one, other = SAME[case]
    assert fingerprint(one) == fingerprint(other)


@pytest.mark.parametrize("case", DIFFERENT)
def test_other_code(case: str) -> None:
    one, other = DIFFERENT[case]
    assert fingerprint(one) != fingerprint(other)


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_source_has_a_fingerprint(case: str) -> None:
    assert len(fingerprint(HOSTILE[case])) == 32


def test_a_deep_caller_gets_the_same_answer() -> None:
    program = HOSTILE["lambdas"]
    expected = fingerprint.__wrapped__(program)

    def deep(frames: int) -> str:
        return deep(frames - 1) if frames else fingerprint.__wrapped__(program)

    assert deep(sys.getrecursionlimit() - 300) == expected


@given(st.text(max_size=60))
def test_no_text_raises(text: str) -> None:
    assert fingerprint(text) == fingerprint(text)


# With an underscore: no keyword (`continue`) and no builtin (`reversed`) is like that.
LETTERS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=6, max_size=6)
NAMES = st.lists(LETTERS.map(lambda letters: f"v_{letters}"), min_size=5, max_size=5, unique=True)


@given(NAMES, NAMES)
def test_renaming_changes_nothing(one: list[str], other: list[str]) -> None:
    form = "def {0}({1}, {2}=3):\n    {3} = [{4}({1}) for {4} in {2}]\n    return sorted({3}, key=lambda {1}: {1}.real)"
    assert fingerprint(form.format(*one)) == fingerprint(form.format(*other))


def test_every_process_says_the_same_and_imports_little() -> None:
    code = (
        "import sys; from collapse_lab.metrics.fingerprint import fingerprint;"
        "print(fingerprint('def f(a, b): return {a, b}'));"
        "print([m for m in ('torch', 'numpy', 'scipy', 'sklearn', 'pandas', 'pydantic') if m in sys.modules])"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert said == {f"{fingerprint('def f(a, b): return {a, b}')}\n[]\n"}
