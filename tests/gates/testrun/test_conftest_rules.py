from __future__ import annotations

import pytest

from gates.testrun.conftest_rules import bound_names, objection

BASE = '"""Shared."""\nimport pytest\n\nSIZE = 3\n\n\n@pytest.fixture\ndef box():\n    return [SIZE]\n'
ADDITIONS = [
    "",
    "\n\n@pytest.fixture\ndef bag():\n    return {}\n",
    "\n\n@pytest.fixture(scope='module', params=[1, 2])\ndef bag(request):\n    yield request.param\n",
    "\n\n@pytest.fixture(autouse=False, name='sack')\nasync def bag(size=SIZE):\n    return size\n",
    "\n\ndef helper(x):\n    return x\n\n\nMORE = (1, -2, {'a': [SIZE]})\n",
    "\n\nimport os\nfrom pathlib import Path\n",
    "\n\nLIMIT: int = 4\n",
]
MORE_THAN_ADDITIONS = {
    "def pytest_runtest_makereport(item, call):\n    pass\n": "pytest obeys",
    "from evil import hook as pytest_runtest_call\n": "pytest obeys",
    "pytest_plugins = ['evil']\n": "pytest obeys",
    "from evil import *\n": "imports everything",
    "@pytest.fixture(autouse=True)\ndef bag():\n    pass\n": "autouse",
    "@pytest.fixture(autouse=SIZE)\ndef bag():\n    pass\n": "autouse",
    "@pytest.fixture(**{'autouse': True})\ndef bag():\n    pass\n": "cannot be read",
    "@pytest.fixture(name='box')\ndef bag():\n    pass\n": "another name",
    "@pytest.fixture\ndef box():\n    return []\n": "another meaning",
    "@pytest.fixture\ndef tmp_path():\n    return None\n": "another meaning",
    "@pytest.fixture\ndef elsewhere():\n    return None\n": "another meaning",
    "SIZE = 4\n": "another meaning",
    "@pytest.hookimpl\ndef bag():\n    pass\n": "not pytest.fixture",
    "pytest.raises = None\n": "runs code",
    "X = open('y')\n": "runs code",
    "X = [print(i) for i in 'ab']\n": "runs code",
    "if True:\n    import evil\n": "runs code",
    "print('loaded')\n": "runs code",
    "def helper(x=print()):\n    pass\n": "runs code",
    "class Plugin:\n    pass\n": "runs code",
    "SIZE += 1\n": "another meaning",
    "def broken(:\n": "no valid Python",
    "x = '\\0'\0\n": "null byte",
}


@pytest.mark.parametrize("text", ADDITIONS)
def test_additions_are_accepted(text: str) -> None:
    assert objection(BASE.encode(), (BASE + text).encode()) is None
    assert (
        objection(BASE.encode(), (BASE.replace("import pytest", "import sys\nimport pytest") + text).encode()) is None
    )


def test_formatting_and_docstrings_are_no_change() -> None:
    other = BASE.replace('"""Shared."""', '"""All else."""').replace("SIZE = 3", "SIZE   =  3  # three")
    assert objection(BASE.encode(), other.encode()) is None


@pytest.mark.parametrize("text", MORE_THAN_ADDITIONS)
def test_what_does_more_is_refused(text: str) -> None:
    found = objection(BASE.encode(), (BASE + "\n\n" + text).encode(), taken=["elsewhere"])
    assert found is not None
    assert MORE_THAN_ADDITIONS[text] in found[1]


@pytest.mark.parametrize(
    "text",
    [
        BASE.replace("SIZE = 3", "SIZE = 4"),
        BASE.replace("SIZE = 3\n", ""),
        BASE.replace("return [SIZE]", "return []"),
        "",
    ],
)
def test_what_takes_away_or_changes_is_refused(text: str) -> None:
    found = objection(BASE.encode(), text.encode())
    assert found is not None and "removes, changes or reorders" in found[1]


def test_a_new_file_is_an_addition_to_nothing() -> None:
    assert objection(None, BASE.encode()) is None
    assert objection(None, b"def pytest_configure(): pass\n") == (1, "it adds pytest_configure, which pytest obeys")


def test_a_base_that_cannot_be_read_is_not_added_to() -> None:
    assert objection(b"def (", BASE.encode()) == (None, "the base's cannot be parsed")


def test_the_names_that_a_module_binds() -> None:
    text = b"import os.path\nfrom a import b as c\nx, (y, *z) = 1, (2, 3)\nw: int = 1\ndef f(): pass\nclass G: pass\n"
    assert bound_names(text) == {"os", "c", "x", "y", "z", "w", "f", "G"}
    assert bound_names(b"def (") == frozenset()
