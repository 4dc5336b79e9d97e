"""The imports of a file, and the modules of a repository."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.dependencies.imported import imports_of
from gates.dependencies.local import LocalModules
from gates.dependencies.statements import import_statements


def found(source: str) -> list[tuple[str, bool, bool]]:
    return [(i.module, i.optional, i.typing_only) for i in imports_of(ast.parse(source), source.encode())]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import a, b.c as d", [("a", False, False), ("b.c", False, False)]),
        ("from a.b import c", [("a.b", False, False)]),
        ("def f():\n    import a", [("a", False, False)]),
        ("importlib.import_module('a.b')", [("a.b", False, False)]),
        ("import_module(name)", []),
        ("__import__('a')", [("a", False, False)]),
        ("import_module('../x')", []),
        ("pytest.importorskip('a')", [("a", True, False)]),
        ("try:\n    import a\nexcept ImportError:\n    import b", [("a", True, False), ("b", True, False)]),
        ("try:\n    import a\nexcept (KeyError, ModuleNotFoundError):\n    pass", [("a", True, False)]),
        ("try:\n    import a\nexcept:\n    pass\nelse:\n    import b", [("a", True, False), ("b", False, False)]),
        ("try:\n    import a\nexcept KeyError:\n    pass", [("a", False, False)]),
        ("try:\n    import a\nfinally:\n    pass", [("a", False, False)]),
        ("with suppress(ImportError):\n    import a", [("a", True, False)]),
        ("with suppress(KeyError):\n    import a", [("a", False, False)]),
        ("if TYPE_CHECKING:\n    import a\nelse:\n    import b", [("a", False, True), ("b", False, False)]),
        ("if typing.TYPE_CHECKING:\n    from a import b", [("a", False, True)]),
        ("if x:\n    try:\n        import a\n    except ImportError: pass", [("a", True, False)]),
        (
            "if find_spec('a') is not None:\n    import a\nelse:\n    import b",
            [("a", True, False), ("b", False, False)],
        ),
        ("if find_spec('a') is None:\n    import b", [("b", False, False)]),
        ("if 'a.b' in sys.modules:\n    from a import b", [("a", True, False)]),
        ("if 'a' not in sys.modules:\n    import a", [("a", False, False)]),
    ],
)
def test_imports(source: str, expected: list[tuple[str, bool, bool]]) -> None:
    assert found(source) == expected


def test_relative_imports_keep_their_level() -> None:
    source = "from . import a\nfrom ..b import c"
    (one, two) = imports_of(ast.parse(source), source.encode())
    assert (one.level, one.module, one.names) == (1, "", ("a",))
    assert (two.level, two.module) == (2, "b")


TREE = LocalModules.of(
    [
        "src/pkg/__init__.py", "src/pkg/sub/mod.py", "src/pkg/data/x.json", "tests/helpers.py", "tools/deep/er/one.py",
        "src/pkg/fast.cpython-311-x86_64-linux-gnu.so", "flat/__init__.py", "flat/a.py", "readme.md",
    ]
)  # fmt: skip


@pytest.mark.parametrize("name", ["pkg", "sub", "mod", "helpers", "tools", "deep", "er", "one", "fast", "flat", "a"])
def test_modules_and_packages_are_known_wherever_they_lie(name: str) -> None:
    assert name in TREE.tops


@pytest.mark.parametrize("name", ["data", "x", "readme", "numpy"])
def test_other_names_are_not(name: str) -> None:
    assert name not in TREE.tops


@pytest.mark.parametrize(
    ("importer", "module", "level", "missing"),
    [
        ("src/pkg/__init__.py", "sub", 1, None),
        ("src/pkg/__init__.py", "sub.mod", 1, None),
        ("src/pkg/sub/mod.py", "fast", 2, None),
        ("src/pkg/sub/mod.py", "gone", 2, "src/pkg/gone"),
        ("src/pkg/sub/mod.py", "", 1, None),
        ("src/pkg/sub/mod.py", "_version", 2, None),
        ("src/pkg/sub/mod.py", "api_pb2", 1, None),
        ("flat/a.py", "b", 1, "flat/b"),
        ("a.py", "b", 5, None),
    ],
)
def test_relative_imports(importer: str, module: str, level: int, missing: str | None) -> None:
    assert TREE.missing_relative(importer, module, level) == missing


@pytest.mark.parametrize(
    ("module", "missing"),
    [
        ("pkg", None),
        ("pkg.sub.mod", None),
        ("pkg.sub.gone", "pkg.sub.gone"),
        ("pkg.gone.deeper", "pkg.gone"),
        ("pkg._native.x", None),
        ("flat.a", None),
        ("flat.b", "flat.b"),
        ("helpers.x", None),
        ("tools.x", None),
    ],
)
def test_absolute_imports_of_own_packages(module: str, missing: str | None) -> None:
    assert TREE.missing_absolute(module) == missing


def test_a_package_at_the_root_and_in_src_may_be_either() -> None:
    tree = LocalModules.of(["pkg/__init__.py", "pkg/one.py", "src/pkg/__init__.py", "src/pkg/two.py"])
    assert [tree.missing_absolute(f"pkg.{m}") for m in ("one", "two", "three")] == [None, None, "pkg.three"]


NEWER = b"""
from __future__ import annotations
import a.b, \\
    c
from .d import (  # newer grammar follows
    e,
    f,
)
type X = int
'''
import in_a_string
'''
def g[T](x: T) -> T:
    import h
    try:

        # why
        import i
    except ImportError:
        import j
    if TYPE_CHECKING:
        from k import l
    return f"{x["import m"]} from n import o"
import (
"""


def test_a_file_that_cannot_be_parsed_is_read_line_by_line() -> None:
    seen = [(i.module, i.line, i.level, i.names, i.optional, i.typing_only) for i in import_statements(NEWER)]
    assert seen == [
        ("__future__", 2, 0, ("annotations",), False, False),
        ("a.b", 3, 0, (), False, False),
        ("c", 3, 0, (), False, False),
        ("d", 5, 1, ("e", "f"), False, False),
        ("h", 14, 0, (), False, False),
        ("i", 18, 0, (), True, False),
        ("j", 20, 0, (), True, False),
        ("k", 22, 0, ("l",), False, True),
    ]
    assert import_statements(NEWER.replace(b"\n", b"\r\n")) == import_statements(NEWER)


@given(st.lists(st.sampled_from([b"import ", b"from ", b"a", b".", b"(", b")", b"\n", b"  ", b"'''", b"\\", b"\xff"])))
def test_no_lines_break_the_reading_of_statements(parts: list[bytes]) -> None:
    assert all(i.line >= 1 for i in import_statements(b"".join(parts)))


@given(
    st.lists(st.text("ab/._y", max_size=12)),
    st.text("ab/.y", max_size=8),
    st.text("ab.", max_size=6),
    st.integers(1, 4),
)
def test_odd_paths_do_not_break_it(paths: list[str], importer: str, module: str, level: int) -> None:
    tree = LocalModules.of(paths)
    tree.missing_relative(importer, module, level)
    tree.missing_absolute(module)
    assert all(isinstance(name, str) for name in tree.tops)
