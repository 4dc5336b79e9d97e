"""The part of the world that has to do with Apps: making and installing them, their tokens, reviews, deliveries."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tests.standin.apps import TOKEN_SECONDS, App, Delivery, Installation, Review, new_guid, private_key, send

if TYPE_CHECKING:
    from tests.standin.clock import Clock
    from tests.standin.oauth import Grant
    from tests.standin.world import Repository, Token, User


class AppWorld:
    """Mixed into ``World``, which has the rest."""

    clock: Clock
    lock: threading.RLock
    tokens: dict[str, Token]
    repositories: dict[str, Repository]

    def __init__(self) -> None:
        self.apps: dict[int, App] = {}
        self.installations: dict[int, Installation] = {}
        self.deliveries: list[Delivery] = []
        self.manifests: dict[str, App] = {}
        self.under_way: list[threading.Thread] = []
        self.grants: dict[str, Grant] = {}

    def next_id(self) -> int:
        """Return an id that nothing else has."""
        raise NotImplementedError

    def user(self, login: str, kind: str | None = None) -> User:
        """Return the account of that name."""
        raise NotImplementedError

    def live_token(self, value: str) -> Token | None:
        """Return a token that has not expired."""
        found = self.tokens.get(value)
        return None if found is None or (found.expires or self.clock.now) < self.clock.now else found

    def role(self, repository: Repository, login: str) -> str:
        """Return what an account may do: ``admin``, ``maintain``, ``write``, ``triage``, ``read`` or ``none``."""
        if login == repository.owner.login:
            return "admin"
        return repository.roles.get(login, "none" if repository.private else "read")

    def app(self, slug: str = "exogate", *, owner: str = "octo", secret: str = "hook-secret") -> App:
        """Make an App."""
        made = App(self.next_id(), slug, self.user(owner), self.user(f"{slug}[bot]"), private_key(), secret)
        self.apps[made.id] = made
        return made

    def install(self, app: App, account: str, *repositories: str) -> Installation:
        """Install an App on some repositories of an account (full names), or on all of them."""
        chosen = frozenset(repositories) if repositories else None
        made = Installation(self.next_id(), app, self.user(account), dict(app.permissions), chosen)
        self.installations[made.id] = made
        return made

    def installation_token(
        self, installation: Installation, permissions: Mapping[str, str], repositories: frozenset[str] | None
    ) -> Token:
        """Give an App a token for an installation, as ``POST access_tokens`` does."""
        everywhere = {name for name, repo in self.repositories.items() if repo.owner is installation.account}
        reached = repositories or installation.repositories or frozenset(everywhere)
        from tests.standin.world import Token

        value = f"ghs_{self.next_id():036d}"
        expires = self.clock.now + TOKEN_SECONDS
        made = Token(value, installation.app.user, permissions, reached, installation.app, installation, expires)
        self.tokens[value] = made
        return made

    def user_token(self, app: App, login: str, seconds: float) -> Token:
        """Give an App a person's token, as signing in by it does."""
        from tests.standin.world import Token

        value = f"ghu_{self.next_id():036d}"
        made = Token(value, self.user(login), expires=self.clock.now + seconds, client=app)
        self.tokens[value] = made
        return made

    def review(
        self,
        repository: Repository,
        number: int,
        login: str | None,
        state: str = "APPROVED",
        *,
        commit: str | None = None,
        body: str = "",
        association: str = "MEMBER",
    ) -> Review:
        """Let an account review a pull request, at its head unless a commit is named."""
        self.clock.advance(1)
        head = commit or repository.git("rev-parse", f"refs/pull/{number}/head").strip()
        who = None if login is None else self.user(login)
        made = Review(self.next_id(), number, who, state, head, body, association, self.clock.stamp())
        repository.reviews.append(made)
        return made

    def deliver(
        self, app: App, event: str, payload: dict[str, Any], *, lost: bool = False, of: Delivery | None = None
    ) -> Delivery:
        """Deliver a webhook and keep a record of it; *lost*: it never arrives. *of* is what is delivered anew."""
        guid = of.guid if of else new_guid()
        status = 0 if lost else send(app, event, guid, payload)
        with self.lock:
            made = Delivery(
                self.next_id(), guid, app, event, payload.get("action"), payload,
                (payload.get("installation") or {}).get("id"), (payload.get("repository") or {}).get("id"),
                self.clock.stamp(), of is not None, status,
            )  # fmt: skip
            self.deliveries.append(made)
        return made
