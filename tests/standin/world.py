"""What exists on the stand-in: people, tokens, repositories and what hangs on them. Plain data; no HTTP."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.standin.app_world import AppWorld
from tests.standin.apps import App, CheckRun, CheckSuite, Installation, Review
from tests.standin.clock import Clock

PUBLIC_ACTIONS_BOT = "github-actions[bot]"


@dataclass(frozen=True)
class User:
    """An account. ``type`` is ``User``, ``Organization`` or ``Bot``."""

    login: str
    id: int
    type: str = "User"


@dataclass
class Token:
    """A token. ``permissions`` of ``None`` is a person's own token, which may do what the person may.

    ``repositories`` limits an installation's token; ``None`` is all of them. ``app`` is the App that acts, with
    ``installation`` of ``None`` where it is the App itself by its JSON web token. ``client`` is the App that a person
    gave it to by signing in.
    """

    value: str
    user: User
    permissions: Mapping[str, str] | None = None
    repositories: frozenset[str] | None = None
    app: App | None = None
    installation: Installation | None = None
    expires: float | None = None
    client: App | None = None

    def allows(self, permission: str, level: str) -> bool:
        """Whether the token carries *permission* at *level* or above."""
        if self.permissions is None:
            return True
        order = ("none", "read", "write", "admin")
        return order.index(self.permissions.get(permission, "none")) >= order.index(level)


@dataclass
class Label:
    """A label that a repository offers."""

    id: int
    name: str
    color: str
    description: str | None = None
    default: bool = False


@dataclass
class Comment:
    """A comment on an issue or a pull request."""

    id: int
    number: int
    user: User
    body: str
    created: str
    updated: str


@dataclass
class Event:
    """Something that happened to an issue. ``actor`` is none where the account is gone."""

    id: int
    number: int
    kind: str
    actor: User | None
    created: str
    label: Label | None = None


@dataclass
class Issue:
    """An issue, or the issue that every pull request is."""

    id: int
    number: int
    title: str
    user: User
    created: str
    body: str | None = None
    state: str = "open"
    labels: list[str] = field(default_factory=list)
    updated: str | None = None


@dataclass
class Pull:
    """What a pull request is beyond its issue. Its commits and files are read from git when they are asked for."""

    number: int
    base_ref: str
    head_ref: str
    head_repository: str | None
    draft: bool = False
    merge_sha: str | None = None
    base_sha: str | None = None  # where the base stood when the head was last pushed


@dataclass
class Artifact:
    """What a run left behind, as the bytes of its zip file."""

    id: int
    run: int
    name: str
    content: bytes
    expired: bool = False


@dataclass
class Run:
    """A run of a workflow."""

    id: int
    name: str
    path: str
    event: str
    head_sha: str
    head_branch: str
    head_repository: str
    pulls: tuple[int, ...] = ()
    status: str = "completed"
    conclusion: str | None = "success"


@dataclass
class Repository:
    """A repository with a bare git directory."""

    id: int
    owner: User
    name: str
    directory: Path
    private: bool = False
    parent: str | None = None
    default_branch: str = "main"
    labels: dict[str, Label] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict)
    pulls: dict[int, Pull] = field(default_factory=dict)
    comments: list[Comment] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    runs: dict[int, Run] = field(default_factory=dict)
    artifacts: dict[int, Artifact] = field(default_factory=dict)
    check_runs: dict[int, CheckRun] = field(default_factory=dict)
    check_suites: dict[int, CheckSuite] = field(default_factory=dict)
    reviews: list[Review] = field(default_factory=list)
    roles: dict[str, str] = field(default_factory=dict)

    @property
    def full_name(self) -> str:
        """``owner/name``."""
        return f"{self.owner.login}/{self.name}"

    def git(self, *args: str) -> str:
        """Run git in the bare directory and return its output. Raises ``CalledProcessError``."""
        command = ["git", "-C", str(self.directory), *args]
        return subprocess.run(command, capture_output=True, check=True, text=True).stdout

    def blob(self, object_id: str) -> bytes:
        """Return the content of a file's object."""
        command = ["git", "-C", str(self.directory), "cat-file", "blob", object_id]
        return subprocess.run(command, capture_output=True, check=True).stdout

    def commit(self, ref: str) -> str:
        """Return the id of the commit that a branch stands at."""
        return self.git("rev-parse", f"refs/heads/{ref}").strip()


class World(AppWorld):
    """Everything there is, with the numbers that GitHub would give out."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.root = root
        self.clock = Clock()
        self.lock = threading.RLock()
        self.users: dict[str, User] = {}
        self.tokens: dict[str, Token] = {}
        self.repositories: dict[str, Repository] = {}
        self.renamed: dict[str, int] = {}  # names that repositories had before, and whose they were
        self._ids = itertools.count(1001)

    def next_id(self) -> int:
        """Return an id that nothing else has."""
        return next(self._ids)

    def user(self, login: str, kind: str | None = None) -> User:
        """Return the account of that name, made when it is new."""
        kind = kind or ("Bot" if login.endswith("[bot]") else "User")
        return self.users.setdefault(login, User(login, self.next_id(), kind))

    def token(self, login: str, permissions: Mapping[str, str] | None = None, *repositories: str) -> str:
        """Give *login* a token and return it."""
        value = f"{'ghp' if permissions is None else 'ghs'}_{self.next_id():036d}"
        limited = frozenset(repositories) if repositories else None
        self.tokens[value] = Token(value, self.user(login), permissions, limited)
        return value

    def repository(self, full_name: str, *, private: bool = False, like: Path | None = None) -> Repository:
        """Make an empty repository, or one whose git directory is a copy of *like*."""
        owner, _, name = full_name.partition("/")
        directory = self.root / f"{full_name}.git"
        made = Repository(self.next_id(), self.user(owner), name, directory, private)
        if like is not None:
            shutil.copytree(like, directory)
        else:
            directory.mkdir(parents=True)
            made.git("init", "--quiet", "--bare", "--template=", "--initial-branch=main")
        self.repositories[full_name] = made
        return made

    def fork(self, of: Repository, owner: str, name: str | None = None) -> Repository:
        """Make a fork with all that *of* holds now."""
        made = self.repository(f"{owner}/{name or of.name}", private=of.private)
        made.parent = of.full_name
        made.git("fetch", "--quiet", str(of.directory), "refs/heads/*:refs/heads/*")
        return made

    def open_pull(self, base: Repository, head: Repository, head_ref: str, *, author: str) -> Pull:
        """Open a pull request against the base's default branch; the base gets ``refs/pull/N/head``."""
        number = len(base.issues) + 1
        base.issues[number] = Issue(self.next_id(), number, "A change", self.user(author), self.clock.stamp())
        base.pulls[number] = Pull(number, base.default_branch, head_ref, head.full_name)
        self.update_pull(base, number)
        return base.pulls[number]

    def update_pull(self, base: Repository, number: int) -> str:
        """Let the base see where the head stands now (GitHub does it at every push); return the commit's id."""
        pull = base.pulls[number]
        assert pull.head_repository is not None
        head = self.repositories[pull.head_repository]
        base.git("fetch", "--quiet", str(head.directory), f"+refs/heads/{pull.head_ref}:refs/pull/{number}/head")
        pull.base_sha = base.commit(pull.base_ref)
        return head.commit(pull.head_ref)

    def delete(self, full_name: str) -> None:
        """Let a repository be gone; what was forked from it, and pull requests from it, stay."""
        shutil.rmtree(self.repositories.pop(full_name).directory)

    def rename(self, old: str, new: str) -> None:
        """Rename a repository, or transfer it: all that hangs on it goes along, also what tokens may reach."""
        with self.lock:
            repo = self.repositories.pop(old)
            owner, _, repo.name = new.partition("/")
            repo.owner = self.user(owner)
            directory = self.root / f"{new}.git"
            directory.parent.mkdir(parents=True, exist_ok=True)
            repo.directory = repo.directory.rename(directory)
            self.repositories[new] = repo
            self.renamed[old] = repo.id
            for other in self.repositories.values():
                other.parent = new if other.parent == old else other.parent
                for pull in other.pulls.values():
                    pull.head_repository = new if pull.head_repository == old else pull.head_repository
            for each in (*self.installations.values(), *self.tokens.values()):
                if each.repositories is not None and old in each.repositories:
                    each.repositories = each.repositories - {old} | {new}

    def now(self, name: str) -> Repository | None:
        """Return the repository that had a name before; none where another has it, or it is gone."""
        found = [repo for repo in self.repositories.values() if repo.id == self.renamed.get(name)]
        return found[0] if found and name not in self.repositories else None

    def set_label(self, repository: Repository, number: int, name: str, actor: User | None, *, on: bool = True) -> None:
        """Put a label on an issue or take it off, with the event that GitHub records."""
        offered = repository.labels[name.lower()]
        labels = repository.issues[number].labels
        if (offered.name in labels) is on:
            return
        (labels.append if on else labels.remove)(offered.name)
        kind = "labeled" if on else "unlabeled"
        self.clock.advance(1)
        repository.issues[number].updated = self.clock.stamp()
        repository.events.append(Event(self.next_id(), number, kind, actor, self.clock.stamp(), offered))

    def offer_label(self, repository: Repository, name: str, color: str = "ededed", about: str | None = None) -> Label:
        """Let a repository offer a label."""
        label = Label(self.next_id(), name, color, about)
        repository.labels[name.lower()] = label
        return label

    def comment(self, repository: Repository, number: int, user: User, body: str) -> Comment:
        """Let *user* comment."""
        self.clock.advance(1)
        now = self.clock.stamp()
        made = Comment(self.next_id(), number, user, body, now, now)
        repository.comments.append(made)
        return made

    def run(self, repository: Repository, number: int, artifacts: Mapping[str, bytes]) -> Run:
        """Let the review workflow have run for a pull request, leaving *artifacts* (a name and a zip each)."""
        pull = repository.pulls[number]
        assert pull.head_repository is not None
        head = self.repositories[pull.head_repository]
        listed = (number,) if head is repository else ()  # GitHub leaves it empty for forks
        made = Run(
            self.next_id(), "Exogate review", ".github/workflows/exogate-review.yml", "pull_request",
            head.commit(pull.head_ref), pull.head_ref, head.full_name, listed,
        )  # fmt: skip
        repository.runs[made.id] = made
        for name, content in artifacts.items():
            artifact = Artifact(self.next_id(), made.id, name, content)
            repository.artifacts[artifact.id] = artifact
        return made
