"""What goes over the wire: a request as a handler sees it, its answer, and a row of the table of routes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.standin.world import Token, World

DOCS = "https://docs.github.com/rest"


@dataclass(frozen=True)
class Request:
    """One request. ``params`` are the path's parts by name; ``base`` is the address of the API itself."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    token: Token | None
    base: str
    params: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        """Return the body's JSON. Raises ``Refusal`` as GitHub answers what is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            raise Refusal(400, "Problems parsing JSON") from None


@dataclass(frozen=True)
class Answer:
    """What is sent back. ``body`` is JSON, bytes, or nothing."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Page:
    """A whole list, of which the server sends the page that was asked for.

    ``key`` wraps it as ``{"total_count": N, key: [...]}``; without one the list itself is the body.
    """

    items: Sequence[Any]
    key: str | None = None


class Refusal(Exception):  # noqa: N818 - it is an answer and no defect
    """An answer of GitHub's that says no."""

    def __init__(self, status: int, message: str, errors: list[dict[str, Any]] | None = None, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = errors
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def answer(self) -> Answer:
        """Return it as GitHub words a refusal."""
        body: dict[str, Any] = {"message": self.message, "documentation_url": DOCS}
        body |= {"status": str(self.status)} if self.errors is None else {"errors": self.errors}
        return Answer(self.status, body, self.headers)


def not_found() -> Refusal:
    """Return the refusal for what is not there, or not to be seen."""
    return Refusal(404, "Not Found")


def invalid(resource: str, field_name: str, code: str, message: str | None = None) -> Refusal:
    """Return the refusal of a value that GitHub does not take."""
    error: dict[str, Any] = {"resource": resource, "field": field_name, "code": code}
    if message is not None:
        error["message"] = message
    return Refusal(422, "Validation Failed", [error])


Handler = Callable[[World, Request], Answer | Page | Any]


@dataclass(frozen=True)
class Route:
    """One row: an operation of GitHub's description, what answers it, and the permissions of which one is enough.

    ``path`` is the template exactly as in GitHub's description. A plain return value of ``handler`` is a 200.
    ``permissions`` empty: any token will do. Reading what is public needs none. ``caller`` is who may call: anybody
    (``anyone``), any token (``any``), an App by its JSON web token only (``app``), or an App by an installation's token
    only (``installation``).
    """

    method: str
    path: str
    handler: Handler
    permissions: tuple[str, ...] = ()
    caller: str = "any"

    @property
    def operation(self) -> str:
        """The key of this row in GitHub's description."""
        return f"{self.method} {self.path}"

    @property
    def level(self) -> str:
        """What the operation does to what it names."""
        return "read" if self.method == "GET" else "write"
