"""The App as it runs (`exogate up`), the stand-in for GitHub, and what a browser sees of both."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from app.demo import sample
from app.ledger.ledger import Ledger
from app.ledger.seen import PullIs, Seen
from app.reporting.json_ import as_dict
from app.review import Request, review
from app.review_types import Revision
from tests.conftest import Repo
from tests.standin.server import StandIn, running

if TYPE_CHECKING:
    from tests.standin.apps import App, Installation
    from tests.standin.world import Repository

ROOT = Path(__file__).parents[2]
# As app.cli runs it; nothing need be installed.
_COMMAND = "from webhooks.cli.up import command; raise SystemExit(command.main(standalone_mode=False))"
# Long enough that no wait is about speed: what is waited for ends it.
PATIENCE = 240.0
# What git takes as a branch's name, a path and a message. Each would raise a dialog, or say so, if it ran.
EVIL = "<script>window.hacked='{}'</script>"
EVIL_BRANCH = "x-<img/src=x/onerror=window.hacked='branch'>"
BRANCHES = ("basket", "claude/discount", EVIL_BRANCH)
EVIL_PATH = 'shop/"><img src=x onerror=window.hacked=1>.py'
EVIL_MESSAGE = f"""{EVIL.format("subject")}

<img src=x onerror=window.hacked='body'> \u202egnp.exe

Co-authored-by: <script>window.hacked='name'</script> Claude Opus 4.6 <noreply@anthropic.com>
"""
# Flagged by several gates, whose messages quote it.
EVIL_CODE = """import subprocess
import no_such_module_or_script

AWS = "AKIAQ3EGRT5ZLMNOPQ7X"
subprocess.call("echo '<script>window.hacked=2</script>'", shell=True)


def price(x: int) -> int:
    return "</code></td><script>window.hacked='code'</script>"
"""


def until(holds: Callable[[], object], what: str, process: subprocess.Popen[bytes] | None = None) -> None:
    """Wait until something holds."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert process is None or process.poll() is None, f"{what}: the App ended with {process and process.returncode}"
        assert time.monotonic() < end, f"{what}: it did not come about"
        time.sleep(0.1)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def status(url: str, **headers: str) -> int:
    """Return the status of an address; 0 where nobody answers."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


@dataclass
class Place:
    """``shop`` (octo's; mira may write, ravi read) has three reviewed pull requests, ``secret`` (eve's) one.

    Pull request 1 of the shop is a person's, 2 declares Claude, and 3 is as hostile as git lets it be.
    """

    url: str
    standin: StandIn
    app: App
    shop: Repository
    secret: Repository
    ledger: Ledger
    process: subprocess.Popen[bytes]
    log: Path
    work: Path

    def page(self, path: str) -> str:
        return f"{self.url}{path}"

    def labels(self, number: int) -> list[str]:
        """Return the labels of a pull request on GitHub."""
        return list(self.shop.issues[number].labels)

    def reviews(self, number: int) -> int:
        """Return how many reviews of a pull request the ledger has."""
        return len(self.ledger.reviews(self.shop.id, number))


@contextmanager
def up(folder: Path, environment: dict[str, str], *options: str) -> Iterator[tuple[subprocess.Popen[bytes], int, Path]]:
    """Run `exogate up` until the end of the block; yield the process, its port and its log."""
    port, log = free_port(), folder / "log"
    with log.open("ab") as sink:
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", _COMMAND, "--port", str(port), *options],
            env={"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT), **environment},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
        )
    try:
        until(lambda: status(f"http://127.0.0.1:{port}/readyz") == 200, "exogate up", process)
        yield process, port, log
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(60)


@contextmanager
def place(
    folder: Path, branches: Sequence[str] = BRANCHES, titles: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Place]:
    """Have all of it until the end of the block; the shop's pull requests are of *branches*.

    One that *titles* does not name has a hostile title.
    """
    (folder / "github").mkdir(parents=True)
    with running(folder / "github") as standin:
        standin.world.clock.use_real_time()
        shop, secret, app, installed = _github(standin, folder, branches, titles)
        environment = {
            "EXOGATE_DATA_DIR": str(folder / "data"),
            "GITHUB_API_URL": standin.url,
            "GITHUB_SERVER_URL": standin.url,
            "GITHUB_APP_ID": str(app.id),
            "GITHUB_APP_PRIVATE_KEY": app.pem,
            "GITHUB_WEBHOOK_SECRET": app.hook_secret,
            "GITHUB_APP_CLIENT_ID": app.client_id,
            "GITHUB_APP_CLIENT_SECRET": app.client_secret,
        }
        with up(folder, environment, "--processes", "2", "--workers", "1") as (process, port, log):
            url = f"http://127.0.0.1:{port}"
            app.callbacks = (f"{url}/signin/callback",)
            ledger = Ledger.open(f"sqlite:///{folder / 'data' / 'ledger.sqlite3'}")
            try:
                for number in shop.pulls:
                    _reviewed(ledger, folder / "work", shop, number, installed[0])
                _reviewed(ledger, folder / "work", secret, 1, installed[1])
                yield Place(url, standin, app, shop, secret, ledger, process, log, folder / "work")
            finally:
                ledger.close()
        assert not standin.complaints, "\n".join(standin.complaints)


def _github(
    standin: StandIn, folder: Path, branches: Sequence[str], titles: Mapping[str, str]
) -> tuple[Repository, Repository, App, tuple[Installation, Installation]]:
    world = standin.world
    sample.build(folder / "work")
    work = Repo(folder / "work")
    work.branch(EVIL_BRANCH)
    work.commit({EVIL_PATH: EVIL_CODE}, EVIL_MESSAGE)
    work.git("checkout", "--quiet", "main")
    shop, secret = (world.repository(name, private=True) for name in ("octo/shop", "eve/secret"))
    for repo in (shop, secret):
        repo.git("fetch", "--quiet", str(work.path), "refs/heads/*:refs/heads/*")
    for branch in branches:
        pull = world.open_pull(shop, shop, branch, author="jo")
        shop.issues[pull.number].title = titles.get(branch, EVIL.format("title"))
    world.open_pull(secret, secret, "basket", author="eve")
    shop.roles |= {"mira": "write", "ravi": "read"}
    for login in ("mira", "ravi", "eve"):
        world.user(login)
    app = world.app("exogate")
    return shop, secret, app, (world.install(app, "octo", "octo/shop"), world.install(app, "eve"))


# Gates that take no tests: the rest is what a simulation has to run.
_GATES = ("compile", "secrets", "imports", "security", "lint")


def _reviewed(ledger: Ledger, work: Path, repo: Repository, number: int, installed: Installation) -> None:
    """Review a pull request for real, and put it into the ledger as the App would."""
    branch = repo.pulls[number].head_ref
    head = repo.commit(branch)
    told = review(Request(work, "main", head, gates=_GATES, branch=branch))
    named = replace(told, base=Revision("main", told.base.commit), head=Revision(branch, head))  # as the App does
    ledger.review(
        as_dict(named),
        repository_id=repo.id,
        repository=repo.full_name,
        number=number,
        installation=installed.id,
        delivery=f"sample-{repo.id}-{number}",
        seen=Seen(PullIs.OPEN, ledger.now(), repo.issues[number].title, repo.issues[number].user.login, branch, "main"),
    )
