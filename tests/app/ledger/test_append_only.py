"""Rows are added and never changed: the database itself says so, to everyone."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from app.ledger.attribution import UNDECLARED, LineRow
from app.ledger.contents import FileRow
from app.ledger.engine import database_url
from app.ledger.errors import REFUSED, LedgerError
from app.ledger.ledger import Ledger
from app.ledger.models import Review, append_only_tables
from app.ledger.seen import PullIs, Seen
from tests.app.ledger.build import REPOSITORY, add_merge, add_review


@pytest.fixture
def full(ledger: Ledger) -> Ledger:
    """A ledger with a row in every table."""
    ledger.delivery("d1", "pull_request")
    ledger.delivery_done("d1", "done")
    ledger.installation(1, "octo", "installation.created")
    add_review(ledger, seen=Seen(PullIs.OPEN, ledger.now(), "A title"), policy_text={"name": "strict"})
    ledger.override(repository_id=REPOSITORY, number=1, head="b" * 40, actor="ada", kind="provenance", value="ai")
    add_merge(ledger, [LineRow("a.py", 1, 2, UNDECLARED)], files=[FileRow("a.py", "d" * 40, 2, None)])
    return ledger


ONLY_SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


def rows(engine: Engine, table: str) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(text(f'SELECT * FROM "{table}"')))


def test_no_row_is_changed_or_removed(url: str, full: Ledger) -> None:
    engine = create_engine(database_url(url))
    for table in append_only_tables():
        acts = [f'UPDATE "{table}" SET recorded = recorded', f'DELETE FROM "{table}"']
        if engine.dialect.name == "postgresql":
            acts.append(f'TRUNCATE "{table}" CASCADE')
        for act in acts:
            with engine.connect() as connection, pytest.raises(DBAPIError, match=REFUSED):
                connection.execute(text(act))
        assert rows(engine, table)


@ONLY_SQLITE
def test_sqlites_replace_does_not_get_around_it(url: str, full: Ledger) -> None:
    engine = create_engine(database_url(url))
    for table in append_only_tables():
        before = rows(engine, table)
        columns = ", ".join(f'"{name}"' for name in before[0]._fields)
        other = columns.replace('"recorded"', "'2000-01-01 00:00:00'")
        with engine.connect() as connection, contextlib.suppress(DBAPIError):
            connection.execute(text(f'INSERT OR REPLACE INTO "{table}" ({columns}) SELECT {other} FROM "{table}"'))
            connection.commit()
        assert rows(engine, table) == before


@ONLY_SQLITE
def test_replace_by_another_key_changes_nothing(url: str, full: Ledger) -> None:
    engine = create_engine(database_url(url))
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT OR REPLACE INTO delivery (guid, event, received, recorded) "
                "VALUES ('d1', 'forged', '2026-01-01 00:00:00', '2026-01-01 00:00:00')"
            )
        )
    assert [(row.guid, row.event) for row in rows(engine, "delivery")] == [("d1", "pull_request")]


def test_our_own_session_is_refused_in_a_sentence(full: Ledger) -> None:
    sentence = "rows of the ledger are added and never changed"
    with pytest.raises(LedgerError, match=sentence) as caught, full.writing() as session:
        session.get_one(Review, 1).decision = "forged"
    assert not caught.value.passing
