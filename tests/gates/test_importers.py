from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.change import MemorySnapshot
from gates.importers import MAX_IMPORTERS, imported, importers


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import a.b as c, d\n", {"a", "a.b", "d"}),
        ("from a.b import (\n    c,\n    d as e,\n)\n", {"a", "a.b", "a.b.c", "a.b.d", "a.b.as", "a.b.e"}),
        ("from . import c\n", {"x", "x.y", "x.y.c"}),
        ("from .c import d\n", {"x", "x.y", "x.y.c", "x.y.c.d"}),
        ("from ..c import d\n", {"x", "x.c", "x.c.d"}),
        ("from ....c import d\n", {"c", "c.d"}),
        ("if x:\n    import a\n", {"a"}),
        ("x = 1\n", set()),
    ],
)
def test_imports_are_read_without_parsing(source: str, names: set[str]) -> None:
    assert imported(source.encode(), "x/y/z.py") - {""} == names


TREE = {
    "pkg/__init__.py": "",
    "pkg/tool.py": "",
    "pkg/near.py": "from .tool import f",
    "pkg/sub/far.py": "from ..tool import f",
    "main.py": "import pkg.tool",
    "other.py": "from pkg import tool",
    "src/root.py": "import tool",
    "apart.py": "import toolbox",
    "stub.pyi": "from pkg.tool import f",
    "text.txt": "import pkg.tool",
}


def test_importers_are_found_by_any_of_the_names_that_a_file_may_have() -> None:
    found = importers(MemorySnapshot.of(TREE), ["pkg/tool.py"])
    assert found == ["main.py", "other.py", "pkg/near.py", "pkg/sub/far.py", "src/root.py", "stub.pyi"]
    assert "main.py" in importers(MemorySnapshot.of(TREE), ["pkg/__init__.py"])
    assert importers(MemorySnapshot.of(TREE), []) == []


def test_a_file_that_is_gone_has_importers_still() -> None:
    tree = MemorySnapshot.of({p: t for p, t in TREE.items() if p != "pkg/tool.py"})
    assert "main.py" in importers(tree, ["pkg/tool.py"])


def test_there_is_a_limit() -> None:
    many = MemorySnapshot.of({f"m{n}.py": "import hub" for n in range(MAX_IMPORTERS + 5)})
    assert len(importers(many, ["hub.py"])) == MAX_IMPORTERS


@given(st.binary(max_size=200), st.sampled_from(["a.py", "a/b/c.py", "__init__.py"]))
def test_no_source_breaks_it(source: bytes, path: str) -> None:
    assert all(isinstance(name, str) for name in imported(source, path))
