"""A database that is locked, full, away or none: a sentence, nothing half-written, and work goes on afterwards."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from app.ledger.engine import database_url
from app.ledger.errors import LedgerError
from app.ledger.ledger import Ledger
from app.ledger.models import DeliveryOutcome
from tests.app.ledger.build import REPOSITORY, add_review

if TYPE_CHECKING:
    from tests.services.postgres import PostgresServer


ROOT = Path(__file__).parents[3]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite3"


@pytest.fixture
def sqlite(file: Path) -> Iterator[Ledger]:
    ledger = Ledger.open(f"sqlite:///{file}", patience=0.2)
    yield ledger
    ledger.close()


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Ledger]:
    ledger = Ledger.open(postgres_url, patience=0.2)
    yield ledger
    ledger.close()


def test_sqlite_runs_in_wal_mode_with_everything_durable(sqlite: Ledger) -> None:
    with sqlite.reading() as session:
        told = {
            name: session.connection().exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert told == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 200}


def test_a_lock_held_by_another_process_is_a_sentence_and_passes(sqlite: Ledger, file: Path) -> None:
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerError, match=r"ledger\.sqlite3 is locked by another process") as caught:
        sqlite.delivery("d1", "ping")
    assert caught.value.passing
    assert sqlite.heard("d1") is None  # WAL: who only reads waits for nobody
    sqlite.ready()
    other.execute("ROLLBACK")
    other.close()
    assert sqlite.delivery("d1", "ping")


def test_a_writer_waits_for_a_lock_that_is_given_up(file: Path) -> None:
    ledger = Ledger.open(f"sqlite:///{file}", patience=30)
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.3, lambda: other.execute("ROLLBACK")).start()
    assert ledger.delivery("d1", "ping")


def test_what_reads_before_it_writes_waits_too(file: Path) -> None:
    """A transaction that began by reading would fail at once where another wrote in between."""
    ledger = Ledger.open(f"sqlite:///{file}", patience=30)
    threads = [threading.Thread(target=add_review, args=(ledger,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ledger.reviews(REPOSITORY)) == 6


def test_a_lock_on_postgresql_is_a_sentence_and_passes(postgres: Ledger, postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as other:
        other.execute("LOCK TABLE delivery IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(LedgerError, match="is locked by another process") as caught:
            postgres.delivery("d1", "ping")
        assert caught.value.passing
    assert postgres.delivery("d1", "ping")


def test_a_stopped_server_is_a_sentence_and_one_started_again_is_used(
    postgres_server: PostgresServer, postgres: Ledger, postgres_url: str
) -> None:
    assert postgres.delivery("d1", "ping")
    postgres_server.stop()
    try:
        for act in (postgres.ready, lambda: postgres.delivery("d2", "ping"), lambda: Ledger.open(postgres_url)):
            with pytest.raises(LedgerError, match=r"The ledger's database 'test_\d+' at .* does not answer") as caught:
                act()
            assert caught.value.passing
    finally:
        postgres_server.start()
    postgres.ready()
    assert not postgres.delivery("d1", "ping")
    assert postgres.delivery("d2", "ping")


def test_a_server_that_was_restarted_unseen_is_used_again(postgres_server: PostgresServer, postgres: Ledger) -> None:
    assert postgres.delivery("d1", "ping")
    postgres_server.stop()
    postgres_server.start()
    assert postgres.delivery("d2", "ping")


def test_a_server_that_stops_in_the_middle_leaves_nothing_half_written(
    postgres_server: PostgresServer, postgres: Ledger
) -> None:
    add_review(postgres)
    stopped = False
    try:
        with pytest.raises(LedgerError) as caught, postgres.writing() as session:
            session.connection().exec_driver_sql("SELECT 1")
            postgres_server.stop()
            stopped = True
            session.connection().exec_driver_sql("SELECT 1")
        assert caught.value.passing
    finally:
        if stopped:
            postgres_server.start()
    assert len(postgres.reviews(REPOSITORY)) == 1


def test_a_password_is_never_said(postgres_server: PostgresServer) -> None:
    for url in (
        f"postgresql://exogate:hunter2@/nowhere?host={postgres_server.home}",
        "postgresql://exogate:hunter2@127.0.0.1:1/exogate",
        "mysql://exogate:hunter2@127.0.0.1/exogate",
        "postgresql//exogate:hunter2@127.0.0.1",
    ):
        with pytest.raises(LedgerError) as caught:
            Ledger.open(url, patience=0.2)
        assert "hunter2" not in str(caught.value)


def test_a_database_that_is_not_there_is_no_passing_fault(postgres_server: PostgresServer) -> None:
    with pytest.raises(LedgerError, match=r'refused us: database "nowhere" does not exist\. Check') as caught:
        Ledger.open(postgres_server.address("nowhere"))
    assert not caught.value.passing


def test_a_full_disk_is_a_sentence_and_passes(sqlite: Ledger) -> None:
    add_review(sqlite)
    with sqlite.writing() as session:
        connection = session.connection()
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(LedgerError, match="has no room left") as caught:
        for _ in range(50):
            add_review(sqlite, notes=["x" * 5000])
    assert caught.value.passing
    before = len(sqlite.reviews(REPOSITORY))
    sqlite.close()
    add_review(sqlite)
    assert len(sqlite.reviews(REPOSITORY)) == before + 1


def test_a_file_that_is_no_database_is_a_sentence(file: Path) -> None:
    file.write_bytes(b"not a database, but long enough to be taken for one" * 40)
    with pytest.raises(LedgerError, match="is no SQLite database") as caught:
        Ledger.open(f"sqlite:///{file}")
    assert not caught.value.passing


def test_a_place_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LedgerError, match=r"cannot be made: .* Name a place that this user may write to"):
        Ledger.open(f"sqlite:///{tmp_path / 'file' / 'ledger.sqlite3'}")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mysql://localhost/exogate", "names 'mysql'"),
        ("postgresql+asyncpg://localhost/exogate", "names 'postgresql\\+asyncpg'"),
        ("sqlite://", "gone with the process"),
        ("sqlite:///:memory:", "gone with the process"),
        ("sqlite:///file:x?mode=memory&uri=true", "gone with the process"),
        ("ledger.sqlite3", "no database's address"),
    ],
)
def test_an_address_that_is_none_of_ours_is_refused(url: str, says: str) -> None:
    with pytest.raises(LedgerError, match=says):
        Ledger.open(url)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_by_every_usual_name(scheme: str) -> None:
    assert database_url(f"{scheme}://u@h/d").drivername == "postgresql+psycopg"


def test_the_file_is_for_its_owner_only(sqlite: Ledger, file: Path) -> None:
    sqlite.delivery("d1", "ping")
    for path in file.parent.glob("ledger.sqlite3*"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_child_process_uses_connections_of_its_own(ledger: Ledger) -> None:
    """Parent and child would speak over one another on the connection that lay idle at the fork."""

    def add(whose: str) -> bool:
        return all(ledger.delivery(f"{whose}{number}", "ping") for number in range(40))

    ledger.delivery("first", "ping")
    child = os.fork()
    if not child:
        status = 1
        try:
            status = 0 if add("child") else 2
        finally:
            os._exit(status)
    mine = add("parent")
    _, status = os.waitpid(child, 0)
    assert (mine, os.waitstatus_to_exitcode(status)) == (True, 0)
    assert len(ledger.deliveries_since(datetime(2026, 1, 1, tzinfo=UTC))) == 81


def test_a_child_inherits_no_open_database(sqlite: Ledger, file: Path) -> None:
    """SQLite loses its locks where a child uses, or only closes, what its parent opened."""
    sqlite.delivery("first", "ping")
    child = os.fork()
    if not child:
        inherited = True
        try:
            opened = [str(entry.readlink()) for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink()]
            inherited = any(name.startswith(str(file)) for name in opened)
        finally:
            os._exit(inherited)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def test_a_child_leaves_the_transaction_of_its_parent_alone(ledger: Ledger) -> None:
    with ledger.writing() as session:
        session.add(DeliveryOutcome(guid="d1", outcome="done", detail="", recorded=ledger.now()))
        session.flush()
        child = os.fork()
        if not child:
            ledger.close()
            os._exit(0)
        os.waitpid(child, 0)
    ledger.delivery("d1", "ping")
    heard = ledger.heard("d1")
    assert heard is not None
    assert heard.outcome == "done"


def test_a_process_killed_while_it_writes_leaves_nothing_and_no_lock(url: str, ledger: Ledger) -> None:
    program = (
        "import os, signal, sys; from app.ledger.ledger import Ledger; from app.ledger.models import DeliveryOutcome\n"
        "ledger = Ledger.open(sys.argv[1])\n"
        "with ledger.writing() as session:\n"
        "    session.add(DeliveryOutcome(guid='d1', outcome='half', detail='', recorded=ledger.now()))\n"
        "    session.flush()\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, url], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    ledger.delivery("d1", "ping")
    heard = ledger.heard("d1")
    assert heard is not None
    assert heard.outcome is None


def test_what_a_postgresql_address_says_of_its_connection_counts(postgres_url: str) -> None:
    ledger = Ledger.open(f"{postgres_url}&application_name=mine&options=-csearch_path%3Dpublic")
    with ledger.reading() as session:
        told = session.connection().exec_driver_sql("SELECT current_setting('application_name')").scalar()
    assert told == "mine"


ANOTHER = """
import sys
from app.ledger.ledger import Ledger
ledger = Ledger.open(sys.argv[1])
ledger.delivery(sys.argv[2], "push")
ledger.close()
"""


def test_two_ledgers_in_one_process_keep_what_others_would_clear_away(file: Path) -> None:
    """Opening the second must not drop the first one's locks on the file."""
    url = f"sqlite:///{file}"
    first = Ledger.open(url)
    first.delivery("one", "push")
    second = Ledger.open(url)
    second.delivery("two", "push")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for name, ours in (("three", "four"), ("five", "six")):
        subprocess.run([sys.executable, "-c", ANOTHER, url, name], env=environment, check=True)
        first.delivery(ours, "push")
    heard = {each.id for each in second.deliveries_since(datetime(2020, 1, 1, tzinfo=UTC))}
    first.close()
    second.close()
    kept = {row[0] for row in sqlite3.connect(file).execute("SELECT guid FROM delivery")}
    assert heard == kept == {"one", "two", "three", "four", "five", "six"}
