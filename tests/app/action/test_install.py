"""The installation for real, once: into an environment of its own, in a repository that tries to be in the way."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.app.action.conftest import Server, missed
from tests.app.action.events import pull_request

POLICY = "gates: {compile: block, lint: block}\n"
TRAP = "raise SystemExit('the repository was imported')\n"
GOOD = '''"""Double."""


def double(number: int) -> int:
    """Return it twice."""
    return 2 * number
'''
# Tools read these where they start; the installation starts elsewhere.
CONFIGURATION = {
    "uv.toml": 'index-url = "https://index.invalid/simple"\n',
    "pip.conf": "[global]\nindex-url = https://index.invalid/simple\n",
    "sitecustomize.py": TRAP,
}


@pytest.mark.slow
@pytest.mark.network
@pytest.mark.timeout(600)
def test_cold_and_then_warm(server: Server, act) -> None:
    files = {f"{name}/__init__.py": TRAP for name in ("app", "gates", "webhooks", "pip", "venv", "pydantic")}
    server.repo.commit({**files, **CONFIGURATION, ".github/exogate.yml": POLICY, "a.py": "X = 1\n"})
    server.repo.branch("work")
    server.repo.commit({"b.py": GOOD})
    base, head = server.repo.git("rev-parse", "main"), server.repo.git("rev-parse", "work")
    event = pull_request(base, head)
    index = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_")) or "PROXY" in name}
    kept_nothing = {"actions/cache": missed}
    job = server.job("pull_request", event, server.merge(base, head), uses=kept_nothing, variables=index)
    done = act(job, working_directory=".")
    if done.status and "NewConnectionError" in done.text:
        pytest.skip("there is no package index to install from")
    assert (done.status, done.outputs["decision"]) == (0, "accept"), done.text
    assert "was installed" in done.text
    report = json.loads(Path(done.outputs["review-json"]).read_text())
    assert {verdict["gate"] for verdict in report["verdicts"] if verdict["outcome"] == "accept"} >= {"compile", "lint"}
    (python,) = (job.temp / "exogate").glob("*/venv/bin/python")
    shown = subprocess.run(
        [python, "-I", "-c", "import app, importlib.util as u; print(app.__file__); print(u.find_spec('torch'))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    assert Path(shown[0]).is_relative_to(job.temp)
    assert shown[1] == "None"
    assert "is here already" in act(job).text
    shutil.rmtree(job.temp / "exogate")  # too large to be kept with pytest's temporary files
