"""GitHub fails, or this machine does, while a repository is cloned: nothing is lost, nothing left lying."""

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
from app.github.checkout import checkout, clone_of
from app.github.errors import DeniedError, GitHubError, LimitedError, LostError, MissingError, SuspendedError
from app.github.git_fetch import FullDiskError, understood
from app.settings import Settings
from tests.app.github.shop import CONTENTS, Shop, place, readable
from tests.standin.apps import Installation
from tests.standin.faults import DONE_FIRST, LIMITS, Kind

__all__ = ["place"]


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
        monkeypatch.setattr("app.github.clone._MOST_PACKS", 4)
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

        monkeypatch.setattr("app.github.clone.fetch", strange)
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
