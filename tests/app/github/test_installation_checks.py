"""`exogate doctor` for the App: each part is tried for real, and what is missing has its remedy."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy", reason="needs the extra: pip install 'exogate[app]'")

from app.installation_checks import checks, is_meant
from tests.services.redis import RedisServer, own_redis  # noqa: F401 - a fixture
from tests.standin.apps import App, Installation
from tests.standin.server import StandIn


@pytest.fixture
def environ(standin: StandIn, app: App, installation: Installation, tmp_path: Path) -> dict[str, str]:
    return {
        "EXOGATE_DATA_DIR": str(tmp_path / "data"),
        "GITHUB_API_URL": standin.url,
        "GITHUB_APP_ID": str(app.id),
        "GITHUB_APP_PRIVATE_KEY": app.pem,
        "GITHUB_WEBHOOK_SECRET": app.hook_secret,
    }


def test_where_all_is_there_all_works(environ: dict[str, str], own_redis: RedisServer, standin: StandIn) -> None:  # noqa: F811
    standin.world.clock.now = time.time()
    found = list(checks({**environ, "REDIS_URL": own_redis.url}))
    assert [(check.what, check.works) for check in found] == [
        ("settings", True), ("data", True), ("Redis", True), ("ledger", True), ("GitHub", True),
    ]  # fmt: skip
    assert "exogate" in found[-1].detail


def test_each_that_is_missing_is_named_and_no_secret_is_shown(environ: dict[str, str], tmp_path: Path) -> None:
    wrong = {
        **environ,
        "REDIS_URL": "redis://:hunter2@127.0.0.1:1",
        "DATABASE_URL": "postgresql://exogate:hunter2@127.0.0.1:1/exogate",
        "GITHUB_API_URL": "http://127.0.0.1:1",
    }
    found = {check.what: check for check in checks(wrong)}
    assert [what for what, check in found.items() if not check.works] == ["Redis", "ledger", "GitHub"]
    assert "hunter2" not in str(found)
    (tmp_path / "data").chmod(0o755)
    assert "chmod 700" in next(check.remedy for check in checks(wrong) if check.what == "data")
    assert [check.works for check in checks({"EXOGATE_DATA_DIR": str(tmp_path / "data")})][:3] == [False] * 3
    assert [check.what for check in checks({"PORT": "x"})] == ["settings"]


def test_it_is_looked_at_where_its_variables_are_set() -> None:
    assert is_meant({"GITHUB_APP_PRIVATE_KEY_PATH": "/run/secrets/key"})
    assert not is_meant({"PATH": "/usr/bin"})
