"""The whole Action, from its steps to what a runner collects, on repositories of several kinds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.app.action.conftest import Server
from tests.app.action.events import merge_group, pull_request, push

pytestmark = pytest.mark.slow

GOOD = "def double(x):\n    return 2 * x\n"
BROKEN = "def double(x:\n    return 2 * x\n"


@pytest.fixture
def pull(server: Server) -> Server:
    """A repository of five commits whose second has a branch with a broken file."""
    server.repo.commit({"a.py": "x = 1\n"})
    server.repo.commit({".github/exogate.yml": "policy: compile\n"})
    server.repo.branch("work")
    server.repo.commit({"b.py": BROKEN}, "Add b\n\nCo-Authored-By: Claude <noreply@anthropic.com>")
    server.repo.git("checkout", "--quiet", "main")
    for number in range(3):
        server.repo.commit({"a.py": f"x = {number + 2}\n"})
    return server


def sides(server: Server) -> tuple[str, str, str]:
    base, head = server.repo.git("rev-parse", "main"), server.repo.git("rev-parse", "work")
    return base, head, server.merge(base, head)


def test_a_pull_request_from_a_shallow_checkout(pull: Server, act) -> None:
    base, head, merged = sides(pull)
    done = act(pull.job("pull_request", pull_request(base, head), merged))
    assert done.status == 1, done.text
    assert done.outputs["decision"] == "reject"
    assert done.outputs["provenance"] == "ai-declared"
    assert done.outputs["harnesses"] == "Claude Code"
    report = json.loads(Path(done.outputs["review-json"]).read_text())
    assert (report["base"]["commit"], report["head"]["commit"]) == (base, head)
    assert json.loads(Path(done.outputs["sarif-file"]).read_text())["version"] == "2.1.0"
    assert report["policy"]["hash"] == json.loads(done.outputs["evidence"])["hash"]
    (error,) = done.annotations("error")
    assert (error.properties["file"], error.properties["line"]) == ("b.py", "1")
    assert "Rejected" in done.summary
    assert "This step fails: a blocking gate rejected the change" in done.summary


def test_a_forks_pull_request_with_a_token_that_only_reads_does_not_fail(pull: Server, act) -> None:
    base, head, merged = sides(pull)
    job = pull.job("pull_request", pull_request(base, head, fork=True), merged)
    done = act(job, labels="true", comment="true", fail_on="never")
    assert done.status == 0, done.text
    assert done.outputs["decision"] == "reject"
    assert "fork" in done.summary
    assert "since fail-on is: never" in done.summary


def test_pull_request_target_runs_nothing_of_the_change_and_says_why(server: Server, act) -> None:
    server.repo.commit({"b.py": GOOD, "test_b.py": "import b\n\n\ndef test_b():\n    assert b.double(2) == 4\n"})
    server.repo.branch("work")
    server.repo.commit({"b.py": GOOD.replace("2 * x", "x * 2")})
    base, head, merged = sides(server)
    event = pull_request(base, head)
    done = act(server.job("pull_request_target", event, base), policy="tests")
    assert (done.status, done.outputs["decision"]) == (3, "error"), done.text
    assert "nothing of the change is run" in done.summary
    assert json.loads(Path(done.outputs["review-json"]).read_text())["tool"]["sandbox"] is None
    done = act(server.job("pull_request", event, merged), policy="tests")
    assert (done.status, done.outputs["decision"]) == (0, "accept"), done.text


def test_pull_request_target_still_asks_the_gates_that_only_read(pull: Server, act) -> None:
    base, head, _ = sides(pull)
    done = act(pull.job("pull_request_target", pull_request(base, head), base))
    assert (done.status, done.outputs["decision"]) == (1, "reject"), done.text


def test_a_merge_group(pull: Server, act) -> None:
    base, _, merged = sides(pull)
    done = act(pull.job("merge_group", merge_group(base, merged), merged))
    assert (done.status, done.outputs["decision"]) == (1, "reject"), done.text


def test_a_push(pull: Server, act) -> None:
    before = pull.repo.git("rev-parse", "main~2")
    after = pull.repo.git("rev-parse", "main")
    done = act(pull.job("push", push(before, after), after))
    assert (done.status, done.outputs["decision"]) == (0, "accept"), done.text


def test_a_push_over_a_commit_that_is_gone_is_compared_with_the_default_branch(pull: Server, act) -> None:
    head = pull.repo.git("rev-parse", "work")
    done = act(pull.job("push", push("12" * 20, head, "refs/heads/work"), head))
    assert (done.status, done.outputs["decision"]) == (1, "reject"), done.text


def test_a_branch_that_was_deleted_leaves_nothing_to_judge(pull: Server, act) -> None:
    main = pull.repo.git("rev-parse", "main")
    done = act(pull.job("push", push(main, "0" * 40, "refs/heads/work", deleted=True), main))
    assert (done.status, done.outputs["decision"]) == (0, "none"), done.text
    assert "deleted" in done.summary


def test_by_hand_on_the_default_branch_its_last_commit_is_judged(pull: Server, act) -> None:
    pull.repo.commit({"c.py": BROKEN})
    main = pull.repo.git("rev-parse", "main")
    event = {"inputs": None, "repository": {"full_name": "octo/shop", "default_branch": "main"}}
    done = act(pull.job("workflow_dispatch", event, main))
    assert (done.status, done.outputs["decision"]) == (1, "reject"), done.text


def test_by_hand_on_another_branch_it_is_compared_with_the_default_branch(pull: Server, act) -> None:
    head = pull.repo.git("rev-parse", "work")
    event = {"repository": {"full_name": "octo/shop", "default_branch": "main"}}
    done = act(pull.job("workflow_dispatch", event, head, ref="refs/heads/work"))
    assert (done.status, done.outputs["decision"]) == (1, "reject"), done.text


def test_an_event_that_compares_nothing_needs_base_and_head(pull: Server, act) -> None:
    base, head, _ = sides(pull)
    done = act(pull.job("release", {"action": "published"}, base))
    assert done.status == 2, done.text
    assert "give base and head" in done.summary
    done = act(pull.job("release", {"action": "published"}, base), base="main", head=head)
    assert (done.status, done.outputs["decision"]) == (1, "reject"), done.text


def test_a_server_out_of_reach_ends_with_the_fetch_depth(pull: Server, act) -> None:
    base, head, merged = sides(pull)
    job = pull.job("pull_request", pull_request(base, head), merged)
    pull.repo.path.rename(pull.repo.path.with_name("gone"))
    done = act(job)
    assert (done.status, done.outputs["decision"]) == (3, "error"), done.text
    assert "`fetch-depth: 0`" in done.text
    assert "fetch-depth" in done.summary


def test_a_whole_checkout_needs_no_server(pull: Server, act) -> None:
    base, head, merged = sides(pull)
    job = pull.job("pull_request", pull_request(base, head), merged, depth=None)
    pull.repo.path.rename(pull.repo.path.with_name("gone"))
    done = act(job)
    assert (done.status, done.outputs["decision"]) == (1, "reject"), done.text


def test_the_bases_policy_as_it_stands_now_judges(pull: Server, act) -> None:
    """The event's own base is where the branch stood when the pull request was opened."""
    early = pull.repo.git("rev-parse", "main~4")
    _, head, merged = sides(pull)
    done = act(pull.job("pull_request", pull_request(early, head), merged))
    assert (done.status, done.outputs["decision"]) == (1, "reject"), done.text


def test_config_names_a_file_of_the_base_and_never_of_the_change(server: Server, act) -> None:
    server.repo.commit({"a.py": "x = 1\n", "ci/strict.yml": "policy: compile\n"})
    server.repo.branch("work")
    server.repo.commit({"b.py": BROKEN, "ci/strict.yml": "policy: none\n", "ci/mild.yml": "policy: none\n"})
    base, head, merged = sides(server)
    done = act(server.job("pull_request", pull_request(base, head), merged), config="ci/strict.yml")
    assert (done.status, done.outputs["decision"]) == (1, "reject"), done.text
    done = act(server.job("pull_request", pull_request(base, head), merged), config="ci/mild.yml")
    assert done.status == 2, done.text
    assert "The base has no such file" in done.summary


def test_a_repository_in_a_directory_of_the_workspace(pull: Server, act) -> None:
    base, head, merged = sides(pull)
    job = pull.job("pull_request", pull_request(base, head), merged, path="checkout")
    done = act(job, working_directory="checkout")
    assert (done.status, done.outputs["decision"]) == (1, "reject"), done.text
    done = act(job)
    assert done.status == 2
    assert "no git repository" in done.summary


def test_a_part_of_a_monorepo_is_judged_alone(pull: Server, act) -> None:
    server = pull
    server.repo.git("checkout", "--quiet", "work")
    server.repo.commit({"b.py": GOOD, "services/api/bad.py": BROKEN, "services/web/good.py": GOOD})
    base, head, merged = sides(server)
    job = server.job("pull_request", pull_request(base, head), merged)
    done = act(job, working_directory="services/api")
    assert (done.status, done.outputs["decision"]) == (1, "reject"), done.text
    (error,) = done.annotations("error")
    assert error.properties["file"] == "services/api/bad.py"
    done = act(job, working_directory="services/web")
    assert (done.status, done.outputs["decision"]) == (0, "accept"), done.text
    done = act(job, working_directory="docs")
    assert (done.status, done.outputs["decision"]) == (0, "none"), done.text


def test_a_repository_with_packages_of_exogates_names(server: Server, act) -> None:
    trap = "raise SystemExit('the repository was imported')\n"
    files = {f"{name}/__init__.py": trap for name in ("app", "gates", "webhooks", "pydantic", "click")}
    server.repo.commit({**files, ".github/exogate.yml": "policy: tests\n", "test_x.py": "def test_x():\n    pass\n"})
    server.repo.branch("work")
    server.repo.commit({"b.py": GOOD})
    base, head, merged = sides(server)
    done = act(server.job("pull_request", pull_request(base, head), merged))
    assert (done.status, done.outputs["decision"]) == (0, "accept"), done.text
