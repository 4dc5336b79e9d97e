"""Names: the shipped tables, look-alikes, the standard library, installed metadata."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.dependencies.installed import installed
from gates.dependencies.lookalike import distance, looks_like
from gates.dependencies.names import (
    import_names,
    is_shared_namespace,
    may_provide,
    normalised,
    popular,
    providers,
)
from gates.dependencies.stdlib import gap, is_stdlib
from gates.interpreter import Interpreter


def test_the_popular_list_is_sorted_and_normalised() -> None:
    text = (Path(__file__).parents[3] / "gates/data/popular.txt").read_text()
    names = text.split()
    assert len(names) >= 1_000
    assert names == sorted(set(names))
    assert [n for n in names if n != normalised(n)] == []


def test_the_import_table_is_well_formed() -> None:
    table = import_names()
    assert len(table) >= 200
    assert [m for m in table if not all(part.isidentifier() for part in m.split("."))] == []
    names = {n for found in table.values() for n in found}
    assert {n for n in names if n != normalised(n)} == set()
    assert [m for m in table if is_stdlib(m) and m != "readline"] == []


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("yaml", "pyyaml"),
        ("cv2", "opencv-python"),
        ("sklearn.linear_model", "scikit-learn"),
        ("PIL.Image", "pillow"),
        ("bs4", "beautifulsoup4"),
        ("google.cloud.storage.blob", "google-cloud-storage"),
        ("google.protobuf", "protobuf"),
        ("zope.interface", "zope-interface"),
        ("numpy.linalg", "numpy"),
        ("typing_extensions", "typing-extensions"),
        ("docx", "python-docx"),
        ("cfnlint", "cfn-lint"),
    ],
)
def test_known_providers(module: str, name: str) -> None:
    assert name in providers(module)


def test_unknown_modules_have_no_provider() -> None:
    assert providers("quantum_sort_utils") == ()
    assert providers("scikitlearn") == (), "its module is known to be another"


def test_shared_namespaces() -> None:
    assert is_shared_namespace("google.cloud")
    assert is_shared_namespace("azure")
    assert not is_shared_namespace("google.cloud.storage")
    assert not is_shared_namespace("numpy")


@pytest.mark.parametrize(
    ("name", "module", "answer"),
    [
        ("acme-client-sdk", "acme_client", True),
        ("acme-client", "acmeclient", True),
        ("python-acme", "acme", True),
        ("google-cloud-storage", "google.cloud.storage", True),
        ("pyyaml", "yaml", True),
        ("pyyaml", "pyyaml_include", False),
        ("requests", "numpy", False),
        ("scikit-learn", "sklearn", True),
        ("scikit-learn", "scikit_image", False),
        ("acme-python-client", "acme_client", True),
        ("acme-client", "client_acme", False),
        ("types-acme", "acme", False),
        ("acme-stubs", "acme", False),
    ],
)
def test_whether_a_declared_name_may_provide_a_module(name: str, module: str, answer: bool) -> None:
    assert may_provide(name, module) is answer


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("reqeusts", "requests"),
        ("requestss", "requests"),
        ("request5", "requests"),
        ("rеquests", "requests"),
        ("numpi", "numpy"),
        ("beatifulsoup4", "beautifulsoup4"),
        ("djnago", "django"),
        ("python_dateutils", "python-dateutil"),
        ("dateutil-python", "python-dateutil"),
        ("scikitlearn", "scikit-learn"),
        ("typingextensions", "typing-extensions"),
    ],
)
def test_look_alikes(name: str, known: str) -> None:
    assert looks_like(name) == known


@pytest.mark.parametrize(
    "name", ["requests", "acme-billing", "pandas", "ruff", "torchvision", "pytest-acme", "boto9", "abc", "jax"]
)
def test_names_that_look_like_nothing(name: str) -> None:
    assert looks_like(name) is None


def test_popular_names_are_not_look_alikes_of_each_other() -> None:
    assert [n for n in sorted(popular())[::40] if looks_like(n)] == []


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_distance_is_one(left: str, right: str) -> None:
    found = distance(left, right, 6)
    assert found == distance(right, left, 6)
    assert (found == 0) == (left == right)
    assert abs(len(left) - len(right)) <= found <= max(len(left), len(right))
    assert distance(left, right, 1) in (found, 2)


@given(st.text("abcdef", min_size=2, max_size=8), st.data())
def test_a_swap_of_neighbours_is_one_step(word: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(word) - 2))
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    assert distance(word, swapped, 2) <= 1


def test_the_standard_library_has_versions() -> None:
    assert all(is_stdlib(name) for name in sys.stdlib_module_names)
    assert is_stdlib("distutils")
    assert is_stdlib("tomllib")
    assert is_stdlib("test")
    assert not is_stdlib("numpy")
    assert gap("os", (6, 15)) is None
    assert gap("tomllib", (11, 12)) is None
    assert "3.11" in (gap("tomllib", (9, 12)) or "")
    assert "3.12" in (gap("distutils", (9, 12)) or "")
    assert gap("distutils", (9, 11)) is None
    assert gap("tomllib", ()) is None


def test_installed_metadata_is_read() -> None:
    found = installed(Interpreter.own())
    assert "pyyaml" in found.providers("yaml")
    assert "pytest" in found.providers("_pytest")
    assert found.brought_by(frozenset({"iniconfig"}), frozenset({"pytest", "click"})) == "pytest"
    assert found.brought_by(frozenset({"numpy"}), frozenset({"click"})) is None
    assert all(re.fullmatch(r"[a-z0-9-]+", name) for name in found.provides)
