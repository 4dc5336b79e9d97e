from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.foreign.globs import matcher

GLOBS = st.lists(
    st.sampled_from(
        ["*", "**/", "/**", "**", "?", "[ab]", "[!a]", "[b-a]", "[!]", "[", "]", "a", ".js", "/", "\\", "-"]
    ),
    max_size=8,
)


@pytest.mark.parametrize(
    ("glob", "yes", "no"),
    [
        ("package.json", ["package.json", "web/package.json"], ["package.json.bak", "xpackage.json"]),
        ("*.test.*", ["a.test.js", "deep/er/b.test.ts"], ["a.testjs", "test.js"]),
        ("**/test/**", ["test/a", "x/test/b/c"], ["test", "latest/a", "x/testy/a"]),
        ("src/*.go", ["src/a.go"], ["src/b/a.go", "x/src/a.go"]),
        ("/Makefile", ["Makefile"], ["sub/Makefile"]),
        ("docs/", ["docs/a", "x/docs/b/c"], ["docs", "xdocs/a"]),
        ("docs/**", ["docs/a", "docs/b/c"], ["docs", "x/docs/a"]),
        ("**/*.rs", ["a.rs", "b/c.rs"], ["a.rsx"]),
        ("*", [".npmrc", "a/b"], []),
        ("a?c", ["abc", "x/a.c"], ["ac", "a/c"]),
        ("[ab].c", ["a.c", "b.c"], ["c.c"]),
        ("[!ab].c", ["c.c"], ["a.c", "/.c"]),
        ("a+(b).c", ["a+(b).c"], ["aab.c"]),
        ("sub/[", ["sub/["], ["sub/a"]),
        ("[a].c", ["a.c"], ["b.c"]),
        ("[a-c].c", ["b.c"], ["d.c", "-.c"]),
        ("[c-a].c", ["[c-a].c"], ["b.c"]),
    ],
)
def test_globs_match_as_gitignore_does(glob: str, yes: list[str], no: list[str]) -> None:
    matches = matcher([glob])
    assert [path for path in yes if not matches(path)] == []
    assert [path for path in no if matches(path)] == []


def test_no_glob_matches_nothing_and_several_match_any() -> None:
    assert not matcher([])("a")
    assert matcher(["a", "b"])("b")


@given(GLOBS.map("".join), st.text("ab/.j\n[", max_size=10))
def test_no_glob_breaks_the_matcher(glob: str, path: str) -> None:
    assert matcher([glob])(path) in (True, False)
