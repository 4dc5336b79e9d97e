"""Answers of a kind: a page of a list, and the one answer of GraphQL."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from tests.standin.wire import DOCS, Answer, Page, Refusal, Request, not_found
from tests.standin.world import World

_PER_PAGE = 30
_MOST_PER_PAGE = 100


def graphql(request: Request) -> Answer:
    """Answer the one query that callers make; GraphQL is not in GitHub's description of REST."""
    if request.token is None:
        raise Refusal(401, "Requires authentication")
    if request.json().get("query") != "query { viewer { login } }":
        return Answer(200, {"errors": [{"message": "The stand-in knows no such query."}]})
    return Answer(200, {"data": {"viewer": {"login": request.token.user.login}}})


def renamed(world: World, request: Request, parts: tuple[str, ...]) -> Answer | None:
    """Answer what asks for a repository by a name that it had before: a read is sent on, and so is a write, by 307."""
    repo = world.now("/".join(parts[1:3])) if parts[0] == "repos" else None
    if repo is None:
        return None
    token = request.token
    if repo.private and (token is None or repo.full_name not in (token.repositories or {repo.full_name})):
        raise not_found()
    rest = "".join(f"/{quote(part, safe='')}" for part in parts[3:])
    query = f"?{urlencode(request.query)}" if request.query else ""
    to = f"{request.base}/repositories/{repo.id}{rest}{query}"
    body = {"message": "Moved Permanently", "url": to, "documentation_url": DOCS}
    return Answer(301 if request.method == "GET" else 307, body, {"Location": to})


def page(whole: Page, request: Request) -> Answer:
    """Return the page of a list that was asked for, with links to the others."""
    size = max(1, min(_MOST_PER_PAGE, int(request.query.get("per_page", _PER_PAGE))))
    number = max(1, int(request.query.get("page", 1)))
    last = max(1, -(-len(whole.items) // size))
    items = list(whole.items[(number - 1) * size : number * size])
    places = {"prev": number - 1, "first": 1} if number > 1 else {}
    places |= {"next": number + 1, "last": last} if number < last else {}
    links = [
        f'<{request.base}{request.path}?{urlencode({**request.query, "page": at})}>; rel="{rel}"'
        for rel, at in places.items()
    ]
    body: Any = items if whole.key is None else {"total_count": len(whole.items), whole.key: items}
    return Answer(200, body, {"Link": ", ".join(links)} if links else {})
