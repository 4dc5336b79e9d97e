"""What the dashboard needs of the world: the ledger, who is looking, and what may be done for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from app.ledger.ledger import Ledger
from app.settings import Settings
from app.simulate import Ran
from gates.evidence.shelf import Shelf, shipped

# What the local operator is called. No account can have this name: GitHub's have no spaces.
OPERATOR = "the local operator"
# The event under which the record of deliveries keeps what was asked for here.
DASHBOARD = "dashboard"
# How a person's word begins there, before "human" or "ai".
SAYS = "says "


class UnavailableError(RuntimeError):
    """GitHub or Redis is away, so nobody's rights are known; the message is a sentence."""


class SignedOutError(RuntimeError):
    """GitHub does not know the person's token any more; the message is a sentence."""


class Viewer(Protocol):
    """A person who is signed in. Methods raise ``UnavailableError`` and ``SignedOutError``."""

    @property
    def login(self) -> str:
        """The account's name, or what the local operator is called."""

    def readable(self) -> frozenset[int] | None:
        """Return GitHub's numbers of the repositories that this person may read; ``None``: all of them."""

    def may_write(self, repository_id: int, repository: str) -> bool:
        """Whether this person may write to a repository (its number and owner/name)."""

    def installation(self, repository_id: int) -> int | None:
        """Return the installation by which GitHub lets this person reach a repository, where GitHub was asked."""


class Access(Protocol):
    """Who is looking."""

    def who(self) -> Viewer | None:
        """Return who makes the current request; ``None`` where nobody is signed in."""


class Hands(Protocol):
    """What the dashboard may have done: it asks, and the workers do it."""

    def rerun(
        self, *, repository_id: int, repository: str, number: int, head: str, installation: int, actor: str
    ) -> str:
        """Have a head reviewed again. Return what was done, in a sentence."""

    def say_provenance(
        self,
        *,
        repository_id: int,
        repository: str,
        number: int,
        head: str,
        installation: int,
        actor: str,
        value: str,
        reason: str,
    ) -> str:
        """Have a person's word (*value*: ``human`` or ``ai``) written down.

        Return the delivery under which the ledger tells what became of it.
        """

    def judge(
        self,
        *,
        repository_id: int,
        repository: str,
        number: int,
        head: str,
        installation: int,
        actor: str,
        review_id: int,
        policy: str,
        gates: Sequence[str],
    ) -> str:
        """Have a reviewed change judged by gates of a policy, for a simulation.

        *policy* is a shipped one's name, or the hash of one that the ledger has.

        Return what was done, in a sentence.
        """

    def judged(self, policy_hash: str, review_ids: Sequence[int]) -> Mapping[int, Ran]:
        """Return what gates of a policy said when they were run for a simulation, by review."""

    def depth(self) -> Mapping[str, int]:
        """Return how many jobs there are in each state (``queued``, ``started``, ``failed``, ...)."""

    def workers(self) -> int:
        """Return how many workers are there."""


@dataclass(frozen=True)
class Dashboard:
    """What every page is made from. ``settings`` are asked for at each request: the set-up may complete them."""

    ledger: Ledger
    settings: Callable[[], Settings]
    hands: Hands
    access: Access
    shelf: Callable[[], Shelf] = shipped
