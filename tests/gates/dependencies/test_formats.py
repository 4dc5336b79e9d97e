"""Requirements read out of dependency files."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.change import MemorySnapshot
from gates.dependencies.declared import declarations
from gates.dependencies.formats import inline_script, name_of, names_in, reader_of
from gates.pyversions import declared


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("requests", "requests"),
        ("Flask-SQLAlchemy >= 3, < 4 ; python_version < '3.12'", "Flask-SQLAlchemy"),
        ("uvicorn[standard]==0.30", "uvicorn"),
        ("name @ git+https://example.org/x.git", "name"),
        ("git+https://example.org/x.git#egg=the.name", "the.name"),
        ("-e git+ssh://git@example.org/x.git@main#egg=named", "named"),
        ("-e .", None),
        ("./local/path", None),
        ("../sibling", None),
        ("local/path", None),
        ("https://example.org/x-1.0.whl", "x"),
        ("https://example.org/wheels/two_words-1.0-py3-none-any.whl#sha256=ab", "two_words"),
        ("https://example.org/two-words-1.0.tar.gz", "two-words"),
        ("https://example.org/archive/main.zip", None),
        ("git+https://example.org/group/tool.git", "tool"),
        ("-e git+ssh://git@example.org/group/tool.git@v1.2#subdirectory=py", "tool"),
        ("git+https://example.org/", None),
        ("-r other.txt", None),
        ("--index-url https://example.org", None),
        ("numpy=1.26=py311", "numpy"),
        ("", None),
    ],
)
def test_names_of_requirements(line: str, name: str | None) -> None:
    assert name_of(line) == name


FILES = [
    (
        "pyproject.toml",
        """
        [build-system]
        requires = ["hatchling"]
        [project]
        dependencies = ["a>=1", "b[x]"]
        [project.optional-dependencies]
        dev = ["c"]
        [dependency-groups]
        test = ["d", {include-group = "dev"}]
        [tool.poetry.dependencies]
        python = "^3.9"
        e = "^1"
        [tool.poetry.group.docs.dependencies]
        f = {version = "1"}
        [tool.poetry.dev-dependencies]
        g = "*"
        [tool.uv]
        dev-dependencies = ["h"]
        [tool.pdm.dev-dependencies]
        x = ["i"]
        [tool.hatch.envs.default]
        dependencies = ["j"]
        [tool.pixi.feature.z.pypi-dependencies]
        k = "*"
        [tool.flit.metadata]
        requires = ["l"]
        [tool.flit.metadata.requires-extra]
        x = ["m"]
        """,
        {"hatchling", *"abcdefghijklm"},
    ),
    (
        "setup.cfg",
        "[options]\ninstall_requires =\n  a>1\n  # no\n  b\nsetup_requires = c\n[options.extras_require]\nx = d\n",
        set("abcd"),
    ),
    (
        "setup.py",
        "R = ['a']\nsetup(install_requires=R, extras_require={'x': ['b'], 'y': 'c'}, tests_require=['d'])\n",
        {"setuptools", *"abcd"},
    ),
    ("requirements.txt", "a==1 # c\nb \\\n  >=2\n\n# d\n-c constraints.txt\n--hash=x\n", {"a", "b"}),
    ("requirements-dev.in", "a\n", {"a"}),
    ("dev-requirements.txt", "a\n", {"a"}),
    ("requirements/base.txt", "a\n", {"a"}),
    (
        "Pipfile",
        '[packages]\na = "*"\n[dev-packages]\nb = {version = "1"}\n[requires]\npython_version = "3"\n',
        {"a", "b"},
    ),
    ("environment.yml", "dependencies:\n  - a=1\n  - conda-forge::b\n  - pip:\n    - c==1\n", {"a", "b", "c"}),
    ("environment.yaml", "dependencies:\n  - pytorch=2.1\n  - opencv\n", {"torch", "opencv-python"}),
    ("tox.ini", "[testenv]\ndeps =\n  a\n  py39: b\n  -r requirements.txt\n", {"a", "b"}),
    ("pixi.toml", '[dependencies]\na = "*"\n[pypi-dependencies]\nb = "*"\n', {"a", "b"}),
]


@pytest.mark.parametrize(("path", "text", "names"), FILES, ids=[f[0] for f in FILES])
def test_each_format(path: str, text: str, names: set[str]) -> None:
    found = names_in(path, "\n".join(line.strip() if path == "pyproject.toml" else line for line in text.split("\n")))
    assert found is not None
    assert set(found) == names


@pytest.mark.parametrize(
    "path", ["notes.txt", "a.py", "constraints.txt", "src/requirements.py", "data/environment.json"]
)
def test_other_files_declare_nothing(path: str) -> None:
    assert reader_of(path) is None


def test_a_script_declares_in_its_comments() -> None:
    script = '# /// script\n# requires-python = ">=3.11"\n# dependencies = ["a", "b>1"]\n# ///\nx = 1\n'
    assert list(inline_script(script)) == ["a", "b>1"]
    assert list(inline_script("x = 1\n")) == []


def test_includes_are_followed_once_and_constraints_are_not() -> None:
    files = {
        "requirements.txt": "-r more/extra.txt\n-c limits.txt\na\n",
        "more/extra.txt": "-r ../requirements.txt\nB_c\n",
        "limits.txt": "d\n",
        "vendor/requirements.txt": "e\n",
    }
    found = declarations(MemorySnapshot.of(files))
    assert dict(found.names) == {"a": "requirements.txt", "b-c": "more/extra.txt"}
    assert found.complete


def test_lists_that_code_works_out_are_incomplete() -> None:
    dynamic = '[project]\nname = "x"\ndynamic = ["dependencies"]\n'
    assert not declarations(MemorySnapshot.of({"pyproject.toml": dynamic})).complete
    handed = dynamic + '[tool.setuptools.dynamic]\ndependencies = {file = ["needs.txt"]}\n'
    found = declarations(MemorySnapshot.of({"pyproject.toml": handed, "needs.txt": "a\n"}))
    assert (found.complete, dict(found.names)) == (True, {"a": "needs.txt"})
    assert not declarations(MemorySnapshot.of({"setup.py": "setup(install_requires=read())"})).complete
    assert not declarations(MemorySnapshot.of({"setup.py": "setup(extras_require=extras())"})).complete
    grown = "E = {}\nE['x'] = ['a']\nE.update(y=['b'])\nR = []\nR += ['c']\nsetup(extras_require=E, install_requires=R)"
    assert not declarations(MemorySnapshot.of({"setup.py": grown})).complete


def test_a_setup_cfg_hands_over_to_files() -> None:
    cfg = "[options]\ninstall_requires = file: needs/main.txt, needs/more.txt\n"
    files = {"setup.cfg": cfg, "needs/main.txt": "a\n", "needs/more.txt": "b\n"}
    assert set(declarations(MemorySnapshot.of(files)).names) == {"a", "b"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks_are_read_as_pip_does(encoding: str) -> None:
    files = {"requirements.txt": "a==1\r\nb\r\n".encode(encoding)}
    assert set(declarations(MemorySnapshot.of(files)).names) == {"a", "b"}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pyproject.toml", '[project]\nname = "My.Tool"\n'),
        ("pyproject.toml", '[tool.poetry]\nname = "my-tool"\n'),
        ("setup.cfg", "[metadata]\nname = my_tool\n"),
        ("setup.py", "setup(name='my_tool')\n"),
    ],
)
def test_a_project_says_its_own_name(path: str, text: str) -> None:
    assert declarations(MemorySnapshot.of({path: text})).own == {"my-tool"}


HOSTILE = [
    ("setup.cfg", "[options]\ninstall_requires = a" + " " * 200_000 + "b\n"),
    ("tox.ini", ("[testenv]\n" + "x" * 400 + " " * 500 + "y\n") * 250),
    ("environment.yml", "[" * 50_000),
    ("environment.yml", "a: &a {k: 1}\n" + "".join(f"b{n}: &b{n} {{<<: [*a, *a]}}\n" for n in range(999))),
    ("pyproject.toml", "a = " + "[" * 100_000),
    ("pyproject.toml", "[" + "a." * 50_000 + "a]\n"),
    ("requirements.txt", "a \\\n" * 30_000),
    ("requirements.txt", "-r requirements.txt\n" * 10_000),
    ("setup.py", "setup(" * 30_000),
    ("Pipfile", "[packages]\n" * 20_000),
]


@pytest.mark.parametrize(("path", "text"), HOSTILE, ids=[f"{p}-{i}" for i, (p, _) in enumerate(HOSTILE)])
def test_hostile_files_end_soon(path: str, text: str) -> None:
    started = time.monotonic()
    snapshot = MemorySnapshot.of({path: text})
    declarations(snapshot)
    declared(snapshot)
    assert time.monotonic() - started < 10


def test_many_script_blocks_without_an_end_end_soon() -> None:
    started = time.monotonic()
    assert list(inline_script("# /// script\n" * 80_000)) == []
    assert time.monotonic() - started < 5


PATHS = st.sampled_from([f[0] for f in FILES])


@given(files=st.dictionaries(PATHS, st.binary(max_size=120), max_size=5))
def test_no_bytes_break_it(files: dict[str, bytes]) -> None:
    found = declarations(MemorySnapshot.of(files))
    assert set(found.names.values()) <= set(files)


@given(cut=st.integers(0, 400), insert=st.text(max_size=5), which=st.sampled_from(FILES))
def test_damaged_files_do_not_break_it(cut: int, insert: str, which: tuple[str, str, set[str]]) -> None:
    path, text, _ = which
    declarations(MemorySnapshot.of({path: text[:cut] + insert + text[cut:]}))
