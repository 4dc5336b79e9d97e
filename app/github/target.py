"""Which pull request, and who we are there."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.github.api import Api
from app.github.errors import DeniedError, GitHubError

# What the token of a workflow acts as, on github.com and on GitHub Enterprise Server.
ACTIONS_BOT = "github-actions[bot]"
_INSTALLATION_TOKEN = "ghs_"  # noqa: S105 - the start by which GitHub marks them


@dataclass(frozen=True)
class Target:
    """A pull request: ``repository`` as owner/name, its number, the API's address and a token for it.

    ``login`` is the account that the token acts as; found out where it is not given. Nothing prints the token.
    """

    repository: str
    number: int
    api_url: str
    token: str = field(repr=False)
    login: str | None = None

    @property
    def issue_path(self) -> str:
        """The path of the issue that the pull request is."""
        return f"/repos/{self.repository}/issues/{self.number}"


def own_login(api: Api, target: Target) -> str:
    """Return the account that the token acts as. Raises ``GitHubError``.

    REST tells it to a person's token only; GraphQL also to an installation's. Where neither does, it is taken for
    a workflow's own token. An App may say it in ``Target.login``.
    """
    if api.login is None:
        api.login = target.login or _asked(api, target)
    return api.login


def _asked(api: Api, target: Target) -> str:
    if not target.token.startswith(_INSTALLATION_TOKEN):
        try:
            return str(api.get("/user")["login"])
        except (DeniedError, KeyError):
            pass
    try:
        return api.viewer()
    except GitHubError:
        return ACTIONS_BOT
