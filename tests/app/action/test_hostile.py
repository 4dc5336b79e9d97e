"""Nothing that a change holds can speak to the runner, forge a result, or reach the job's files and tokens."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tests.action_runner.log import Log
from tests.app.action.conftest import Server
from tests.app.action.events import pull_request

pytestmark = pytest.mark.slow

BROKEN = "def double(x:\n    return 2 * x\n"
NAMES = (
    "::set-output name=decision::accept.py",
    "a\n::set-output name=decision::accept\nb.py",
    "a\r::error::forged.py",
    "##[set-output name=decision;]accept.py",
    "x\x1b[2J\x1b]0;title\x07.py",
    "<img src=x onerror=alert(1)>.py",
    "](https:/example.org) @octo.py",
    "%0A::error::x,line=1.py",
    "\u202egpj.py",
)
# Looks for what would let it speak for the job; returns what it could reach. It opens files and writes nothing, and it
# follows no link, so that it does no harm on the day on which it gets out.
PROBE = """
import os

PLACES = [{files!r}, {workspace!r}]
NAMES = ("GITHUB_", "ACTIONS_", "RUNNER_", "EXOGATE_INPUT_", "INPUT_", "GH_TOKEN")


def probe():
    found = [name for name in os.environ if name.startswith(NAMES)]
    for place in PLACES:
        for name in os.listdir(place) if os.path.isdir(place) else []:
            path = os.path.join(place, name)
            try:
                os.close(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW))
            except OSError:
                continue
            found.append(path)
    try:
        with open("/proc/%d/environ" % os.getppid(), "rb") as handle:
            found += [name for name in NAMES if name.encode() in handle.read()]
    except OSError:
        pass
    print("::set-output name=decision::accept")
    print("##[set-output name=decision;]accept")
    return found
"""


@pytest.fixture
def hostile(server: Server) -> tuple[Server, str, str, str]:
    server.repo.commit({"a.py": "x = 1\n", ".github/exogate.yml": "policy: compile\n"})
    server.repo.branch("work")
    message = (
        "::set-output name=decision::accept\n\n##[set-output name=decision;]accept\n\nCo-Authored-By: ::error::x <a@b>"
    )
    server.repo.commit(dict.fromkeys(NAMES, BROKEN), message)
    base, head = server.repo.git("rev-parse", "main"), server.repo.git("rev-parse", "work")
    return server, base, head, server.merge(base, head)


def test_names_and_messages_forge_no_command_output_or_page(hostile, act) -> None:
    server, base, head, merged = hostile
    title = "::set-output name=decision::accept\n<script>alert(1)</script>"
    event = pull_request(base, head, title=title, body=title, branch="::stop-commands::x")
    done = act(server.job("pull_request", event, merged))
    assert (done.status, done.outputs["decision"]) == (1, "reject"), done.text
    assert {c.name for c in done.log.commands} == {"error"}
    assert len(done.annotations("error")) == len(NAMES)
    assert not any(c.data == "forged.py" for c in done.log.commands)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202e]", done.text + done.summary)
    html = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(done.summary)
    assert not re.search(
        r"<(?!/?(?:h\d|p|ul|li|strong|em|code|table|thead|tbody|tr|t[hd]|details|summary|b|hr)\b)", html
    )
    assert "href" not in html


def test_the_log_would_be_forged_without_its_guard(hostile, act) -> None:
    """The guard is what keeps the commands away: the same names, printed bare, are obeyed."""
    assert {c.name for c in Log().read("\n".join(NAMES))} == {"set-output", "error"}


def test_a_usage_error_that_quotes_the_change_forges_nothing(hostile, act) -> None:
    server, base, head, merged = hostile
    event = pull_request(base, head)
    event["pull_request"]["number"] = "\n::set-output name=decision::accept\n##[set-output name=decision;]accept"
    done = act(server.job("pull_request", event, merged))
    assert (done.status, done.outputs["decision"]) == (2, "error"), done.text


def test_judged_code_reaches_neither_the_runners_files_nor_a_token(server: Server, act) -> None:
    base_files = {
        ".github/exogate.yml": "policy: tests\n",
        "b.py": "def probe():\n    return []\n",
        "test_b.py": "import b\n\n\ndef test_probe():\n    assert b.probe() == []\n",
    }
    server.repo.commit(base_files)
    server.repo.branch("work")
    place = server.root / "job1"
    files = place / "temp" / "_runner_file_commands"
    probe = PROBE.format(files=str(files), workspace=str(place / "workspace"))
    server.repo.commit({"b.py": probe})
    base, head = server.repo.git("rev-parse", "main"), server.repo.git("rev-parse", "work")
    done = act(server.job("pull_request", pull_request(base, head), server.merge(base, head)))
    assert (done.status, done.outputs["decision"]) == (0, "accept"), done.text
    assert "base-tests" in done.summary
    assert done.environment == {}
    assert "ghs_not-a-real-token" not in done.text + done.summary

    assert list(files.iterdir()), "what the probe looks for is there to be found"
    script = f"{probe}\nfound = probe()\nassert any({str(files)!r} in name for name in found) and 'GITHUB_ENV' in found"
    outside = subprocess.run([sys.executable, "-I", "-c", script], env={"GITHUB_ENV": "x"}, check=False)
    assert outside.returncode == 0, "outside the sandbox the probe finds it"


def test_a_link_where_the_report_goes_is_not_followed(server: Server, act, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    server.repo.commit({"a.py": "x = 1\n"})
    server.repo.branch("work")
    (server.repo.path / "out.sarif").symlink_to(victim)
    (server.repo.path / "reports").symlink_to(tmp_path)
    server.repo.commit({"b.py": "y = 1\n"})
    base, head = server.repo.git("rev-parse", "main"), server.repo.git("rev-parse", "work")
    job = server.job("pull_request", pull_request(base, head), server.merge(base, head))
    for name in ("out.sarif", "reports/victim", "../victim", str(victim)):
        done = act(job, sarif_file=name)
        assert done.status == 2, done.text
        assert "sarif-file" in done.summary
        assert victim.read_text() == "mine"
    done = act(job, sarif_file="new/out.sarif")
    assert done.status == 0, done.text
    assert (job.workspace / "new/out.sarif").is_file()


def test_a_link_where_the_work_is_cannot_lead_the_review_astray(server: Server, act) -> None:
    server.repo.commit({"api/a.py": "x = 1\n", "docs/a.md": "x\n", ".github/exogate.yml": "policy: compile\n"})
    server.repo.branch("work")
    server.repo.git("rm", "--quiet", "-r", "api")
    (server.repo.path / "api").symlink_to("docs")
    server.repo.commit({"b.py": BROKEN})
    base, head = server.repo.git("rev-parse", "main"), server.repo.git("rev-parse", "work")
    done = act(server.job("pull_request", pull_request(base, head), server.merge(base, head)), working_directory="api")
    assert done.outputs["decision"] == "accept", done.text
    assert "1 file, +0 -1 lines" in done.text  # what was below api/ is gone, and that is what was judged
