"""`python -m tests.demo_app`: the App from end to end, with `exogate up` as a user starts it.

The stand-in for GitHub delivers signed webhooks; the embedded Redis, the workers, SQLite, git and the sandbox are real.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table

from app.demo import sample
from tests.standin.apps import App, Installation
from tests.standin.server import StandIn, running
from tests.standin.world import Repository

_SHOWN = ("basket", "claude/discount", "copilot/rounding")
_SECONDS = 180.0


class DemoError(RuntimeError):
    """The demonstration did not come to its end; the message is a sentence."""


def main() -> int:
    """Run it; the exit status says whether every pull request was reviewed."""
    console = Console(width=None if sys.stdout.isatty() else 110)
    with tempfile.TemporaryDirectory(prefix="exogate-demo-") as scratch:
        try:
            _show(console, Path(scratch))
        except DemoError as error:
            console.print(f"[red]{error}[/]")
            return 1
    return 0


def _show(console: Console, scratch: Path) -> None:
    root = scratch / "github"
    root.mkdir()
    with running(root) as standin:
        standin.world.clock.now = time.time()
        shop, app, installation = _octo_shop(standin, scratch)
        port = _free_port()
        app.hook_url = f"http://127.0.0.1:{port}/webhooks/github"
        console.print("The App, end to end: `exogate up`, and a GitHub of our own that delivers signed webhooks.\n")
        with _up(standin, app, port, scratch):
            for number in shop.pulls:
                status = _deliver(standin, app, installation, number, "pull_request", "opened", {})
                if status != 202:
                    raise DemoError(f"The App answered a signed delivery with {status} instead of 202.")
            with console.status("the workers review three pull requests"):
                _until(lambda: _finished(shop) == len(shop.pulls), "review the pull requests")
            ai = 1 + _SHOWN.index("claude/discount")
            given = standin.world.review(shop, ai, "claude[bot]", association="NONE")
            review = {
                "id": given.id,
                "state": "approved",
                "commit_id": given.commit,
                "user": _user("claude[bot]", "Bot"),
            }
            _deliver(standin, app, installation, ai, "pull_request_review", "submitted", {"review": review})
            _until(lambda: "review/self-review" in shop.issues[ai].labels, "see that Claude approved its own kind")
            console.print(_table(shop))
            rejected = _run(shop, 1 + _SHOWN.index("copilot/rounding"))
            console.print("The last one's check run, as GitHub shows it:\n")
            console.print(Markdown(rejected["output"]["summary"].partition("\n---")[0]))
            console.print(f"\n{len(standin.seen)} requests reached GitHub, of which none broke its description.")
            if standin.complaints:
                raise DemoError("\n".join(standin.complaints))
            _dashboard(console, rejected["output"]["summary"], (scratch / "log").read_text("utf-8"))


def _dashboard(console: Console, summary: str, log: str) -> None:
    """Say what the policy was measured to be worth, and where to look; at a terminal wait until somebody has looked."""
    evidence = re.search(r"^- \*\*Evidence\*\* (.*)$", summary, re.MULTILINE)
    address = re.search(r"http://\S+/signin/local\?token=\S+", log)
    if evidence is None or address is None:
        raise DemoError("The check run has no line of evidence, or the App named no dashboard.")
    console.print("\nEvidence for the policy that judged:")
    console.print(Markdown(evidence[1]))
    waits = sys.stdin.isatty() and sys.stdout.isatty()
    until = "until you press Enter" if waits else "while `make demo` runs at a terminal"
    console.print(f"\nThe dashboard, {until}: {address[0]}", soft_wrap=True, markup=False)
    if waits:
        input()


def _octo_shop(standin: StandIn, scratch: Path) -> tuple[Repository, App, Installation]:
    sample.build(scratch / "sample")
    world = standin.world
    shop = world.repository("octo/shop")
    shop.git("fetch", "--quiet", str(scratch / "sample"), "refs/heads/*:refs/heads/*")
    for branch in _SHOWN:
        world.open_pull(shop, shop, branch, author="mira")
    app = world.app("exogate")
    return shop, app, world.install(app, "octo")


@contextmanager
def _up(standin: StandIn, app: App, port: int, scratch: Path) -> Iterator[None]:
    """Run `exogate up` until the end of the block."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(scratch),
        "EXOGATE_DATA_DIR": str(scratch / "data"),
        "GITHUB_API_URL": standin.url,
        "GITHUB_SERVER_URL": standin.url,
        "GITHUB_APP_ID": str(app.id),
        "GITHUB_APP_PRIVATE_KEY": app.pem,
        "GITHUB_WEBHOOK_SECRET": app.hook_secret,
    }
    with (scratch / "log").open("w") as log:
        program = Path(sys.executable).with_name("exogate")
        command = [program, "up", "--local", "--port", str(port)]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            _until(lambda: _is_ready(port), "start", process)
            yield
        except DemoError as error:
            raise DemoError(f"{error}\n{(scratch / 'log').read_text()[-4000:]}") from error
        finally:
            process.terminate()
            process.wait(60)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _until(holds: Callable[[], bool], what: str, process: subprocess.Popen[bytes] | None = None) -> None:
    end = time.monotonic() + _SECONDS
    while not holds():
        if time.monotonic() > end or (process is not None and process.poll() is not None):
            raise DemoError(f"The App did not {what} in {_SECONDS:g} s, or ended.")
        time.sleep(0.1)


def _deliver(
    standin: StandIn, app: App, installation: Installation, number: int, event: str, action: str, more: dict[str, Any]
) -> int:
    """Deliver an event of a pull request as GitHub would; return the status that came back."""
    token = standin.world.token("octo")
    request = urllib.request.Request(
        f"{standin.url}/repos/octo/shop/pulls/{number}", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(request) as answer:
        pull = json.load(answer)
    payload = {
        "action": action,
        "number": number,
        "pull_request": pull,
        "repository": pull["base"]["repo"],
        "installation": {"id": installation.id},
        "sender": _user("mira", "User"),
        **more,
    }
    return standin.world.deliver(app, event, payload).status_code


def _user(login: str, kind: str) -> dict[str, Any]:
    return {"login": login, "id": sum(login.encode()), "type": kind}


def _finished(shop: Repository) -> int:
    return sum(run.fields["status"] == "completed" for run in shop.check_runs.values())


def _run(shop: Repository, number: int) -> dict[str, Any]:
    head = shop.commit(shop.pulls[number].head_ref)
    return next(run.fields for run in shop.check_runs.values() if run.head_sha == head)


def _table(shop: Repository) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("pull request", "conclusion", "check run's title", "labels"):
        table.add_column(heading, overflow="fold")
    for number, pull in shop.pulls.items():
        run = _run(shop, number)
        labels = ", ".join(sorted(shop.issues[number].labels))
        table.add_row(f"#{number} {pull.head_ref}", run["conclusion"], run["output"]["title"], labels)
    return table


if __name__ == "__main__":
    sys.exit(main())
