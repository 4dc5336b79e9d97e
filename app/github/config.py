"""Which policy judges a pull request in the App: the base's, else the organisation's, else the operator's default.

A file that cannot be used is told about, with line and remedy, and the operator's default judges in its place.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass

from app.github.api import Api
from app.github.errors import DeniedError, MissingError
from app.policy_source import CONFIG_PATHS, DEFAULT, Rules, asked_for, choose_policy
from app.settings import Settings
from gates.change import Snapshot
from gates.policy import Policy, PolicyError, PolicyProblem
from gates.policy_yaml import MAX_BYTES
from gates.presets import parse, preset

# The repository that speaks for an organisation, and the file in it: the same path as in any other.
ORGANISATIONS = ".github"
_PATH = CONFIG_PATHS[0]


@dataclass(frozen=True)
class OrganisationFile:
    """A policy file that GitHub gave us: its text (``None`` where it is no readable text), and why, if it is not."""

    text: str | None
    source: str
    problem: str = ""


def choose(base: Snapshot, organisation: Callable[[], OrganisationFile | None], default: str | None) -> Rules:
    """Return the policy for a change whose base branch's tip is *base*.

    *organisation* is asked only where the base has no policy; what it raises passes through. *default* is the
    operator's (a preset or a file); without one the standard preset advises and nothing blocks.
    """
    try:
        if any(path in base.entries for path in CONFIG_PATHS):
            return Rules(*choose_policy(None, base))
        found = organisation()
        if found is not None:
            return Rules(_parsed(found, "organisation"), found.source)
    except PolicyError as error:
        return _default(default, str(error))
    return _default(default)


def _parsed(found: OrganisationFile, name: str) -> Policy:
    if found.text is None:
        raise PolicyError(found.source, [PolicyProblem(line=None, message=found.problem)])
    return parse(found.text, found.source, name)


def _default(default: str | None, *problems: str) -> Rules:
    if default is not None:
        try:
            policy, source = asked_for(default)
        except PolicyError as error:
            return _default(None, *problems, str(error))
        return Rules(policy, f"the operator's default ({source})", problems)
    return Rules(preset(DEFAULT).model_copy(update={"enforce": False}), "the default, advice only", problems)


def rules_for(settings: Settings, api: Api, repository: str, base: Snapshot) -> Rules:
    """Return the policy for a change to a repository (owner/name) whose base branch's tip is *base*.

    *api* is the installation's; a token for the one repository reads the organisation's file only where that is
    public. Raises ``GitHubError`` where GitHub did not answer: a review by a milder policy would be wrong.
    """
    return choose(base, lambda: organisation_file(api, repository.partition("/")[0]), settings.policy)


def organisation_file(api: Api, owner: str) -> OrganisationFile | None:
    """Return the policy file of an account, ``None`` where it has none that we may read. One call."""
    return _file(api, f"{owner}/{ORGANISATIONS}", _PATH, f"{owner}/{ORGANISATIONS}'s {_PATH}")


def branch_rules(api: Api, repository: str, branch: str) -> Rules:
    """Return the policy that a branch of a repository holds, else the default, without a clone. One call or two.

    A file that cannot be used is told about. Raises ``GitHubError`` where GitHub did not answer.
    """
    try:
        for path in CONFIG_PATHS:
            found = _file(api, repository, path, f"{branch}'s {path}", branch)
            if found is not None:
                return Rules(_parsed(found, "repository"), found.source)
    except PolicyError as error:
        return _default(None, str(error))
    return _default(None)


def _file(api: Api, repository: str, path: str, source: str, ref: str | None = None) -> OrganisationFile | None:
    """Return a file of a repository, ``None`` where it is not there or not for us to see. *ref*: of which commit."""
    try:
        answer = api.get_any(f"/repos/{repository}/contents/{path}", {"ref": ref} if ref else None)
    except (MissingError, DeniedError):
        return None
    if not isinstance(answer, dict) or answer.get("type") != "file":
        return OrganisationFile(None, source, "It is no plain file, so it is not read. Put the policy itself there.")
    if int(answer.get("size") or 0) > MAX_BYTES:
        return OrganisationFile(None, source, f"It is larger than {MAX_BYTES // 1024} KiB; a policy is a page of text.")
    try:
        raw = base64.b64decode(str(answer.get("content") or ""))
        return OrganisationFile(raw.decode("utf-8-sig"), source)
    except (binascii.Error, UnicodeDecodeError):
        return OrganisationFile(None, source, "This is no UTF-8 text.")
