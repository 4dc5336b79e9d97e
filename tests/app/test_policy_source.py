"""Which policy judges: a change cannot choose it."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.git_snapshot import GitSnapshot, Objects
from app.policy_source import choose_policy, config_edits
from gates.change import Change, MemorySnapshot
from gates.policy import PolicyError
from tests.conftest import Repo

EMPTY = MemorySnapshot({})


def _base(text: str | bytes) -> MemorySnapshot:
    return MemorySnapshot.of({".github/exogate.yml": text})


def test_without_any_policy_the_default_advises() -> None:
    policy, source = choose_policy(None, EMPTY)
    assert policy.name == "standard"
    assert not policy.enforce
    assert "no policy" in source


def test_the_bases_file_counts() -> None:
    policy, source = choose_policy(None, _base("policy: compile\n"))
    assert list(policy.gates) == ["compile"]
    assert policy.enforce
    assert ".github/exogate.yml" in source


def test_a_preset_or_a_file_that_the_operator_names_wins(tmp_path: Path) -> None:
    file = tmp_path / "mine.yml"
    file.write_text("gates: {repetition: block}\n")
    assert choose_policy("none", _base("policy: compile\n"))[0].name == "none"
    assert list(choose_policy(str(file), EMPTY)[0].gates) == ["repetition"]


def test_an_unknown_name_lists_the_policies() -> None:
    with pytest.raises(PolicyError, match="compile, quality"):
        choose_policy("nothing-like-it", EMPTY)


def test_a_broken_policy_names_its_line() -> None:
    with pytest.raises(PolicyError, match=r"the base's .github/exogate.yml, line 2"):
        choose_policy(None, _base("gates:\n  compile: maybe\n"))
    with pytest.raises(PolicyError, match=r"line 2: This is no UTF-8"):
        choose_policy(None, _base(b"gates:\n  \xff: block\n"))


def test_a_policy_that_is_a_link_is_refused_and_not_passed_over(repo: Repo) -> None:
    repo.commit({"policy.yml": "policy: strict\n"})
    (repo.path / ".github").mkdir()
    (repo.path / ".github" / "exogate.yml").symlink_to("../policy.yml")
    repo.commit({})
    with Objects(repo.path) as objects, pytest.raises(PolicyError, match=r"exogate.yml: It is no plain file") as caught:
        choose_policy(None, GitSnapshot(objects, "HEAD"))
    assert "the base's" in str(caught.value)


def test_an_empty_name_is_no_policy() -> None:
    with pytest.raises(PolicyError, match=r"^policy: The name is empty"):
        choose_policy("", EMPTY)


def test_an_unknown_name_names_the_nearest() -> None:
    with pytest.raises(PolicyError, match=r"Did you mean 'strict'\?"):
        choose_policy("strct", EMPTY)


def test_naming_gates_without_a_policy_is_a_choice_and_they_block() -> None:
    policy, _ = choose_policy(None, EMPTY, ("coin", "compile"))
    assert policy.enforce
    assert {name: rule.level for name, rule in policy.gates.items()} == {"coin": "block", "compile": "block"}


def test_naming_gates_of_a_policy_keeps_their_level() -> None:
    policy, _ = choose_policy(None, _base("gates: {compile: advise, coin: block}\nenforce: false\n"), ("compile",))
    assert {name: rule.level for name, rule in policy.gates.items()} == {"compile": "advise"}
    assert not policy.enforce


def test_the_changes_own_edit_of_the_policy_is_seen() -> None:
    change = Change.between(_base("policy: strict\n"), _base("policy: none\n"))
    assert config_edits(change) == (".github/exogate.yml",)
