"""Dependency files are read as data, and nothing in them chooses where packages come from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.prepare.requirements import Needs, needs_of
from gates.change import MemorySnapshot


def needs(files: dict[str, str]) -> Needs:
    return needs_of(MemorySnapshot({name: text.encode() for name, text in files.items()}))


def test_requirements_files_and_what_they_include() -> None:
    found = needs(
        {
            "requirements.txt": "-r requirements/base.in\n# a remark\nrequests >= 2 ; python_version > '3.8'  # why\n",
            "requirements/base.in": "attrs==24.1 \\\n  --hash=sha256:abc\n",
            "requirements-dev.txt": "-r requirements.txt\nhypothesis\n",
            "docs/requirements.txt": "sphinx\n",
        }
    )
    assert found.requirements == ("attrs==24.1", "hypothesis", 'requests>=2; python_version > "3.8"')
    assert found.files == ("requirements-dev.txt", "requirements.txt", "requirements/base.in")
    assert found.notes == ()


def test_the_tables_of_pyproject() -> None:
    found = needs(
        {
            "pyproject.toml": """
            [project]
            name = "My.Shop"
            dependencies = ["attrs"]
            optional-dependencies = {test = ["pytest>=8", "my-shop[extra]"], docs = ["sphinx"], extra = ["rich"]}
            [dependency-groups]
            dev = [{include-group = "lint"}, "coverage"]
            lint = ["ruff", {include-group = "dev"}]
            """
        }
    )
    assert found.requirements == ("attrs", "coverage", "pytest>=8", "ruff")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("--index-url https://evil.example/simple", "--index-url"),
        ("--extra-index-url=https://evil.example/simple", "--extra-index-url"),
        ("-f https://evil.example", "-f"),
        ("-e .", "-e"),
        ("git+https://evil.example/x.git", "no requirement"),
        ("x @ https://evil.example/x.whl", "taken from a link"),
        ("./vendored", "no requirement"),
        ("-r ../../etc/passwd", "not there"),
    ],
)
def test_what_leads_elsewhere_is_passed_over_and_told(line: str, told: str) -> None:
    found = needs({"requirements.txt": f"attrs\n{line}\n"})
    assert found.requirements == ("attrs",)
    assert told in " ".join(found.notes)


def test_files_that_are_not_read_are_named() -> None:
    assert "setup.py is not read" in " ".join(needs({"setup.py": "raise SystemExit"}).notes)
    assert needs({"setup.py": "", "requirements.txt": "attrs"}).notes == ()
    assert "no TOML" in " ".join(needs({"pyproject.toml": "["}).notes)
    assert needs({"pyproject.toml": "[project]\ndependencies = 7\n"}).requirements == ()
    assert needs({"a.py": "x"}) == needs_of(MemorySnapshot({}))


@given(st.text(max_size=200))
def test_any_text_is_read_and_no_option_comes_through(text: str) -> None:
    for files in ({"requirements.txt": text}, {"pyproject.toml": text}):
        encoded = {name: content.encode("utf-8", "surrogatepass") for name, content in files.items()}
        for requirement in needs_of(MemorySnapshot(encoded)).requirements:
            assert not requirement.startswith("-")
            assert "\n" not in requirement and "://" not in requirement
