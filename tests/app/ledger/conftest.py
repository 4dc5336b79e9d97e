"""The ledger on both databases, with a clock that moves when it is told to."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.services.postgres import postgres_server, postgres_url

if TYPE_CHECKING:
    from app.ledger.ledger import Ledger

__all__ = ["postgres_server", "postgres_url"]

_MISSING = [name for name in ("sqlalchemy", "alembic", "psycopg") if importlib.util.find_spec(name) is None]


class _WithoutDatabase(pytest.Module):
    """Stands for a test module that cannot be imported without the extra."""

    def collect(self) -> Any:
        pytest.skip("needs SQLAlchemy, Alembic and psycopg: pip install 'exogate[app]'", allow_module_level=True)


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    return _WithoutDatabase.from_parent(parent, path=module_path) if _MISSING else None


class Clock:
    """A time that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 8, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of an empty database of the kind that the fixture's parameter names."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    address: str = request.getfixturevalue("postgres_url")
    return address


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, of either kind."""
    return empty_database(request, tmp_path)


@pytest.fixture
def ledger(url: str, clock: Clock) -> Iterator[Ledger]:
    from app.ledger.ledger import Ledger

    opened = Ledger.open(url, patience=0.5, now=clock)
    yield opened
    opened.close()
