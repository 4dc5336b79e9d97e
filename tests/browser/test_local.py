"""`exogate up --local` as it runs: a link on the terminal, good on this machine and until it ends."""

from __future__ import annotations

import http.client
import re
from pathlib import Path

from tests.browser.place import until, up


def ask(port: int, path: str, **headers: str) -> tuple[int, str, dict[str, str]]:
    """Make one request as whoever speaks HTTP can, with any ``Host``."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.putrequest("GET", path, skip_host=True)
    for name, value in {"Host": f"127.0.0.1:{port}", **headers}.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    answer = connection.getresponse()
    return answer.status, answer.read().decode(), dict(answer.getheaders())


def link(log: Path, port: int) -> str:
    """Return the path in the link, once it is shown."""
    shown = re.compile(rf"http://127\.0\.0\.1:{port}(/signin/local\?token=\S+)\n")
    until(lambda: shown.search(log.read_text()), "the link")
    return str(shown.findall(log.read_text())[-1])


def test_the_link_is_for_this_machine_and_this_start(tmp_path: Path) -> None:
    environment = {"EXOGATE_DATA_DIR": str(tmp_path / "data")}
    with up(tmp_path, environment, "--local", "--processes", "2", "--workers", "1") as (_, port, log):
        shown = link(log, port)
        assert ask(port, "/")[0] == 303
        status, _, headers = ask(port, shown)
        assert (status, headers["Location"]) == (303, "/")
        cookie = headers["Set-Cookie"].partition(";")[0]
        for _ in range(8):  # both processes know it
            status, page, _ = ask(port, "/", Cookie=cookie)
            assert status == 200 and "the local operator" in page and "No review yet" in page
        # A page elsewhere whose name was made to point here sends its own name, and may have learnt the link.
        for wrong in ({"Host": "evil.example"}, {"Host": f"evil.example:{port}"}, {"X_Forwarded_For": "192.0.2.1"}):
            assert ask(port, shown, **wrong)[0] == 403
            assert ask(port, "/", **{"Cookie": cookie, **wrong})[0] == 303
        assert shown.partition("=")[2] not in (tmp_path / "data").joinpath("ledger.sqlite3").read_bytes().decode(
            "latin1"
        )
    with up(tmp_path, environment, "--local", "--processes", "1", "--workers", "1") as (_, port, log):
        assert link(log, port) != shown
        assert ask(port, shown)[0] == 403
        renamed = f"exogate-{port}={cookie.partition('=')[2]}"
        assert ask(port, "/", Cookie=renamed)[0] == 303  # Redis has it still, and it is of another start
    with up(tmp_path, environment, "--processes", "1", "--workers", "1") as (_, port, _):
        assert ask(port, shown)[0] == 404
        assert ask(port, "/", Cookie=f"exogate-{port}={cookie.partition('=')[2]}")[0] == 303
