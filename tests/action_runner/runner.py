"""Runs the steps of a composite action in the environment that a runner gives them."""

from __future__ import annotations

import json
import os
import subprocess
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.action_runner.expressions import evaluate, expand
from tests.action_runner.files import pairs
from tests.action_runner.log import Command, Log

Uses = Callable[[Mapping[str, str]], dict[str, str]]
_FILES = {
    "GITHUB_OUTPUT": "set_output",
    "GITHUB_ENV": "set_env",
    "GITHUB_PATH": "add_path",
    "GITHUB_STATE": "save_state",
    "GITHUB_STEP_SUMMARY": "step_summary",
}
SUMMARY_LIMIT = 1024 * 1024
ANNOTATIONS_OF_A_KIND = 10


@dataclass
class Outcome:
    """What is left of an action: its status, outputs, log, each step's page, and how many seconds each took."""

    status: int
    outputs: dict[str, str]
    log: Log
    summary: str
    environment: dict[str, str]
    steps: dict[str, float] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return "\n".join(self.log.lines)

    def annotations(self, kind: str) -> list[Command]:
        """Return the annotations of a kind that GitHub shows: the first ten of the step."""
        return [c for c in self.log.commands if c.name == kind][:ANNOTATIONS_OF_A_KIND]


@dataclass
class Job:
    """A job for one event: a workspace that was checked out, and the runner's own directory."""

    workspace: Path
    temp: Path
    event_name: str
    event: Mapping[str, Any]
    sha: str
    server: Path
    repository: str = "octo/shop"
    ref: str = "refs/heads/main"
    api_url: str = "https://api.invalid"
    token: str = "ghs_not-a-real-token"
    uses: Mapping[str, Uses] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)

    def run(self, action: Path, **inputs: str) -> Outcome:
        """Run the action in *action* with inputs (`fail_on` stands for `fail-on`)."""
        self.temp.mkdir(exist_ok=True, parents=True)
        document = yaml.safe_load((action / "action.yml").read_text("utf-8"))
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        unknown = set(given) - set(document["inputs"])
        assert not unknown, f"action.yml has no input {unknown}"
        contexts = self._contexts(action, document, given)
        outcome = Outcome(0, {}, Log(), "", {})
        for step in document["runs"]["steps"]:
            if outcome.status == 0 and evaluate(step.get("if", "'true'"), contexts) == "true":
                started = time.monotonic()
                self._step(step, contexts, outcome)
                outcome.steps[step["name"]] = time.monotonic() - started
        outcome.outputs = {name: expand(row["value"], contexts) for name, row in document["outputs"].items()}
        return outcome

    def _contexts(self, action: Path, document: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
        contexts: dict[str, Any] = {
            "github": {"token": self.token, "action_path": str(action)},
            "runner": {"os": "Linux", "temp": str(self.temp)},
            "steps": {},
        }
        defaults = {name: expand(str(row.get("default", "")), contexts) for name, row in document["inputs"].items()}
        return {**contexts, "inputs": {**defaults, **given}}

    def _step(self, step: Mapping[str, Any], contexts: dict[str, Any], outcome: Outcome) -> None:
        outputs: dict[str, str] = {}
        if "uses" in step:
            name = step["uses"].partition("@")[0]
            outputs = self.uses[name]({key: expand(str(value), contexts) for key, value in step["with"].items()})
        else:
            outputs = self._script(step, contexts, outcome)
        if "id" in step:
            contexts["steps"][step["id"]] = {"outputs": outputs}

    def _script(self, step: Mapping[str, Any], contexts: Mapping[str, Any], outcome: Outcome) -> dict[str, str]:
        assert step["shell"] == "bash"
        assert "${{" not in step["run"], "inputs reach scripts through env only"
        files = self._files()
        environment = {
            **self._environment(),
            **outcome.environment,
            **{name: str(path) for name, path in files.items()},
            **{name: expand(str(value), contexts) for name, value in step.get("env", {}).items()},
        }
        script = self.temp / f"{uuid.uuid4()}.sh"
        script.write_text(step["run"])
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.workspace,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=280,
        )
        script.unlink()
        outcome.status = done.returncode
        said = outcome.log.read(done.stdout.decode("utf-8", "replace"))
        outcome.environment |= pairs(files["GITHUB_ENV"])
        assert not files["GITHUB_PATH"].read_text(), "PATH is the repository's"
        page = files["GITHUB_STEP_SUMMARY"].read_bytes()
        assert len(page) < SUMMARY_LIMIT, "GitHub drops a page of this size"
        outcome.summary += page.decode("utf-8")
        forged = {c.properties.get("name", ""): c.data for c in said if c.name == "set-output"}
        return {**forged, **pairs(files["GITHUB_OUTPUT"])}

    def _files(self) -> dict[str, Path]:
        directory = self.temp / "_runner_file_commands"
        directory.mkdir(exist_ok=True)
        files = {name: directory / f"{prefix}_{uuid.uuid4()}" for name, prefix in _FILES.items()}
        for path in files.values():
            path.touch()
        return files

    def _environment(self) -> dict[str, str]:
        event = self.temp / "event.json"
        event.write_text(json.dumps(self.event))
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.temp),
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": self.event_name,
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_REPOSITORY": self.repository,
            "GITHUB_SHA": self.sha,
            "GITHUB_REF": self.ref,
            "GITHUB_SERVER_URL": self.server.as_uri(),
            "GITHUB_API_URL": self.api_url,
            "RUNNER_OS": "Linux",
            "RUNNER_TEMP": str(self.temp),
            "RUNNER_ENVIRONMENT": "github-hosted",
            **self.variables,
        }
