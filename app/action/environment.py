"""What the runner says of itself and of the job, taken out of the process's own environment."""

from __future__ import annotations

import json
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.action.inputs import PREFIX, InputError
from app.reporting.evidence_link import VARIABLE, dashboard_of

# What Exogate's own process need not keep: with it, whoever reads this environment could speak for the job.
_HIDDEN = ("GITHUB_", "ACTIONS_", "RUNNER_", "INPUT_", PREFIX)
_HIDDEN_NAMES = frozenset({"GH_TOKEN", "GH_ENTERPRISE_TOKEN"})
_LARGEST_EVENT = 64 * 1024 * 1024


class Environment(BaseModel):
    """A runner's default variables, as far as the Action needs them.

    ``public_url`` is the operator's: where the dashboard is, if there is one.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    @property
    def dashboard(self) -> str | None:
        """The dashboard's address, where a usable one is named."""
        return dashboard_of({VARIABLE: self.public_url})

    event_name: str = Field(alias="GITHUB_EVENT_NAME", min_length=1)
    event_path: Path = Field(alias="GITHUB_EVENT_PATH")
    workspace: Path = Field(alias="GITHUB_WORKSPACE")
    temp: Path = Field(alias="RUNNER_TEMP")
    repository: str = Field(alias="GITHUB_REPOSITORY", pattern=r"^[\w.-]+/[\w.-]+$")
    sha: str = Field(alias="GITHUB_SHA", pattern=r"^(?:[0-9a-f]{40}|[0-9a-f]{64})$")
    ref: str = Field(default="", alias="GITHUB_REF")
    server_url: str = Field("https://github.com", alias="GITHUB_SERVER_URL")
    api_url: str = Field("https://api.github.com", alias="GITHUB_API_URL")
    output: Path | None = Field(default=None, alias="GITHUB_OUTPUT")
    public_url: str = Field(default="", alias="EXOGATE_PUBLIC_URL")
    step_summary: Path | None = Field(default=None, alias="GITHUB_STEP_SUMMARY")


def read_environment(variables: Mapping[str, str]) -> Environment:
    """Return what the runner set. Raises ``InputError`` where this is no job of GitHub Actions."""
    try:
        return Environment.model_validate({name: value for name, value in variables.items() if value})
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(
            f"The variable {first['loc'][0]} is missing or unusable ({first['msg']}): `exogate action` is for jobs of "
            "GitHub Actions. Anywhere else, use `exogate review`."
        ) from None


def read_event(path: Path) -> dict[str, Any]:
    """Return the event's payload. Raises ``InputError``."""
    try:
        with path.open("rb") as handle:
            payload = json.loads(handle.read(_LARGEST_EVENT))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"GITHUB_EVENT_PATH: {path} holds no event that can be read ({error}).") from error
    if not isinstance(payload, dict):
        raise InputError(f"GITHUB_EVENT_PATH: {path} holds no JSON object.")
    return payload


def forget(variables: MutableMapping[str, str]) -> None:
    """Remove the job's files, tokens and inputs from an environment: no child process is to inherit them."""
    for name in list(variables):
        if name.startswith(_HIDDEN) or name in _HIDDEN_NAMES:
            del variables[name]
