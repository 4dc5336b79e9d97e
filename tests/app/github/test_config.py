"""The base's policy, else the organisation's, else the operator's; a broken one is told about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.github.api import Api
from app.github.app_auth import READING, Installations
from app.github.config import OrganisationFile, choose, organisation_file, rules_for
from app.github.errors import LostError
from app.policy_source import Rules
from app.settings import Settings
from gates.change import Entry, EntryKind
from tests.conftest import Repo
from tests.standin.apps import App, Installation
from tests.standin.faults import Kind
from tests.standin.server import StandIn
from tests.standin.world import Repository

GOOD = "name: ours\nenforce: true\ngates:\n  compile: block\n"
BROKEN = "name: ours\ngates:\n  compil: block\n"
ORG = OrganisationFile("name: theirs\nenforce: true\ngates:\n  compile: block\n", "octo/.github's .github/exogate.yml")


class Files:
    """A snapshot of some files."""

    def __init__(self, files: dict[str, str]) -> None:
        self.id = "0" * 40
        self.files = files
        self.entries = {path: Entry(EntryKind.FILE, "0" * 40, len(text)) for path, text in files.items()}

    def read(self, path: str) -> bytes:
        return self.files[path].encode()

    def read_many(self, paths: Any) -> Any:
        return ((path, self.read(path)) for path in paths)


def chosen(files: dict[str, str], org: OrganisationFile | None = None, default: str | None = None) -> Rules:
    return choose(Files(files), lambda: org, default)


def test_the_bases_own_comes_first() -> None:
    made = choose(Files({".github/exogate.yml": GOOD}), pytest.fail, "strict")  # nobody else is asked
    assert (made.policy.name, made.source, made.notes) == ("ours", "the base's .github/exogate.yml", ())


def test_then_the_organisations() -> None:
    made = chosen({}, ORG, "strict")
    assert (made.policy.name, made.source, made.notes) == ("theirs", ORG.source, ())
    assert made.policy.enforce


def test_then_the_operators(tmp_path: Path) -> None:
    assert chosen({}, None, "strict").source == "the operator's default (preset)"
    (tmp_path / "p.yml").write_text(GOOD)
    assert chosen({}, None, str(tmp_path / "p.yml")).policy.name == "ours"


def test_with_none_the_standard_advises() -> None:
    made = chosen({})
    assert (made.policy.name, made.policy.enforce, made.notes) == ("standard", False, ())


@pytest.mark.parametrize(
    ("files", "org", "source"),
    [
        ({".github/exogate.yml": BROKEN}, ORG, "the base's .github/exogate.yml, line 3"),
        ({}, OrganisationFile(BROKEN, ORG.source), f"{ORG.source}, line 3"),
        ({}, OrganisationFile(None, ORG.source, "It is no plain file."), ORG.source),
    ],
)
def test_a_broken_one_is_told_about_and_the_default_judges(
    files: dict[str, str], org: OrganisationFile, source: str
) -> None:
    made = chosen(files, org, "strict")
    assert made.policy.name == "strict"
    (problem,) = made.notes
    assert problem.startswith(source)
    assert source == ORG.source or "compile" in problem  # what was meant


def test_a_broken_default_is_told_about_too(tmp_path: Path) -> None:
    made = chosen({".github/exogate.yml": BROKEN}, None, "no-such")
    assert (made.policy.name, made.policy.enforce, len(made.notes)) == ("standard", False, 2)


class TestOrganisations:
    """The file on GitHub."""

    @pytest.fixture
    def place(self, standin: StandIn, repo: Repo) -> Repository:
        made = standin.world.repository("octo/.github", private=True)
        repo.commit({".github/exogate.yml": GOOD})
        repo.git("push", "--quiet", str(made.directory), "main")
        return made

    @pytest.fixture
    def wide(self, installations: Installations, installation: Installation) -> Api:
        return installations.api(installation.id, permissions=READING)

    def push(self, repo: Repo, place: Repository, files: dict[str, str | bytes | None]) -> None:
        repo.commit(files)
        repo.git("push", "--quiet", str(place.directory), "main")

    def test_it_is_read_in_one_call(
        self, standin: StandIn, place: Repository, settings: Settings, wide: Api, installation: Installation
    ) -> None:
        assert organisation_file(wide, "octo") == OrganisationFile(GOOD, "octo/.github's .github/exogate.yml")
        assert standin.count("GET") == 1
        assert rules_for(settings, wide, "octo/shop", Files({})).policy.name == "ours"
        assert (
            rules_for(settings, wide, "octo/shop", Files({".github/exogate.yml": ORG.text or ""})).source[:8]
            == "the base"
        )
        assert standin.count("GET") == 2

    def test_a_token_for_one_repository_reads_what_is_public(
        self, place: Repository, api: Api, installation: Installation
    ) -> None:
        assert organisation_file(api, "octo") is None
        place.private = False
        assert organisation_file(api, "octo") is not None

    def test_there_may_be_none(
        self, standin: StandIn, installations: Installations, app: App, place: Repository, repo: Repo, wide: Api
    ) -> None:
        self.push(repo, place, {".github/exogate.yml": None, "README.md": "Hello.\n"})
        assert organisation_file(wide, "octo") is None
        chosen_only = standin.world.install(app, "octo", "octo/shop")
        assert organisation_file(installations.api(chosen_only.id, permissions=READING), "octo") is None
        standin.world.delete("octo/.github")
        assert organisation_file(wide, "octo") is None

    @pytest.mark.parametrize(
        ("content", "problem"),
        [
            (b"\xff\xfe\x00", "no UTF-8"),
            (b"#" * 70_000, "larger than 64 KiB"),
        ],
    )  # fmt: skip
    def test_what_is_no_policy_text(
        self, place: Repository, repo: Repo, wide: Api, content: bytes, problem: str
    ) -> None:  # fmt: skip
        self.push(repo, place, {".github/exogate.yml": content})
        found = organisation_file(wide, "octo")
        assert found is not None
        assert found.text is None
        assert problem in found.problem

    def test_a_directory_of_that_name(self, standin: StandIn, place: Repository, repo: Repo, wide: Api) -> None:
        self.push(repo, place, {".github/exogate.yml": None, ".github/exogate.yml/a": "b"})
        found = organisation_file(wide, "octo")
        assert found is not None
        assert "no plain file" in found.problem

    def test_no_answer_is_no_milder_policy(self, standin: StandIn, place: Repository, wide: Api) -> None:
        standin.fail(Kind.BAD_GATEWAY, "/contents/", times=wide.patience.attempts)
        with pytest.raises(LostError):
            organisation_file(wide, "octo")
        assert organisation_file(wide, "octo") is not None
