"""A clone holds what a review reads, fetched in few requests, with a token that nobody sees."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from app.github.checkout import SupersededError, Wanted, checkout, clone_of
from app.github.errors import GitHubError, LostError, MissingError, MovedError
from app.local import open_change
from app.settings import Settings
from tests.app.github.shop import CONTENTS, Shop, place, readable
from tests.standin.apps import Installation
from tests.standin.faults import Kind
from tests.standin.server import StandIn

__all__ = ["place"]


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
    before = len(standin.seen)
    with pytest.raises(MovedError, match="another name"):
        checkout(settings, api, place.wanted)
    assert [seen.status for seen in standin.seen[before:] if ".git/" in seen.line] == [301]


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
