"""A ledger with two merges, whose repository agreed to be exported."""

from __future__ import annotations

import importlib.util
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.app.cli.conftest import Run, exogate
from tests.services.postgres import postgres_server, postgres_url

if TYPE_CHECKING:
    from app.ledger.ledger import Ledger

__all__ = ["exogate", "postgres_server", "postgres_url"]

_MISSING = [name for name in ("sqlalchemy", "alembic", "psycopg") if importlib.util.find_spec(name) is None]


class _WithoutDatabase(pytest.Module):
    """Stands for a test module that cannot be imported without the extra."""

    def collect(self) -> Any:
        pytest.skip("needs SQLAlchemy, Alembic and psycopg: pip install 'exogate[app]'", allow_module_level=True)


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    return _WithoutDatabase.from_parent(parent, path=module_path) if _MISSING else None


@pytest.fixture(params=["sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """SQLite, unless a test asks for the other."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    address: str = request.getfixturevalue("postgres_url")
    return address


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    from app.ledger.ledger import Ledger

    opened = Ledger.open(url, patience=0.5)
    yield opened
    opened.close()


@pytest.fixture
def run(exogate: Run, url: str, ledger: Ledger) -> Run:
    """The command on a ledger of two merges: one that its policy accepted, one that nobody judged."""
    from app.ledger.attribution import LineRow
    from app.ledger.contents import FileRow
    from tests.app.ledger.build import add_merge, add_review
    from tests.app.ledger.test_export import LINES, OPUS, PERSON

    add_review(ledger)
    add_merge(ledger, LINES)
    lines = [LineRow("b.py", 1, 5, OPUS), LineRow("b.py", 6, 6, PERSON)]
    add_merge(ledger, lines, number=2, files=[FileRow("b.py", "e" * 40, 8, None)])

    def with_settings(*args: object, **env: str) -> subprocess.CompletedProcess[str]:
        return exogate("export", *args, **{"DATABASE_URL": url, "EXOGATE_EXPORT_REPOSITORIES": "Octo/Shop x/y", **env})

    return with_settings
