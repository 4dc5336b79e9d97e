"""Who is looking, and what they may see and change. GitHub is asked, and its answer is good for a minute."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from flask import g, request
from flask import session as current

from app.dashboard import rights
from app.dashboard.local import LocalDoor
from app.dashboard.rights import Rights
from app.dashboard.services import OPERATOR, SignedOutError, UnavailableError, Viewer
from app.dashboard.session import RIGHTS, Session
from app.dashboard.session_vault import Vault
from app.github.api import Api, Patience
from app.github.app_auth import Installations
from app.github.errors import ExpiredError, GitHubError
from app.github.reviews import permission
from app.reviewers import MAY_WRITE
from app.settings import Settings

# For how long an answer of GitHub's is good, in seconds.
GOOD_FOR = 60
LOCAL, GITHUB = "local", "github"


class LocalViewer:
    """Whoever runs Exogate, on its own machine."""

    login = OPERATOR

    def readable(self) -> None:
        """Return that everything may be read."""

    def may_write(self, repository_id: int, repository: str) -> bool:
        """Whether this person may write; whoever runs Exogate may say what it says."""
        return True

    def installation(self, repository_id: int) -> None:
        """Return nothing: GitHub was not asked."""


@dataclass(frozen=True)
class GitHubViewer:
    """Somebody who signed in with GitHub. ``number`` opens what is kept of this session."""

    id: int
    login: str
    number: str
    token: str = field(repr=False)
    access: GitHubAccess = field(repr=False)

    def readable(self) -> frozenset[int]:
        """Return the repositories that GitHub lets this person read, of those that the App is installed on."""
        return frozenset(self._rights().reach)

    def may_write(self, repository_id: int, repository: str) -> bool:
        """Whether GitHub says so twice: of the person by their own token, and of the account to the App.

        It goes by the repository's number; a name may be another's by now.
        """
        reach = self._rights().reach.get(repository_id)
        if reach is None or not reach.push:
            return False
        part = f"{RIGHTS}-{repository_id}"
        known = self.access.vault.read(self.number, part)
        if known is None:
            known = {"write": self.access.permission(reach.installation, reach.name, self.login) in MAY_WRITE}
            self.access.vault.write(self.number, part, known, GOOD_FOR)
        return known.get("write") is True

    def installation(self, repository_id: int) -> int | None:
        """Return the installation that GitHub named for a repository."""
        reach = self._rights().reach.get(repository_id)
        return None if reach is None else reach.installation

    def _rights(self) -> Rights:
        if "rights" not in g:
            g.rights = self._known() or self._asked()
        found: Rights = g.rights
        return found

    def _known(self) -> Rights | None:
        said = self.access.vault.read(self.number, RIGHTS)
        return None if said is None else rights.kept(said)

    def _asked(self) -> Rights:
        found = self.access.rights(self.token)
        if (found.id, found.login) != (self.id, self.login):
            # An account's name may be another's once it was changed.
            raise SignedOutError("Your account's name on GitHub has changed. Sign in again.")
        self.access.vault.write(self.number, RIGHTS, found.to_json(), GOOD_FOR)
        return found


class GitHubAccess:
    """What GitHub is asked. Safe to use from several threads."""

    def __init__(self, settings: Callable[[], Settings], vault: Vault, patience: Patience = rights.PATIENCE) -> None:
        self.vault = vault
        self._settings = settings
        self._patience = patience
        self._app: Installations | None = None

    def rights(self, token: str) -> Rights:
        """Return what a person's token reaches. Raises ``SignedOutError`` and ``UnavailableError``."""
        settings = self._settings()
        try:
            return rights.ask(Api(settings.api_url, token, self._patience), settings.app_id)
        except ExpiredError:
            raise SignedOutError("GitHub does not take your sign-in any more. Sign in again.") from None
        except GitHubError as error:
            raise UnavailableError(f"GitHub did not say what you may read, so nothing is shown. {error}") from error

    def permission(self, installation: int, repository: str, login: str) -> str:
        """Return what GitHub tells the App about an account. Raises ``UnavailableError``."""
        settings = self._settings()
        if self._app is None or self._app.settings is not settings:
            self._app = Installations(settings, self._patience)
        api = self._app.api(installation, repository, permissions={"metadata": "read"})
        try:
            return permission(api, repository, login)
        except GitHubError as error:
            raise UnavailableError(f"GitHub did not say whether you may write, so nothing was done. {error}") from error


@dataclass(frozen=True)
class SessionAccess:
    """Implements ``app.dashboard.services.Access``. *local* is the local operator's door, where it is open."""

    github: GitHubAccess
    local: LocalDoor | None = None

    def who(self) -> Viewer | None:
        """Return who makes the current request; the session is the server's, so what it says is believed."""
        session = cast("Session", current)
        if session.trouble is not None:
            raise session.trouble
        match session.get("kind"):
            case "github" if session.number is not None:
                return GitHubViewer(session["id"], session["login"], session.number, session["token"], self.github)
            case "local" if self.local is not None and self.local.knows(request, session.get("door", "")):
                return LocalViewer()
            case _:
                return None
