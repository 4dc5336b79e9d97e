"""Pull requests, with commits and files read from git."""

from __future__ import annotations

from typing import Any

from tests.standin import shapes
from tests.standin.resources import lookup
from tests.standin.wire import Page, Request, Route
from tests.standin.world import Pull, Repository, World

_STATUS = {"A": "added", "M": "modified", "D": "removed", "R": "renamed", "C": "copied", "T": "changed"}
MOST_FILES = 3000


def _list(world: World, request: Request) -> Page:
    repo = lookup.repository(world, request)
    state = request.query.get("state", "open")
    pulls = [p for p in repo.pulls.values() if state in ("all", repo.issues[p.number].state)]
    if base := request.query.get("base"):
        pulls = [p for p in pulls if p.base_ref == base]
    if head := request.query.get("head"):
        pulls = [p for p in pulls if head == f"{(p.head_repository or '').partition('/')[0]}:{p.head_ref}"]
    newest_first = sorted(pulls, key=lambda p: -p.number)
    return Page([shapes.pull_simple(world, repo, p, request.base) for p in newest_first])


def _get(world: World, request: Request) -> dict[str, Any]:
    repo, pull = lookup.pull(world, request)
    return shapes.pull(world, repo, pull, request.base)


def _files(world: World, request: Request) -> Page:
    repo, pull = lookup.pull(world, request)
    base, head = _ends(repo, pull)
    rows = [line.split("\t") for line in repo.git("diff", "-M", "--name-status", f"{base}...{head}").splitlines()]
    return Page([_file(repo, row, head, request.base) for row in rows[:MOST_FILES]])


def _file(repo: Repository, row: list[str], head: str, base: str) -> dict[str, Any]:
    status, name = _STATUS[row[0][0]], row[-1]
    url = f"{base}/{repo.full_name}"
    shown = {
        "sha": None if status == "removed" else repo.git("rev-parse", f"{head}:{name}").strip(),
        "filename": name,
        "status": status,
        **dict.fromkeys(("additions", "deletions", "changes"), 0),
        "blob_url": f"{url}/blob/{head}/{name}",
        "raw_url": f"{url}/raw/{head}/{name}",
        "contents_url": f"{base}/repos/{repo.full_name}/contents/{name}?ref={head}",
    }
    return {**shown, "previous_filename": row[1]} if status in ("renamed", "copied") else shown


def _commits(world: World, request: Request) -> Page:
    repo, pull = lookup.pull(world, request)
    base, head = _ends(repo, pull)
    listed = repo.git("rev-list", "--reverse", f"{base}..{head}").split()
    return Page([_commit(repo, sha, request.base) for sha in listed])


def _commit(repo: Repository, sha: str, base: str) -> dict[str, Any]:
    form = "%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%T%x00%P%x00%B"
    author, email, date, committer, its_email, its_date, tree, parents, message = repo.git(
        "show", "--no-patch", f"--format={form}", sha
    ).split("\0")
    url = f"{base}/repos/{repo.full_name}"
    unsigned = {"verified": False, "reason": "unsigned", "payload": None, "signature": None, "verified_at": None}
    return {
        "sha": sha,
        "node_id": sha,
        "url": f"{url}/commits/{sha}",
        "html_url": f"{base}/{repo.full_name}/commit/{sha}",
        "comments_url": f"{url}/commits/{sha}/comments",
        "commit": {
            "url": f"{url}/git/commits/{sha}",
            "author": {"name": author, "email": email, "date": date},
            "committer": {"name": committer, "email": its_email, "date": its_date},
            "message": message.rstrip("\n"),
            "tree": {"sha": tree, "url": f"{url}/git/trees/{tree}"},
            "comment_count": 0,
            "verification": unsigned,
        },
        "author": None,
        "committer": None,
        "parents": [{"sha": p, "url": f"{url}/commits/{p}", "html_url": url} for p in parents.split()],
    }


def _ends(repo: Repository, pull: Pull) -> tuple[str, str]:
    return repo.commit(pull.base_ref), repo.git("rev-parse", f"refs/pull/{pull.number}/head").strip()


ROUTES = (
    Route("GET", "/repos/{owner}/{repo}/pulls", _list, ("pull_requests",)),
    Route("GET", "/repos/{owner}/{repo}/pulls/{pull_number}", _get, ("pull_requests",)),
    Route("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/files", _files, ("pull_requests",)),
    Route("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/commits", _commits, ("pull_requests",)),
)
