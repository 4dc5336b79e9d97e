"""The promises of the design, each attacked through the command that people use."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Repo

ROOT = Path(__file__).parents[2]
CODE = "def double(x):\n    return 2 * x\n"
WRONG = "def double(x):\n    return 3 * x\n"
TEST = """from calc import double


def test_double():
    assert double(2) == 4


def test_zero():
    assert double(0) == 0
"""


@pytest.fixture
def calc(repo: Repo) -> Repo:
    repo.commit({"calc.py": CODE, "tests/test_calc.py": TEST, ".github/exogate.yml": "policy: standard\n"})
    repo.branch("work")
    return repo


def _review(repo: Repo, tmp_path: Path, *args: str, **env: str) -> dict[str, Any]:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "EXOGATE_CACHE_DIR": str(tmp_path / "cache"),
        "EXOGATE_PYTHON": sys.executable,
        "PYTHONPATH": str(ROOT),
        **env,
    }
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "app.cli",
            "review",
            "--repo",
            str(repo.path),
            "--base",
            "main",
            "--head",
            "work",
            "--format",
            "json",
            *args,
        ],
        capture_output=True,
        env=environment,
        cwd=tmp_path,
        check=False,
        timeout=280,
    )
    assert done.returncode in (0, 1, 3), done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    assert {0: "accept", 1: "reject", 3: "error"}[done.returncode] == report["decision"]
    return report


def _outcomes(report: dict[str, Any]) -> dict[str, str]:
    return {verdict["gate"]: verdict["outcome"] for verdict in report["verdicts"]}


def _rules(report: dict[str, Any], gate: str) -> set[str]:
    return {f["rule"] for verdict in report["verdicts"] if verdict["gate"] == gate for f in verdict["findings"]}


def test_the_wrong_code_is_rejected_to_begin_with(calc: Repo, tmp_path: Path) -> None:
    calc.commit({"calc.py": WRONG})
    assert _outcomes(_review(calc, tmp_path))["base-tests"] == "reject"


# 1. A change cannot choose its judge.

TRICKS = {
    "a policy of its own": {".github/exogate.yml": "policy: none\n"},
    "a conftest that empties the collection": {
        "conftest.py": "def pytest_collection_modifyitems(items):\n    items.clear()\n"
    },
    "a conftest in the tests that passes everything": {
        "tests/conftest.py": "import pytest\n\n\n@pytest.hookimpl(hookwrapper=True)\ndef pytest_runtest_makereport():\n"
        "    outcome = yield\n    outcome.get_result().outcome = 'passed'\n"
    },
    "runner settings that deselect": {"pytest.ini": "[pytest]\naddopts = --deselect tests/test_calc.py::test_double\n"},
    "runner settings that look elsewhere": {"pyproject.toml": "[tool.pytest.ini_options]\ntestpaths = ['none']\n"},
    "a plug-in of its own": {
        "setup.cfg": "[tool:pytest]\naddopts = -p helper\n",
        "helper.py": "def pytest_runtest_logreport(report):\n    report.outcome = 'passed'\n",
    },
    "start-up code": {
        "sitecustomize.py": "import os\nos._exit(0)\n",
        "usercustomize.py": "import os\nos._exit(0)\n",
    },
    "a pytest of its own": {"pytest.py": "def main(*a, **k):\n    return 0\n", "_pytest/__init__.py": ""},
    "its tests deleted": {"tests/test_calc.py": None},
    "its tests rewritten": {"tests/test_calc.py": TEST.replace("== 4", "== 6")},
    "its tests skipped": {"tests/test_calc.py": "import pytest\npytestmark = pytest.mark.skip\n" + TEST},
}


@pytest.mark.parametrize("trick", TRICKS)
def test_no_file_of_the_change_saves_wrong_code(calc: Repo, tmp_path: Path, trick: str) -> None:
    calc.commit({"calc.py": WRONG, **TRICKS[trick]})
    report = _review(calc, tmp_path, "--gates", "base-tests")
    assert report["decision"] == "reject", report["verdicts"]


LINT_TRICKS = {
    "pylintrc": {".pylintrc": "[MESSAGES CONTROL]\ndisable=all\n"},
    "pyproject": {
        "pyproject.toml": "[tool.pylint.'messages control']\ndisable = ['all']\n[tool.mypy]\nignore_errors = true\n"
    },
    "mypy.ini": {"mypy.ini": "[mypy]\nignore_errors = True\n"},
    "setup.cfg": {"setup.cfg": "[mypy]\nignore_errors = True\n[pylint]\ndisable = all\n"},
}


@pytest.mark.parametrize("trick", LINT_TRICKS)
def test_the_changes_own_tool_settings_do_not_count(calc: Repo, tmp_path: Path, trick: str) -> None:
    bad = "def f(x: int) -> int:\n    return 'no'\n\n\ndef g():\n    return undefined_name\n"
    calc.commit({"more.py": bad, **LINT_TRICKS[trick]})
    report = _review(calc, tmp_path, "--gates", "lint,types")
    assert _outcomes(report) == {"lint": "reject", "types": "reject"}, report["verdicts"]
    assert "undefined-variable" in _rules(report, "lint")


@pytest.mark.parametrize(
    "comment",
    [
        "# pylint: disable=all\ndef g():\n    return undefined_name\n",
        "# pylint: skip-file\ndef g():\n    return undefined_name\n",
        "def g():\n    return undefined_name  # pylint: disable=undefined-variable\n",
    ],
)
def test_switching_the_linter_off_in_a_comment_does_not_help(calc: Repo, tmp_path: Path, comment: str) -> None:
    calc.commit({"more.py": comment})
    assert _outcomes(_review(calc, tmp_path, "--gates", "lint"))["lint"] == "reject"


def test_the_edit_of_the_policy_is_said(calc: Repo, tmp_path: Path) -> None:
    calc.commit({"more.py": "x = 1\n", ".github/exogate.yml": "policy: none\n"})
    report = _review(calc, tmp_path, "--gates", "compile")
    assert any("exogate.yml" in note for note in report["notes"])


# 2. A change is judged by tests it did not write; its own must fail without it.


def test_tests_that_pass_without_the_change_prove_nothing(calc: Repo, tmp_path: Path) -> None:
    calc.commit(
        {
            "more.py": "def triple(x):\n    return 3 * x\n",
            "tests/test_more.py": "def test_it():\n    assert 1 + 1 == 2\n",
        }
    )
    assert _outcomes(_review(calc, tmp_path, "--gates", "own-tests"))["own-tests"] == "reject"


def test_tests_that_fail_without_the_change_are_taken(calc: Repo, tmp_path: Path) -> None:
    own = "from more import triple\n\n\ndef test_triple():\n    assert triple(2) == 6\n"
    calc.commit({"more.py": "def triple(x):\n    return 3 * x\n", "tests/test_more.py": own})
    report = _review(calc, tmp_path)
    assert report["decision"] == "accept", report["verdicts"]


# 3. Weakened tests are seen.


@pytest.mark.parametrize("trick", ["its tests deleted", "its tests rewritten", "its tests skipped"])
def test_weakened_tests_are_seen(calc: Repo, tmp_path: Path, trick: str) -> None:
    calc.commit({"calc.py": WRONG, **TRICKS[trick]})
    assert _outcomes(_review(calc, tmp_path, "--gates", "tampering"))["tampering"] == "reject"


# 4. Untrusted code never runs beside a secret.

_SPY = """
import os, pathlib, socket

found = dict(os.environ)
for path in ({home!r} + "/.secret", "/etc/shadow", "/proc/1/environ"):
    try:
        found[path] = pathlib.Path(path).read_text(errors="replace")
    except OSError as error:
        found[path] = type(error).__name__
try:
    socket.create_connection(("127.0.0.1", {port}), timeout=1)
    found["network"] = "rea" + "ched"
except OSError as error:
    found["network"] = type(error).__name__


def test_tell():
    raise AssertionError(str(found))


def helper():
    raise RuntimeError(str(found))
"""


def test_judged_code_sees_no_secret_and_no_network(calc: Repo, tmp_path: Path) -> None:
    import socket

    (tmp_path / ".secret").write_text("canary-in-a-file")
    with socket.create_server(("127.0.0.1", 0)) as server:
        spy = _SPY.format(home=str(tmp_path), port=server.getsockname()[1])
        calc.commit({"tests/test_spy.py": spy, "calc.py": spy + CODE})
        report = json.dumps(_review(calc, tmp_path, GITHUB_TOKEN="canary-in-the-environment"))
        server.settimeout(0.2)
        with pytest.raises(TimeoutError):
            server.accept()
    assert "canary" not in report
    assert "reached" not in report


def test_nothing_of_the_host_is_written(calc: Repo, tmp_path: Path) -> None:
    target = tmp_path / "written"
    writer = f"import pathlib\n\ntry:\n    pathlib.Path({str(target)!r}).write_text('x')\nexcept OSError:\n    pass\n"
    calc.commit({"calc.py": writer + CODE})
    before = calc.git("status", "--porcelain", "--ignored")
    _review(calc, tmp_path)
    assert not target.exists()
    assert calc.git("status", "--porcelain", "--ignored") == before


# 5. A model's opinion never blocks alone: see the policies' tests.


# Bad input never counts as accepted.


@pytest.mark.parametrize(
    "content",
    [
        b"\0",
        b"def f(:\n",
        b"(" * 5000,
        b"# coding: nonsense\n",
        b"x = '\xff\xfe'\n",
        b"x = " + b"9" * 10_000,
        b"\xff\xfe\x00",
    ],
    ids=["null", "syntax", "nesting", "coding", "bytes", "literal", "utf16"],
)
def test_hostile_source_is_judged_and_not_accepted(calc: Repo, tmp_path: Path, content: bytes) -> None:
    calc.commit({"calc.py": content})
    report = _review(calc, tmp_path)
    assert report["decision"] == "reject"
    assert "The gate failed" not in json.dumps(report)


def test_hostile_names_reach_no_terminal(calc: Repo, tmp_path: Path) -> None:
    name = "evil\x1b]0;owned\x07\n::error::forged\u202e.py"
    calc.commit({name: "def f(:\n"})
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PYTHONPATH": str(ROOT),
        "EXOGATE_PYTHON": sys.executable,
    }
    for form in ("terminal", "markdown"):
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "app.cli",
                "review",
                "--repo",
                str(calc.path),
                "--base",
                "main",
                "--head",
                "work",
                "--gates",
                "compile",
                "--format",
                form,
            ],
            capture_output=True,
            env=environment,
            check=False,
        )
        assert done.returncode == 1
        assert b"\x1b]0" not in done.stdout
        assert "\u202e".encode() not in done.stdout
        assert not any(line.startswith(b"::error") for line in done.stdout.splitlines())
