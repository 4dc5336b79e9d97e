"""The ``imports`` gate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from gates.change import Change, MemorySnapshot
from gates.exogenous.imports import GATE, ImportsSettings
from gates.gate import Context
from gates.interpreter import Interpreter
from gates.verdict import Outcome, Severity, Verdict
from gates.workspace import Workspace

PROJECT = {
    "pyproject.toml": '[project]\nname = "x"\nrequires-python = ">=3.9"\ndependencies = ["requests", "PyYAML"]\n'
}


@pytest.fixture(scope="module")
def context() -> Iterator[Context]:
    with Workspace() as workspace:
        own = Interpreter.own()
        # Nothing installed: what is judged must not hang on what this environment happens to hold.
        yield Context(workspace, replace(own, site_packages=()), own)


def judge(
    context: Context, head: Mapping[str, str | bytes], base: Mapping[str, str | bytes] | None = None, **options: Any
) -> Verdict:
    before = PROJECT if base is None else base
    change = Change.between(MemorySnapshot.of(before), MemorySnapshot.of({**before, **head}))
    return GATE.judge([change], ImportsSettings(**options), context)[0]


def rules(verdict: Verdict, severity: Severity = Severity.ERROR) -> list[str]:
    return [f.rule for f in verdict.findings if f.severity is severity]


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        ("import numpy", "undeclared-import"),
        ("from sklearn import svm", "undeclared-import"),
        ("import google.cloud.storage", "undeclared-import"),
        ("from google.cloud import storage", "undeclared-import"),
        ("def f():\n    import numpy", "undeclared-import"),
        ("importlib.import_module('numpy')", "undeclared-import"),
        ("import quantum_sort_utils", "unknown-import"),
        ("from fast_json_magic.core import loads", "unknown-import"),
        ("if TYPE_CHECKING:\n    import quantum_sort_utils", "unknown-import"),
        ("import reqeusts", "look-alike"),
        ("import numpyy", "look-alike"),
        ("from . import missing_one\nfrom .missing_two import x", "missing-module"),
        ("from pkg.gone import x", "missing-module"),
    ],
)
def test_what_does_not_exist_is_rejected(source: str, rule: str, context: Context) -> None:
    verdict = judge(context, {"pkg/__init__.py": "", "pkg/a.py": f"x = 1\n{source}\n"})
    assert verdict.outcome is Outcome.REJECT
    assert rules(verdict) == [rule]
    assert (verdict.findings[0].path, verdict.score) == ("pkg/a.py", 1.0)


@pytest.mark.parametrize(
    "source",
    [
        "import os, sys, asyncio",
        "import requests, yaml",
        "from yaml import safe_load",
        "import requests.adapters",
        "from pkg import a\nimport pkg.sub\nfrom .sub import deep",
        "import helper",
        "import conftest",
        "from __future__ import annotations",
        "import pkg._native",
        "from ._version import version",
    ],
)
def test_what_exists_is_silent(source: str, context: Context) -> None:
    base = {**PROJECT, "pkg/__init__.py": "", "pkg/sub/deep.py": "", "scripts/helper.py": "", "tests/conftest.py": ""}
    verdict = judge(context, {"pkg/a.py": source + "\n"}, base)
    assert (verdict.outcome, verdict.findings) == (Outcome.ACCEPT, ())


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("a.py", "try:\n    import numpy\nexcept ImportError:\n    numpy = None"),
        ("a.py", "try:\n    import quantum_sort_utils\nexcept ImportError:\n    pass"),
        ("a.py", "if TYPE_CHECKING:\n    import numpy"),
        ("tests/test_a.py", "import pytest"),
        ("docs/conf.py", "import sphinx_rtd_theme"),
        ("a.py", "import tomllib"),
    ],
)
def test_what_may_be_missing_is_a_warning(path: str, source: str, context: Context) -> None:
    verdict = judge(context, {path: source + "\n"})
    assert verdict.outcome is Outcome.ACCEPT
    assert len(rules(verdict, Severity.WARNING)) == 1


REPOSITORIES = {
    "a module that a build makes of another language": (
        {"pyproject.toml": '[project]\nname = "fastlib"\n', "Cargo.toml": "", "src/lib.rs": ""},
        {"tests/test_fast.py": "import fastlib\n"},
    ),
    "a package whose directory has another name": (
        {"setup.py": "setup(name='shop', package_dir={'shop': 'lib'})\n", "lib/__init__.py": "", "lib/a.py": ""},
        {"lib/b.py": "import shop.a\nfrom shop import a\n"},
    ),
    "a namespace shared with a declared distribution": (
        {"requirements.txt": "corp-auth\n", "corp/__init__.py": "", "corp/pay.py": ""},
        {"corp/pay.py": "from corp.auth import token\n"},
    ),
    "another build of what a table knows": (
        {"requirements.txt": "pillow-simd\napache-airflow-providers-google\n"},
        {"a.py": "import PIL.Image\nimport airflow.providers.google.cloud\n"},
    ),
    "a stub leans on what checkers always know": (PROJECT, {"a.pyi": "import typing_extensions\n"}),
    "an import that is asked for first": (
        PROJECT,
        {
            "a.py": "if find_spec('numpy') is not None:\n    import numpy\nif 'google.colab' in sys.modules:\n"
            "    from google.colab import drive\n"
        },
    ),
    "a list of extras that code makes": (
        {"setup.py": "E = {}\nE['x'] = ['numpy']\nsetup(install_requires=['flask'], extras_require=E)\n"},
        {"a.py": "import numpy\n"},
    ),
    "requirements as PowerShell writes them": (
        {"requirements.txt": "numpy==1.26\r\n".encode("utf-16")},
        {"a.py": "import numpy\n"},
    ),
}


@pytest.mark.parametrize("name", REPOSITORIES)
def test_honest_changes_of_real_repositories_pass(name: str, context: Context) -> None:
    base, head = REPOSITORIES[name]
    verdict = judge(context, head, base)
    assert (verdict.outcome, rules(verdict)) == (Outcome.ACCEPT, [])


def test_stubs_do_not_provide_what_they_describe(context: Context) -> None:
    verdict = judge(context, {"a.py": "import requests\n"}, {"requirements.txt": "types-requests\n"})
    assert rules(verdict) == ["undeclared-import"]


def test_grammar_newer_than_this_python_hides_no_import(context: Context) -> None:
    source = "import requests\nimport quantum_sort_utils\nx = t'{1}'\ndef f[**P: (int) = ...](): pass\n"
    verdict = judge(context, {"a.py": source})
    assert [(f.rule, f.line) for f in verdict.findings] == [("unknown-import", 2)]


def test_only_new_imports_are_judged(context: Context) -> None:
    base = {**PROJECT, "a.py": "import numpy\nimport quantum_sort_utils\n"}
    assert judge(context, {"a.py": "import quantum_sort_utils\nimport numpy\nimport os\n"}, base).findings == ()


def test_what_the_base_does_elsewhere_is_a_warning(context: Context) -> None:
    base = {**PROJECT, "a.py": "import numpy\nimport acme_private\n"}
    verdict = judge(context, {"b.py": "import numpy\nimport acme_private\n"}, base)
    assert verdict.outcome is Outcome.ACCEPT
    assert rules(verdict, Severity.WARNING) == ["undeclared-import", "unknown-import"]


def test_without_any_declaration_only_unknown_names_reject(context: Context) -> None:
    assert judge(context, {"a.py": "import numpy\n"}, {}).outcome is Outcome.ACCEPT
    assert judge(context, {"a.py": "import quantum_sort_utils\n"}, {}).outcome is Outcome.REJECT


def test_a_dependency_declared_by_the_change_counts_and_is_noted(context: Context) -> None:
    head = {"a.py": "import numpy\n", "requirements.txt": "numpy\n"}
    verdict = judge(context, head)
    assert verdict.outcome is Outcome.ACCEPT
    assert rules(verdict, Severity.NOTE) == ["new-dependency"]


def test_a_new_dependency_that_looks_like_a_popular_one_is_rejected(context: Context) -> None:
    verdict = judge(context, {"requirements.txt": "reqeusts==1\n"})
    assert (verdict.outcome, rules(verdict)) == (Outcome.REJECT, ["look-alike"])
    old = {"requirements.txt": "reqeusts==1\n"}
    assert judge(context, {"requirements.txt": "reqeusts==2\n"}, old).outcome is Outcome.ACCEPT


def test_a_script_may_declare_in_itself(context: Context) -> None:
    script = '# /// script\n# dependencies = ["numpy"]\n# ///\nimport numpy\n'
    assert judge(context, {"tool.py": script}).findings == ()


def test_installed_metadata_says_what_a_distribution_brings(context: Context) -> None:
    with_metadata = replace(context, interpreter=Interpreter.own())
    base = {"requirements.txt": "pytest\n"}
    verdict = judge(with_metadata, {"a.py": "import _pytest.config\nimport iniconfig\n"}, base)
    assert verdict.outcome is Outcome.ACCEPT
    assert [f.message for f in verdict.findings if "pytest needs it" in f.message]


def test_settings_name_what_is_known_and_what_is_left_out(context: Context) -> None:
    head = {"a.py": "import site_specific\n"}
    assert judge(context, head).outcome is Outcome.REJECT
    assert judge(context, head, known=("site_specific",)).outcome is Outcome.ACCEPT
    assert judge(context, head, exclude=("a.py",)).outcome is Outcome.SKIP


def test_files_that_do_not_parse_are_left_to_compile(context: Context) -> None:
    verdict = judge(context, {"a.py": "import (\n", "b.py": b"\xff\0"})
    assert (verdict.outcome, verdict.findings) == (Outcome.ACCEPT, ())


def test_what_does_not_apply_is_skipped(context: Context) -> None:
    assert judge(context, {"readme.md": "import numpy"}).outcome is Outcome.SKIP


def test_a_batch_keeps_its_order(context: Context) -> None:
    base = MemorySnapshot.of({})
    sources = ["import os", "import reqeusts", "import quantum_sort_utils", "x = 1"]
    changes = [Change.between(base, MemorySnapshot.of({"a.py": s})) for s in sources]
    outcomes = [v.outcome.value for v in GATE.judge(changes, ImportsSettings(), context)]
    assert outcomes == ["accept", "reject", "reject", "accept"]


@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    source=st.binary(max_size=80)
    | st.lists(
        st.sampled_from([b"import ", b"from ", b".", b"a", b"os", b"\n", b" ", b"try:", b"(", b"*", b"as "]),
        max_size=14,
    ).map(b"".join),
    declared=st.binary(max_size=60),
)
def test_no_bytes_break_it(source: bytes, declared: bytes, context: Context) -> None:
    verdict = judge(context, {"a.py": source, "requirements.txt": declared, "setup.py": source})
    assert verdict.outcome in (Outcome.ACCEPT, Outcome.REJECT)
