"""The App's two ways to say who it is: as itself, by a signed web token, and as an installation, by a short-lived one.

Tokens are held in memory only. An installation's token is asked for with no more permissions than a review needs,
and for one repository.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import jwt

from app.github.api import Api, Patience
from app.github.errors import DeniedError, ExpiredError, GitHubError, MissingError, RefusedError
from app.settings import Settings

# What one review does: its check run, labels and comment; the clone; and what people may do here.
REVIEWING: Mapping[str, str] = {
    "checks": "write",
    "contents": "read",
    "issues": "write",
    "metadata": "read",
    "pull_requests": "write",
}
READING: Mapping[str, str] = {"contents": "read", "metadata": "read"}

# "The expiration time must be no more than 10 minutes into the future", and "to protect against clock drift, we
# recommend that you set this 60 seconds in the past" (GitHub Docs, "Generating a JSON Web Token (JWT)").
_ISSUED_BEFORE = 60
_VALID_FOR = 540
_RENEW_BEFORE = 60
# An installation's token is good for an hour; one that is nearly used up would end in the middle of a clone.
_SPARE = 300
# A clock that differs by less is not why GitHub refused.
_LEAST_SKEW = 5


class NotSetUpError(GitHubError):
    """The App has no id or no key; the message says what to do."""


@dataclass
class _Clock:
    """GitHub's time: this machine's, and by how much it is behind, once GitHub said so."""

    patience: Patience
    behind: float = 0.0

    def now(self) -> float:
        return self.patience.now() + self.behind

    def learn(self, date: float | None) -> bool:
        """Take over GitHub's time; whether that changed anything."""
        if date is None or abs(date - self.now()) < _LEAST_SKEW:
            return False
        self.behind = date - self.patience.now()
        return True


class _AppTokens:
    """The App itself, by a JSON web token signed with its key."""

    def __init__(self, settings: Settings, clock: _Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._made: tuple[str, float] | None = None
        self._lock = threading.Lock()

    def token(self) -> str:
        with self._lock:
            now = self._clock.now()
            if self._made is None or self._made[1] - _RENEW_BEFORE < now:
                self._made = (self._signed(now), now + _VALID_FOR)
            return self._made[0]

    def renew(self, refused: str, error: ExpiredError) -> bool:
        """A token of ours is refused because the clocks differ, or because the key is wrong: then nothing helps."""
        with self._lock:
            learned = self._clock.learn(error.date)
            if learned:
                self._made = None
            return learned

    def _signed(self, now: float) -> str:
        key = self._settings.private_key.reveal()
        if self._settings.app_id is None or not key:
            raise NotSetUpError(
                "The App has no id or no private key. Open /setup once, or set GITHUB_APP_ID and"
                " GITHUB_APP_PRIVATE_KEY_PATH."
            )
        claims = {
            "iat": int(now) - _ISSUED_BEFORE,
            "exp": int(now) + _VALID_FOR,
            "iss": str(self._settings.app_id),
        }
        try:
            return jwt.encode(claims, key, algorithm="RS256")
        except (ValueError, TypeError, jwt.PyJWTError):
            # The cause may quote the key.
            raise NotSetUpError(
                "The App's private key cannot be read. Take the .pem file that GitHub offers for download."
            ) from None


@dataclass(frozen=True)
class _Grant:
    """A token that GitHub gave, until when it is good, and what it lacks of what was asked for."""

    value: str = field(repr=False)
    expires: float
    lacks: tuple[str, ...] = ()
    repository: str | None = None  # the name, as it is now, of the one that it was asked for


class _InstallationTokens:
    """An installation, by a token for one of its repositories (or for all that it has)."""

    def __init__(
        self,
        app: Api,
        clock: _Clock,
        installation: int,
        repository: str | None,
        permissions: Mapping[str, str],
        repository_id: int | None = None,
    ) -> None:
        self._app = app
        self._clock = clock
        self._path = f"/app/installations/{installation}/access_tokens"
        self._repository = repository
        self._repository_id = repository_id
        self._permissions = permissions
        self._grant: _Grant | None = None
        self._lock = threading.Lock()

    def token(self) -> str:
        return self.grant().value

    def grant(self) -> _Grant:
        with self._lock:
            if self._grant is None or self._grant.expires - _SPARE < self._clock.now():
                self._grant = self._ask()
            return self._grant

    def renew(self, refused: str, error: ExpiredError) -> bool:
        with self._lock:
            self._clock.learn(error.date)
            if self._grant is not None and self._grant.value == refused:
                self._grant = None
        return True

    def _ask(self) -> _Grant:
        limit = self._limit()
        try:
            made: object = self._app.write("POST", self._path, {**limit, "permissions": dict(self._permissions)})
        except RefusedError:
            made = self._less(limit)
        except MissingError:
            raise MissingError("The App is not installed there any more.") from None
        return self._read(made)

    def _limit(self) -> dict[str, object]:
        if self._repository_id is not None:
            return {"repository_ids": [self._repository_id]}
        return {} if self._repository is None else {"repositories": [self._repository.partition("/")[2]]}

    def _less(self, limit: Mapping[str, object]) -> object:
        """Ask for what the installation has: its owner may not have accepted all that the App asks for."""
        try:
            return self._app.write("POST", self._path, dict(limit))
        except RefusedError:
            if self._repository is None:
                raise
            raise DeniedError(
                f"The App is installed, but not for {self._repository}. Its owner can add the repository in the"
                " settings of the installation."
            ) from None

    def _read(self, made: object) -> _Grant:
        said = made if isinstance(made, dict) else {}
        value, until, given = said.get("token"), said.get("expires_at"), said.get("permissions") or {}
        if not isinstance(value, str) or not isinstance(until, str) or not isinstance(given, dict):
            raise GitHubError("GitHub gave the App a token of another form than its description says.")
        lacks = tuple(name for name, level in self._permissions.items() if given.get(name) not in (level, "write"))
        return _Grant(value, datetime.fromisoformat(until).timestamp(), lacks, self._named(said.get("repositories")))

    def _named(self, listed: object) -> str | None:
        if self._repository_id is None or not isinstance(listed, list) or len(listed) != 1:
            return None
        name = listed[0].get("full_name") if isinstance(listed[0], dict) else None
        return name if isinstance(name, str) else None


class Installations:
    """The App's doors to GitHub. Safe to use from several threads; tokens are kept until they are nearly used up."""

    def __init__(self, settings: Settings, patience: Patience | None = None) -> None:
        self.settings = settings
        self.patience = patience or Patience()
        self._clock = _Clock(self.patience)
        self._app = Api(settings.api_url, _AppTokens(settings, self._clock), self.patience)
        self._kept: dict[tuple[int, str | None, tuple[str, ...]], _InstallationTokens] = {}
        self._lock = threading.Lock()

    def as_app(self) -> Api:
        """Return the API as the App itself sees it: its installations and the deliveries to it."""
        return self._app

    def api(
        self, installation: int, repository: str | None = None, *, permissions: Mapping[str, str] = REVIEWING
    ) -> Api:
        """Return the API as an installation sees it, for one *repository* (owner/name) or for all that it has.

        No request is made before the first call. Calls raise ``MissingError`` where the App is not installed any
        more, ``SuspendedError`` where it is suspended, and ``DeniedError`` where the repository is not part of it.
        """
        return Api(self.settings.api_url, self._tokens(installation, repository, permissions), self.patience)

    def place(self, installation: int, repository: str, repository_id: int) -> tuple[int, str]:
        """Return which installation has a repository now, and the name (owner/name) by which it goes.

        It may have been renamed or transferred since somebody spoke of it. From here on, tokens for the name that it
        has now are asked for by its id, so that it costs no request of its own. Raises as calls of ``api`` do.
        """
        tokens = self._by_id(installation, repository, repository_id)
        try:
            name = tokens.grant().repository
        except (DeniedError, MissingError) as refused:
            installation, tokens = self._elsewhere(installation, repository, repository_id, refused)
            name = tokens.grant().repository
        name = name or repository
        with self._lock:
            self._kept[installation, name, tuple(sorted(REVIEWING))] = tokens
        return installation, name

    def _by_id(self, installation: int, repository: str, repository_id: int) -> _InstallationTokens:
        return _InstallationTokens(self._app, self._clock, installation, repository, REVIEWING, repository_id)

    def _elsewhere(
        self, installation: int, repository: str, repository_id: int, refused: GitHubError
    ) -> tuple[int, _InstallationTokens]:
        """Return the installation that has a repository which another one lost. Raises *refused* where none has."""
        try:
            found = self._app.get(f"/repos/{repository}/installation").get("id")  # an old name is redirected
        except MissingError:
            raise refused from None
        if not isinstance(found, int) or found == installation:
            raise refused
        return found, self._by_id(found, repository, repository_id)

    def lacking(self, installation: int, repository: str | None = None) -> tuple[str, ...]:
        """Return the permissions of a review that the installation's owner has not granted. Raises ``GitHubError``."""
        return self._tokens(installation, repository, REVIEWING).grant().lacks

    def _tokens(self, installation: int, repository: str | None, permissions: Mapping[str, str]) -> _InstallationTokens:
        key = (installation, repository, tuple(sorted(permissions)))
        with self._lock:
            if key not in self._kept:
                self._kept[key] = _InstallationTokens(self._app, self._clock, installation, repository, permissions)
            return self._kept[key]


__all__ = ["READING", "REVIEWING", "Installations", "NotSetUpError"]
