"""What GitHub says a person may reach: asked with the person's own token, so that it is GitHub that decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from app.github.api import Api, Patience
from app.github.errors import DeniedError, ExpiredError, LostError, MissingError

T = TypeVar("T", bound=BaseModel)
# Somebody waits for the page.
PATIENCE = Patience(attempts=2, pause=0.2, longest_wait=0.0, between_writes=0.0, timeout=8)


@dataclass(frozen=True)
class Reach:
    """One repository as a person reaches it. ``push``: GitHub says that this person may write there."""

    name: str
    installation: int
    push: bool


@dataclass(frozen=True)
class Rights:
    """Whose token it is (GitHub's number and the name of now), and the repositories that it reaches, by number."""

    id: int
    login: str
    reach: Mapping[int, Reach]

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return {**asdict(self), "reach": {str(number): asdict(reach) for number, reach in self.reach.items()}}


_KEPT = TypeAdapter(Rights)


def kept(said: Mapping[str, Any]) -> Rights | None:
    """Return what ``to_json`` gave; ``None`` where it is something else."""
    try:
        return _KEPT.validate_python(said)
    except ValidationError:
        return None


class _Account(BaseModel):
    id: int
    login: str


class _Installation(BaseModel):
    id: int
    app_id: int
    suspended_at: str | None = None


class _Permissions(BaseModel):
    push: bool = False


class _Repository(BaseModel):
    id: int
    full_name: str
    permissions: _Permissions = _Permissions()


def account(api: Api) -> tuple[int, str]:
    """Return the number and the name of the account that a token acts as. Raises ``GitHubError``."""
    found = _read(_Account, api.get("/user"))
    return found.id, found.login


def ask(api: Api, app_id: int | None) -> Rights:
    """Return what the person of a token may reach of what the App is installed on. Raises ``GitHubError``.

    Two requests, and one more for each hundred repositories of an installation. GitHub lists what somebody was given
    the right to read; that everybody may read a public repository is not among it.
    """
    number, login = account(api)
    reach: dict[int, Reach] = {}
    for item in api.get_all("/user/installations", key="installations"):
        installation = _read(_Installation, item)
        if installation.suspended_at is None and app_id in (None, installation.app_id):
            reach |= _of(api, installation.id)
    return Rights(number, login, reach)


def _of(api: Api, installation: int) -> dict[int, Reach]:
    try:
        listed = api.get_all(f"/user/installations/{installation}/repositories", key="repositories")
    except ExpiredError:
        raise
    except (DeniedError, MissingError):
        return {}  # suspended, removed, or behind an organisation's own sign-on since it was listed
    found = (_read(_Repository, item) for item in listed)
    return {repo.id: Reach(repo.full_name, installation, repo.permissions.push) for repo in found}


def _read(form: type[T], item: object) -> T:
    try:
        return form.model_validate(item)
    except ValidationError:
        raise LostError("GitHub's answer about a person's rights is of another form than described.") from None
