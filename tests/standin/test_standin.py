"""The stand-in refuses what GitHub refuses, and answers in GitHub's forms."""

from __future__ import annotations

import http.client
import io
import json
import subprocess
import urllib.error
import urllib.request
import zipfile
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Repo
from tests.standin import openapi
from tests.standin.faults import Kind
from tests.standin.routes import ROUTES
from tests.standin.server import StandIn, running
from tests.standin.world import Pull, Repository

SHOP = "/repos/octo/shop"


def call(
    standin: StandIn, method: str, path: str, body: object = None, token: str | None = None, **headers: str
) -> tuple[int, Any, Message]:
    """Make one request, without following redirects; return status, JSON (or bytes) and headers."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if token is not None:
        sent["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(standin.url + path, data=data, method=method, headers=sent)
    opener = urllib.request.build_opener(_Stay)
    try:
        with opener.open(request, timeout=30) as answer:
            return answer.status, _read(answer.read()), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, _read(error.read()), error.headers


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


def _read(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return raw


def test_every_route_is_an_operation_of_githubs() -> None:
    assert {route.operation for route in ROUTES} == set(openapi.facts()["operations"])


@pytest.mark.parametrize(
    "path",
    [
        SHOP, f"{SHOP}/forks", f"{SHOP}/pulls?head=mallory:feature&state=open", f"{SHOP}/pulls/1",
        f"{SHOP}/pulls/1/files", f"{SHOP}/pulls/1/commits", f"{SHOP}/issues/1", f"{SHOP}/labels", f"{SHOP}/labels/bug",
        f"{SHOP}/issues/1/labels", f"{SHOP}/issues/1/events", f"{SHOP}/issues/1/timeline",
        f"{SHOP}/issues/1/comments", f"{SHOP}/actions/runs/RUN", f"{SHOP}/actions/runs/RUN/artifacts",
    ],
)  # fmt: skip
def test_answers_have_githubs_form(standin: StandIn, project: Repository, pull: Pull, path: str) -> None:
    # The fixture fails on any answer that GitHub's description forbids.
    ada = standin.world.user("ada")
    standin.world.offer_label(project, "bug", "d73a4a")
    standin.world.set_label(project, 1, "bug", ada)
    standin.world.comment(project, 1, ada, "Hello.")
    run = standin.world.run(project, 1, {"exogate-review": b"zip"})
    status, body, headers = call(standin, "GET", path.replace("RUN", str(run.id)))
    assert status == 200
    assert body
    assert headers["X-RateLimit-Remaining"] == "4999"


def test_who_owns_a_token(standin: StandIn, token: str) -> None:
    person = standin.world.token("ada")
    assert call(standin, "GET", "/user", token=person)[1]["login"] == "ada"
    assert call(standin, "GET", "/user", token=token)[0] == 403
    assert call(standin, "GET", "/user")[0] == 401
    assert call(standin, "GET", "/user", token="ghp_wrong")[1]["message"] == "Bad credentials"


def test_a_pull_request_is_read_from_git(standin: StandIn, project: Repository, pull: Pull) -> None:
    shown = call(standin, "GET", f"{SHOP}/pulls/1")[1]
    assert (shown["commits"], shown["additions"], shown["deletions"], shown["changed_files"]) == (1, 1, 1, 1)
    assert shown["head"]["repo"]["full_name"] == "mallory/shop"
    assert [f["filename"] for f in call(standin, "GET", f"{SHOP}/pulls/1/files")[1]] == ["shop.py"]
    assert call(standin, "GET", f"{SHOP}/pulls/1/commits")[1][0]["commit"]["message"] == "Raise the price"
    assert call(standin, "GET", f"{SHOP}/pulls?head=octo:feature")[1] == []


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ({"name": "x" * 51, "color": "d73a4a"}, 422),
        ({"name": "x" * 50, "color": "d73a4a"}, 201),
        ({"name": "x", "color": "#d73a4a"}, 422),
        ({"name": "x", "color": "red"}, 422),
        ({"name": "x", "description": "d" * 101}, 422),
        ({"name": "BUG"}, 422),
        ({"name": " "}, 422),
    ],
)
def test_labels_that_cannot_be(standin: StandIn, project: Repository, token: str, label: object, code: int) -> None:
    standin.world.offer_label(project, "bug")
    assert call(standin, "POST", f"{SHOP}/labels", label, token)[0] == code


def test_labels_on_an_issue_leave_events(standin: StandIn, project: Repository, pull: Pull, token: str) -> None:
    on = call(standin, "POST", f"{SHOP}/issues/1/labels", {"labels": ["new"]}, token)[1]
    assert [(label["name"], label["color"]) for label in on] == [("new", "ededed")]
    assert call(standin, "POST", f"{SHOP}/issues/1/labels", ["new"], token)[0] == 200
    assert call(standin, "DELETE", f"{SHOP}/issues/1/labels/new", token=token)[1] == []
    status, refused, _ = call(standin, "DELETE", f"{SHOP}/issues/1/labels/new", token=token)
    assert (status, refused["message"]) == (404, "Label does not exist")
    events = call(standin, "GET", f"{SHOP}/issues/1/events")[1]
    assert [(e["event"], e["label"]["name"], e["actor"]["login"]) for e in events] == [
        ("labeled", "new", "github-actions[bot]"),
        ("unlabeled", "new", "github-actions[bot]"),
    ]
    assert call(standin, "POST", f"{SHOP}/issues/9/labels", ["new"], token)[0] == 404


def test_names_in_a_path_are_decoded(standin: StandIn, project: Repository, token: str) -> None:
    standin.world.offer_label(project, "provenance/ai")
    assert call(standin, "GET", f"{SHOP}/labels/provenance%2Fai")[1]["name"] == "provenance/ai"


def test_comments(standin: StandIn, project: Repository, pull: Pull, token: str) -> None:
    path = f"{SHOP}/issues/1/comments"
    status, made, _ = call(standin, "POST", path, {"body": "x" * 65_536}, token)
    assert status == 201
    assert call(standin, "POST", path, {"body": "x" * 65_537}, token)[0] == 422
    assert call(standin, "POST", path, {"body": " "}, token)[0] == 422
    one = f"{SHOP}/issues/comments/{made['id']}"
    assert call(standin, "PATCH", one, {"body": "short"}, token)[1]["body"] == "short"
    theirs = standin.world.comment(project, 1, standin.world.user("ada"), "Mine.")
    assert call(standin, "PATCH", f"{SHOP}/issues/comments/{theirs.id}", {"body": "ours"}, token)[0] == 403
    assert call(standin, "DELETE", one, token=token)[0] == 204
    assert call(standin, "GET", one)[0] == 404


def test_pages(standin: StandIn, project: Repository, pull: Pull) -> None:
    for n in range(65):
        standin.world.comment(project, 1, standin.world.user("ada"), f"{n}")
    path = f"{SHOP}/issues/1/comments"
    _, first, headers = call(standin, "GET", path)
    assert len(first) == 30
    assert f'<{standin.url}{path}?page=2>; rel="next"' in headers["Link"]
    _, last, headers = call(standin, "GET", f"{path}?per_page=60&page=2")
    assert [c["body"] for c in last] == ["60", "61", "62", "63", "64"]
    assert "next" not in headers["Link"]
    assert len(call(standin, "GET", f"{path}?per_page=100")[1]) == 65


def test_an_unchanged_answer_costs_nothing(standin: StandIn, project: Repository) -> None:
    _, _, headers = call(standin, "GET", SHOP)
    status, body, again = call(standin, "GET", SHOP, If_None_Match=headers["ETag"])
    assert (status, body) == (304, None)
    assert again["X-RateLimit-Remaining"] == headers["X-RateLimit-Remaining"]


def test_the_hour_has_a_limit(standin: StandIn, project: Repository) -> None:
    standin.hourly = 2
    assert [call(standin, "GET", SHOP)[0] for _ in range(3)] == [200, 200, 403]
    _, refused, headers = call(standin, "GET", SHOP)
    assert (refused["message"][:23], headers["X-RateLimit-Remaining"]) == ("API rate limit exceeded", "0")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", f"{SHOP}/labels", {"name": "x"}),
        ("POST", f"{SHOP}/issues/1/labels", ["x"]),
        ("POST", f"{SHOP}/issues/1/comments", {"body": "x"}),
    ],
)
def test_a_read_only_token_writes_nothing(
    standin: StandIn, project: Repository, pull: Pull, read_only: str, method: str, path: str, body: object
) -> None:
    status, refused, _ = call(standin, method, path, body, read_only)
    assert (status, refused["message"]) == (403, "Resource not accessible by integration")
    assert call(standin, method, path, body)[0] == 401
    assert (project.labels, project.comments) == ({}, [])


def test_a_private_repository_is_not_there_for_others(standin: StandIn) -> None:
    standin.world.repository("octo/secret", private=True)
    outsider = standin.world.token("exogate[bot]", {"metadata": "read"}, "octo/shop")
    assert call(standin, "GET", "/repos/octo/secret")[0] == 404
    assert call(standin, "GET", "/repos/octo/secret", token=outsider)[0] == 404


def test_artifacts_are_downloaded_from_elsewhere(standin: StandIn, project: Repository, pull: Pull, token: str) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("review.json", "{}")
    run = standin.world.run(project, 1, {"exogate-review": content.getvalue()})
    listed = call(standin, "GET", f"{SHOP}/actions/runs/{run.id}/artifacts?name=exogate-review")[1]["artifacts"]
    path = f"{SHOP}/actions/artifacts/{listed[0]['id']}/zip"
    status, _, headers = call(standin, "GET", path, token=token)
    assert status == 302
    assert call(standin, "GET", headers["Location"].removeprefix(standin.url))[1] == content.getvalue()
    assert call(standin, "GET", path)[0] == 401
    project.artifacts[listed[0]["id"]].expired = True
    assert call(standin, "GET", path, token=token)[0] == 410


@pytest.mark.parametrize("kind", Kind)
def test_each_fault_befalls_one_request(
    standin: StandIn, project: Repository, pull: Pull, token: str, kind: Kind
) -> None:
    standin.fail(kind, "^POST .*/comments$", wait=60)
    path = f"{SHOP}/issues/1/comments"
    try:
        status, body, headers = call(standin, "POST", path, {"body": "x"}, token)
    except (OSError, http.client.HTTPException):
        assert kind in (Kind.DROP, Kind.DROP_AFTER, Kind.TRUNCATED_AFTER)
    else:
        assert status in (200, 401, 403, 429, 502)
        assert "Retry-After" in headers or kind not in (Kind.SECONDARY_LIMIT, Kind.TOO_MANY)
        assert isinstance(body, bytes) or status in (401, 403, 429)
    assert len(project.comments) == ("after" in kind or kind is Kind.TRUNCATED_AFTER)
    standin.world.clock.advance(61)
    assert call(standin, "POST", path, {"body": "x"}, token)[0] == 201


def test_what_githubs_description_forbids_is_noticed(tmp_path: Path) -> None:
    with running(tmp_path) as standin:
        project = standin.world.repository("octo/shop")
        token = standin.world.token("ada")
        assert call(standin, "POST", f"{SHOP}/labels", {"colour": "d73a4a"}, token)[0] == 422
        assert call(standin, "GET", f"{SHOP}/labels?sort=name", token=token)[0] == 422
        assert call(standin, "GET", "/repos/octo/shop/nothing")[0] == 404
        standin.world.offer_label(project, "bug").color = None  # type: ignore[assignment]
        call(standin, "GET", f"{SHOP}/labels")
        standin.closed_until = standin.world.clock.now + 1
        call(standin, "GET", SHOP)
    said = "\n".join(standin.complaints)
    for part in ("'name' is a required property", "query parameter sort", "no route", "None is not of type", "limit's"):
        assert part in said


class TestGit:
    """git over HTTP, with git."""

    def clone(self, url: str, target: Path) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(target.parent), "GIT_TERMINAL_PROMPT": "0"}
        command = ["git", "clone", "--quiet", url, str(target)]
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)

    def test_what_is_public_is_cloned(self, standin: StandIn, project: Repository, tmp_path: Path) -> None:
        assert self.clone(f"{standin.url}/octo/shop.git", tmp_path / "copy").returncode == 0
        assert (tmp_path / "copy" / "shop.py").read_text() == "PRICE = 1\n"

    def test_what_is_private_needs_a_token(self, standin: StandIn, repo: Repo, tmp_path: Path) -> None:
        private = standin.world.repository("octo/secret", private=True)
        repo.commit({"a": "b"})
        repo.git("push", "--quiet", str(private.directory), "main")
        token = standin.world.token("exogate[bot]", {"contents": "read"}, "octo/secret")
        other = standin.world.token("exogate[bot]", {"contents": "read"}, "octo/shop")
        host = standin.url.removeprefix("http://")
        assert self.clone(f"{standin.url}/octo/secret.git", tmp_path / "none").returncode != 0
        assert self.clone(f"http://x:{other}@{host}/octo/secret.git", tmp_path / "other").returncode != 0
        assert self.clone(f"http://x:{token}@{host}/octo/secret.git", tmp_path / "copy").returncode == 0

    def test_pushing_needs_the_right_to_write(self, standin: StandIn, project: Repository, work: Repo) -> None:
        reader = standin.world.token("exogate[bot]", {"contents": "read"})
        writer = standin.world.token("exogate[bot]", {"contents": "write"})
        work.git("checkout", "--quiet", "main")
        head = work.commit({"shop.py": "PRICE = 3\n"})
        host = standin.url.removeprefix("http://")
        with pytest.raises(subprocess.CalledProcessError):
            work.git("push", "--quiet", f"http://x:{reader}@{host}/octo/shop.git", "main")
        work.git("push", "--quiet", f"http://x:{writer}@{host}/octo/shop.git", "main")
        assert project.commit("main") == head
