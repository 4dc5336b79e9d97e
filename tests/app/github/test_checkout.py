"""A clone holds what a review reads, fetched in few requests; faults and pushes meanwhile end in a clear error."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from app.github.app_auth import Installations
from app.github.checkout import SupersededError, Wanted, checkout, clone_of
from app.github.errors import DeniedError, GitHubError, LimitedError, LostError, MissingError, SuspendedError
from app.github.git_fetch import FullDiskError, understood
from app.local import open_change
from app.provenance.read import read_history
from app.settings import Settings
from tests.conftest import Repo
from tests.standin.apps import Installation
from tests.standin.faults import DONE_FIRST, LIMITS, Kind
from tests.standin.server import StandIn
from tests.standin.world import Pull, Repository

CONTENTS = "^POST /octo/shop.git/git-upload-pack$"


class Shop:
    """``octo/shop``, private, with a fork that a pull request comes from."""

    def __init__(self, standin: StandIn, work: Repo, base: Repository, fork: Repository) -> None:
        self.standin, self.work, self.base, self.fork = standin, work, base, fork
        base.private = True

    @property
    def wanted(self) -> Wanted:
        head = self.base.git("rev-parse", "refs/pull/1/head").strip()
        return Wanted("octo/shop", self.base.commit("main"), head, 1)

    def push(self, files: dict[str, str | bytes | None], message: str = "More", *, force: bool = False) -> str:
        sha = self.work.commit(files, message)
        plus = "+" if force else ""
        self.work.git("push", "--quiet", str(self.fork.directory), f"{plus}HEAD:refs/heads/feature")
        self.standin.world.update_pull(self.base, 1)
        return sha

    def push_base(self, files: dict[str, str | bytes | None]) -> str:
        self.work.git("checkout", "--quiet", "main")
        sha = self.work.commit(files, "Base")
        self.work.git("push", "--quiet", str(self.base.directory), "main")
        self.work.git("checkout", "--quiet", "feature")
        return sha


@pytest.fixture
def place(standin: StandIn, work: Repo, project: Repository, pull: Pull) -> Shop:
    return Shop(standin, work, project, standin.world.repositories["mallory/shop"])


def readable(clone: Path, wanted: Wanted) -> list[str]:
    """Read as a review does; return the changed paths."""
    with open_change(clone, wanted.base, wanted.head) as local:
        for snapshot in (local.change.base, local.change.head, local.policy_base):
            assert dict(snapshot.read_many(snapshot.entries))
        history = read_history(clone, local.head_commit, f"^{local.base_commit}")
        assert history.evidence.remarks == ()
        assert len(history.commits) >= 1
        return [file.path for file in local.change.files]


def test_a_first_clone_takes_two_fetches(place: Shop, settings: Settings, api: Any) -> None:
    place.work.git("checkout", "--quiet", "main")
    for number in range(5):
        place.push_base({f"pkg/m{n}.py": f"x = {number * n}\n" for n in range(40)})
    clone = checkout(settings, api, place.wanted)
    assert readable(clone, place.wanted) == ["shop.py"]
    history, contents = place.standin.git_asked
    assert (history.filter, len(history.wants)) == ("blob:none", 2)
    assert len(contents.wants) == 40 + 2  # the files as they are now, and the other side of the one that changes
    assert all(asked.authorized for asked in place.standin.git_asked)
    # No older content of the 40 files is here.
    stored = subprocess.run(
        ["git", "-C", str(clone), "cat-file", "--batch-all-objects", "--batch-check=%(objecttype)"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert stored.split().count("blob") == len(contents.wants)


def test_what_is_there_is_not_asked_for_again(place: Shop, settings: Settings, api: Any) -> None:
    checkout(settings, api, place.wanted)
    before = len(place.standin.seen)
    checkout(settings, api, place.wanted)
    assert len(place.standin.seen) == before
    place.push({"new.py": "a = 1\n"})
    clone = checkout(settings, api, place.wanted)
    assert sorted(readable(clone, place.wanted)) == ["new.py", "shop.py"]
    history, contents = place.standin.git_asked[2:]
    assert (len(history.wants), len(contents.wants)) == (1, 1)
    assert history.haves > 0


def test_everything_a_tangled_branch_needs_is_there(place: Shop, settings: Settings, api: Any) -> None:
    place.push_base({"a.py": "a = 1\n", "b.py": "b = 1\n", "old.py": "o = 1\n"})
    place.push({"own.py": "x = 1\n", "shop.py": "PRICE = 3\n"})
    place.work.git("merge", "--quiet", "-m", "Merge", "main")
    place.push({"a.py": "a = 2\n", "own.py": None, "old.py": None})
    place.push_base({"a.py": "a = 3\n", "b.py": "b = 3\n"})
    place.push({"back.py": "x = 1\n", "b.py": "b = 2\n"})
    clone = checkout(settings, api, place.wanted)
    assert set(readable(clone, place.wanted)) == {"a.py", "b.py", "back.py", "old.py", "shop.py"}


def test_hostile_names_and_links_are_only_data(place: Shop, settings: Settings, api: Any) -> None:
    fake = "f" * 40
    place.work.git("update-index", "--add", "--cacheinfo", f"160000,{fake},sub")
    place.work.git("commit", "--quiet", "-m", "A submodule")
    hooks = {".gitattributes": "* filter=lfs diff=evil\n", "hooks/post-checkout": "#!/bin/sh\ntouch /tmp/owned\n"}
    place.work.write({f":100644 100644 {fake} {fake} M": "x\n", ".gitmodules": "[submodule]\n", **hooks})
    (place.work.path / "link").symlink_to("/etc/passwd")
    place.work.git("add", "--all", "--force", ":!sub")
    place.work.git("commit", "--quiet", "-m", "Names")
    place.work.git("push", "--quiet", str(place.fork.directory), "HEAD:refs/heads/feature")
    place.standin.world.update_pull(place.base, 1)
    clone = checkout(settings, api, place.wanted)
    with open_change(clone, place.wanted.base, place.wanted.head) as local:
        assert "sub" in [file.path for file in local.change.files]
    assert not list(clone.glob("hooks/*"))
    assert fake not in {want for asked in place.standin.git_asked for want in asked.wants}


def test_the_token_is_nowhere_to_be_seen(
    place: Shop, settings: Settings, api: Any, installation: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    held = place.standin.hold(CONTENTS)
    done = threading.Thread(target=checkout, args=(settings, api, place.wanted))
    done.start()
    assert held.arrived.wait(60)
    lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if _is_readable(path)]
    place.standin.release()
    done.join()
    fetching = [line for line in lines if b"git\0" in line and b"fetch" in line]
    assert fetching, "no fetch was under way"
    (token,) = place.standin.world.tokens
    for line in lines:
        assert token.encode() not in line
        assert b"Authorization" not in line
    for path in settings.data_dir.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert token.encode() not in content, path
            assert b"uthorization" not in content, path
    config = (clone_of(settings, "octo/shop") / "config").read_text()
    assert "remote" not in config
    assert token not in caplog.text


def _is_readable(path: Path) -> bool:
    try:
        path.read_bytes()
    except OSError:  # it ended meanwhile
        return False
    return True


@pytest.mark.parametrize("kind", sorted(DONE_FIRST | {Kind.BAD_GATEWAY, Kind.DROP, Kind.HTML}))
@pytest.mark.parametrize("which", ["^GET .*info/refs", CONTENTS])
def test_one_fault_is_got_over(place: Shop, settings: Settings, api: Any, kind: Kind, which: str) -> None:
    fault = place.standin.fail(kind, which)
    clone = checkout(settings, api, place.wanted)
    assert fault.times == 0
    assert readable(clone, place.wanted) == ["shop.py"]


@pytest.mark.parametrize("kind", sorted(LIMITS))
def test_a_limit_is_left_to_the_queue(place: Shop, settings: Settings, api: Any, kind: Kind) -> None:
    assert api.token
    place.standin.fail(kind, CONTENTS, wait=30)
    with pytest.raises(LimitedError):
        checkout(settings, api, place.wanted)
    (failed,) = [at for at, seen in enumerate(place.standin.seen) if seen.status == 0]
    assert not [seen for seen in place.standin.seen[failed + 1 :] if ".git/" in seen.line]  # git asked for no more


def test_a_github_that_stays_away_is_an_error(place: Shop, settings: Settings, api: Any) -> None:
    place.standin.fail(Kind.BAD_GATEWAY, "octo/shop.git", times=100)
    with pytest.raises(LostError):
        checkout(settings, api, place.wanted)
    assert len([seen for seen in place.standin.seen if ".git/" in seen.line]) == api.patience.attempts


def test_a_token_that_ends_before_the_fetch_is_replaced(place: Shop, settings: Settings, api: Any) -> None:
    assert api.token
    place.standin.world.tokens.clear()
    assert readable(checkout(settings, api, place.wanted), place.wanted) == ["shop.py"]


def test_a_token_that_ends_between_the_fetches_is_replaced(place: Shop, settings: Settings, api: Any) -> None:
    held = place.standin.hold(CONTENTS)
    failed: list[BaseException] = []

    def work() -> None:
        try:
            checkout(settings, api, place.wanted)
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    assert held.arrived.wait(60)
    place.standin.world.tokens.clear()
    place.standin.release()
    thread.join()
    assert failed == []
    assert readable(clone_of(settings, "octo/shop"), place.wanted) == ["shop.py"]


def test_a_deleted_fork_changes_nothing(place: Shop, settings: Settings, api: Any) -> None:
    wanted = place.wanted
    place.standin.world.delete("mallory/shop")
    assert readable(checkout(settings, api, wanted), wanted) == ["shop.py"]


def test_a_deleted_repository(place: Shop, settings: Settings, api: Any) -> None:
    wanted = place.wanted
    assert api.token
    place.standin.world.delete("octo/shop")
    with pytest.raises(MissingError, match="not there any more"):
        checkout(settings, api, wanted)


def test_suspended(place: Shop, settings: Settings, api: Any, installation: Installation) -> None:
    assert api.token
    installation.suspended = place.standin.world.clock.stamp()
    with pytest.raises(SuspendedError):
        checkout(settings, api, place.wanted)


def test_without_the_right_to_read(
    place: Shop, settings: Settings, installations: Installations, installation: Installation
) -> None:
    api = installations.api(installation.id, "octo/shop", permissions={"metadata": "read"})
    with pytest.raises(DeniedError):
        checkout(settings, api, place.wanted)


class TestPushes:
    """Heads and bases that move."""

    def test_pushed_over_before(self, place: Shop, settings: Settings, api: Any) -> None:
        old = place.wanted
        place.work.git("reset", "--quiet", "--hard", "main")
        place.push({"shop.py": "PRICE = 9\n"}, force=True)
        with pytest.raises(SupersededError, match="pushed over"):
            checkout(settings, api, old)
        assert readable(checkout(settings, api, place.wanted), place.wanted) == ["shop.py"]

    def test_pushed_over_between_the_two_fetches(self, place: Shop, settings: Settings, api: Any) -> None:
        # What was asked for is still among GitHub's objects: the review goes on, and is dropped when it is published.
        old = place.wanted
        checkout(settings, api, old)
        place.work.git("reset", "--quiet", "--hard", "main")
        place.push({"shop.py": "PRICE = 9\n"}, force=True)
        assert readable(checkout(settings, api, old), old) == ["shop.py"]

    def test_pushed_on(self, place: Shop, settings: Settings, api: Any) -> None:
        old = place.wanted
        place.push({"shop.py": "PRICE = 3\n"})
        with pytest.raises(SupersededError, match="pushed over"):
            checkout(settings, api, old)

    def test_a_reference_that_is_late(self, place: Shop, settings: Settings, api: Any) -> None:
        before = place.wanted.head
        place.push({"shop.py": "PRICE = 3\n"})
        wanted = place.wanted
        place.base.git("update-ref", "refs/pull/1/head", before)
        assert readable(checkout(settings, api, wanted), wanted) == ["shop.py"]

    def test_a_head_that_never_was(self, place: Shop, settings: Settings, api: Any) -> None:
        with pytest.raises(SupersededError):
            checkout(settings, api, Wanted("octo/shop", place.wanted.base, "1" * 40, 1))

    def test_a_base_that_is_gone_is_to_be_asked_for_anew(self, place: Shop, settings: Settings, api: Any) -> None:
        with pytest.raises(LostError, match="still needs"):
            checkout(settings, api, Wanted("octo/shop", "1" * 40, place.wanted.head, 1))

    def test_a_pull_request_that_never_was(self, place: Shop, settings: Settings, api: Any) -> None:
        wanted = place.wanted
        with pytest.raises(MissingError, match="Pull request 7"):
            checkout(settings, api, Wanted("octo/shop", wanted.base, wanted.head, 7))

    def test_a_page_in_place_of_git_is_no_push(self, place: Shop, settings: Settings, api: Any) -> None:
        place.standin.fail(Kind.HTML, "^GET .*info/refs", times=100)
        with pytest.raises(LostError, match="still needs"):
            checkout(settings, api, place.wanted)

    def test_a_merge_group(self, place: Shop, settings: Settings, api: Any) -> None:
        base = place.push_base({"other.py": "o = 1\n"})
        place.work.git("checkout", "--quiet", "-b", "queue", "main")
        place.work.git("merge", "--quiet", "--no-ff", "-m", "Merge", "feature")
        head = place.work.git("rev-parse", "HEAD")
        place.work.git("push", "--quiet", str(place.base.directory), "HEAD:refs/heads/gh-readonly-queue/main/pr-1")
        wanted = Wanted("octo/shop", base, head)
        assert readable(checkout(settings, api, wanted), wanted) == ["shop.py"]
        before = len(place.standin.seen)
        checkout(settings, api, wanted)
        assert len(place.standin.seen) == before


class TestDamage:
    """Clones that were left in the middle of something."""

    def test_a_damaged_pack_is_fetched_anew(self, place: Shop, settings: Settings, api: Any) -> None:
        clone = checkout(settings, api, place.wanted)
        for pack in clone.glob("objects/pack/*.pack"):
            pack.chmod(0o600)
            pack.write_bytes(pack.read_bytes()[:40])
        assert readable(checkout(settings, api, place.wanted), place.wanted) == ["shop.py"]

    def test_half_a_clone_is_made_anew(self, place: Shop, settings: Settings, api: Any) -> None:
        clone = clone_of(settings, "octo/shop")
        clone.mkdir(parents=True)
        (clone / "HEAD").write_text("")
        assert readable(checkout(settings, api, place.wanted), place.wanted) == ["shop.py"]

    def test_locks_of_the_dead_are_swept(self, place: Shop, settings: Settings, api: Any) -> None:
        clone = checkout(settings, api, place.wanted)
        place.push({"new.py": "a = 1\n"})
        left = [clone / "packed-refs.lock", clone / "refs/exogate/pull/1.lock", clone / "config.lock"]
        for lock in left:
            lock.write_text("")
        (clone / "objects/pack/tmp_pack_abc").write_text("")
        assert "new.py" in readable(checkout(settings, api, place.wanted), place.wanted)
        assert not [lock for lock in left if lock.exists()]

    def test_killed_in_the_middle(self, place: Shop, settings: Settings, api: Any, tmp_path: Path) -> None:
        """Another process is killed while it fetches; its git goes on, and we wait for that, not for the process."""
        held = place.standin.hold(CONTENTS)
        code = _CHILD.format(
            data=str(settings.data_dir), url=place.standin.url, token=api.token, wanted=repr(place.wanted)
        )
        child = subprocess.Popen([sys.executable, "-c", code])
        assert held.arrived.wait(60)
        child.send_signal(signal.SIGKILL)
        child.wait()
        place.standin.release()
        assert readable(checkout(settings, api, place.wanted), place.wanted) == ["shop.py"]

    def test_two_at_once(self, place: Shop, settings: Settings, api: Any) -> None:
        threads = [threading.Thread(target=checkout, args=(settings, api, place.wanted)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert readable(clone_of(settings, "octo/shop"), place.wanted) == ["shop.py"]
        assert len(place.standin.git_asked) == 2

    def test_many_packs_are_put_together(
        self, place: Shop, settings: Settings, api: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.github.checkout._MOST_PACKS", 4)
        for number in range(4):
            place.push({"shop.py": f"PRICE = {number + 10}\n"})
            clone = checkout(settings, api, place.wanted)
            assert readable(clone, place.wanted) == ["shop.py"]
        assert len(list(clone.glob("objects/pack/*.pack"))) <= 4

    @pytest.mark.sandbox
    def test_a_disk_that_is_full(self, place: Shop, settings: Settings, api: Any, tmp_path: Path) -> None:
        """The clone lies on a disk of 400 kB; when there is room, it is made whole."""
        noise = random.Random(1)
        place.push({"large.bin": noise.randbytes(2_000_000)})
        data = tmp_path / "small"
        data.mkdir()
        code = _CHILD.format(data=str(data), url=place.standin.url, token=api.token, wanted=repr(place.wanted))
        small = ["bwrap", "--dev-bind", "/", "/", "--size", "400000", "--tmpfs", str(data)]
        done = subprocess.run([*small, sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert "FullDiskError: There is no room on this machine" in done.stderr
        assert api.token not in done.stderr
        readable(checkout(settings, api, place.wanted), place.wanted)

    def test_what_nobody_foresaw_may_pass(
        self, place: Shop, settings: Settings, api: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def strange(*_: object, **__: object) -> None:
            raise understood(b"fatal: something that no git says today", "https://github.example/octo/shop.git")

        monkeypatch.setattr("app.github.checkout.fetch", strange)
        with pytest.raises(LostError, match="no git says"):
            checkout(settings, api, place.wanted)

    def test_no_place_to_write(self, place: Shop, settings: Settings, api: Any) -> None:
        settings.data_dir.mkdir(parents=True)
        (settings.data_dir / "clones").write_text("in the way")
        with pytest.raises(GitHubError, match="cannot be written"):
            checkout(settings, api, place.wanted)


_CHILD = """
from pathlib import Path
from app.github.api import Api
from app.github.checkout import Wanted, checkout
from app.settings import Settings
checkout(Settings(Path({data!r}), {url!r}, {url!r}), Api({url!r}, {token!r}), {wanted})
"""


@pytest.mark.parametrize("name", ["", "shop", "../shop", "octo/..", "octo/.", "a/b/c", "-x/y", "octo/a b", "o/\n"])
def test_what_is_no_name_is_refused(settings: Settings, name: str) -> None:
    with pytest.raises(GitHubError, match="no name"):
        clone_of(settings, name)


def test_names_differ_as_githubs_do(settings: Settings) -> None:
    assert clone_of(settings, "Octo/.github") == clone_of(settings, "octo/.GitHub")
    assert clone_of(settings, "octo/a.b").name == "a.b.git"


@pytest.mark.parametrize("sha", ["main", "--upload-pack=x", "", "0" * 39, "g" * 40])
def test_only_commit_ids_are_asked_for(place: Shop, settings: Settings, api: Any, sha: str) -> None:
    with pytest.raises(GitHubError, match="no commit id"):
        checkout(settings, api, Wanted("octo/shop", sha, place.wanted.head, 1))
    assert place.standin.git_asked == []


def test_redirects_are_not_followed(place: Shop, settings: Settings, api: Any, standin: StandIn) -> None:
    standin.moved["/octo/shop.git/"] = "/octo/elsewhere.git/"
    with pytest.raises(MissingError):
        checkout(settings, api, place.wanted)


URL = "https://github.example/octo/error: 404.git"


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (f"fatal: unable to access '{URL}/': The requested URL returned error: 502", LostError),
        (f"fatal: unable to access '{URL}/': Could not resolve host: github.example", LostError),
        (f"remote: Repository not found.\nfatal: repository '{URL}/' not found", MissingError),
        (f"fatal: unable to access '{URL}/': The requested URL returned error: 403", DeniedError),
        ("fatal: write error: No space left on device", FullDiskError),
        ("error: unable to write file: No space left on device\nfatal: fetch-pack: invalid index-pack", FullDiskError),
        ("error: RPC failed; HTTP 502 curl 22\nfatal: expected flush after ref listing", LostError),
        (f"fatal: unable to access '{URL}/': The requested URL returned error: 429", LimitedError),
        ("fatal: early EOF\nfatal: fetch-pack: invalid index-pack output", LostError),
    ],
)
def test_what_git_says_is_understood(said: str, kind: type) -> None:
    assert type(understood(said.encode(), URL)) is kind


def test_nothing_of_the_environment_is_passed_on(
    place: Shop, settings: Settings, api: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    evil = tmp_path / "evil"
    evil.write_text('[core]\n\thooksPath = /tmp\n[url "http://127.0.0.1:9/"]\n\tinsteadOf = http://\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(evil))
    monkeypatch.setenv("GIT_TRACE_CURL", str(tmp_path / "trace"))
    assert readable(checkout(settings, api, place.wanted), place.wanted) == ["shop.py"]
    assert not (tmp_path / "trace").exists()


def test_the_operators_proxy_is_used(
    place: Shop, settings: Settings, api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert api.token
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with pytest.raises(LostError, match=r"127\.0\.0\.1 port 9"):
        checkout(settings, api, place.wanted)
