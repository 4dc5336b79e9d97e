"""The schema moves forwards and backwards, whole or not at all, and is what the models say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.exc import DBAPIError

from app.ledger import migrate
from app.ledger.attribution import UNDECLARED, LineRow
from app.ledger.base import Base
from app.ledger.contents import FileRow
from app.ledger.engine import connect, database_url
from app.ledger.errors import REFUSED, LedgerError
from app.ledger.ledger import Ledger
from app.ledger.models import append_only_tables
from app.ledger.seen import PullIs, Seen
from tests.app.ledger.build import REPOSITORY, add_merge, add_review

ROOT = Path(__file__).parents[3]
_TRIGGERS = {
    "sqlite": "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
    "WHERE NOT t.tgisinternal",
}


def guarded(connection: Connection) -> set[str]:
    rows = connection.execute(text(_TRIGGERS[connection.dialect.name]))
    return {table for table, name in rows if "no_update" in name or "no_change" in name}


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


def test_models_and_migrated_schema_are_the_same(url: str, ledger: Ledger) -> None:
    engine = create_engine(database_url(url))
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": migrate.VERSIONS, "compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, Base.metadata) == []


def test_every_table_but_those_of_state_is_guarded(url: str, ledger: Ledger) -> None:
    with create_engine(database_url(url)).connect() as connection:
        assert guarded(connection) == set(append_only_tables())
        others = tables(connection) - guarded(connection) - {migrate.VERSIONS}
    assert others == {"state_check", "state_pull"}


def test_the_comparison_would_see_a_difference(url: str, ledger: Ledger) -> None:
    engine = create_engine(database_url(url))
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE state_pull ADD COLUMN extra INTEGER"))
        context = MigrationContext.configure(connection, opts={"version_table": migrate.VERSIONS})
        assert [change[0] for change in compare_metadata(context, Base.metadata)] == ["remove_column"]


def test_back_to_nothing_and_forward_again(url: str) -> None:
    engine = connect(database_url(url), 1)
    ledger = Ledger.open(url)
    add_review(ledger)
    migrate.downgrade(engine, "The ledger", "base")
    with engine.connect() as connection:
        assert tables(connection) == {migrate.VERSIONS}
        assert guarded(connection) == set()
        assert migrate.current(connection) is None
    migrate.upgrade(engine, "The ledger")
    with engine.connect() as connection:
        assert migrate.current(connection) == migrate.newest()
        assert guarded(connection) == set(append_only_tables())
    assert add_review(ledger) == 1


def test_every_version_can_be_left_and_reached_on_its_own(url: str) -> None:
    engine = connect(database_url(url), 1)
    versions = [s.revision for s in migrate.ScriptDirectory.from_config(migrate.configuration()).walk_revisions()]
    assert versions
    for version in reversed(versions):
        migrate.upgrade(engine, "The ledger", version)
        with engine.connect() as connection:
            assert migrate.current(connection) == version
    for _ in versions:
        migrate.downgrade(engine, "The ledger", "-1")
    with engine.connect() as connection:
        assert migrate.current(connection) is None


def test_rows_of_the_first_version_stay_and_stay_guarded(url: str) -> None:
    """The table of the second version comes and goes beside rows that nobody may change."""
    engine = connect(database_url(url), 1)
    migrate.upgrade(engine, "The ledger", "0001")
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO merge (repository_id, number, head, merge_sha, method, status, harnesses, model_families, "
                "reviewers, recorded) VALUES (1, 1, 'b', 'c', 'squash', 'mixed', '[]', '[]', 'none', "
                "'2026-08-01 12:00:00+00:00')"
            )
        )
        connection.execute(
            text(
                "INSERT INTO merge_line (merge_id, path, first, last, status, recorded) "
                "SELECT id, 'old.py', 1, 2, 'mixed', recorded FROM merge"
            )
        )
    migrate.upgrade(engine, "The ledger")
    ledger = Ledger.open(url)
    add_merge(ledger, [LineRow("new.py", 1, 1, UNDECLARED)], files=[FileRow("new.py", "d" * 40, 3, None)])
    told = [(row.path, row.blob, row.blob_lines) for one in (1, REPOSITORY) for row in ledger.export([one])]
    assert told == [("old.py", None, None), ("new.py", "d" * 40, 3)]
    migrate.downgrade(engine, "The ledger", "0001")
    with engine.connect() as connection:
        assert "merge_file" not in tables(connection)
        paths = connection.execute(text("SELECT path FROM merge_line ORDER BY id")).scalars().all()
        assert paths == ["old.py", "new.py"]
        assert guarded(connection) == set(append_only_tables()) - {"merge_file", "pull_seen", "policy"}
        with pytest.raises(DBAPIError, match=REFUSED):
            connection.execute(text("DELETE FROM merge_line"))
    migrate.upgrade(engine, "The ledger")
    ledger.ready()


def test_rows_of_the_third_version_get_pull_requests_beside_them(url: str) -> None:
    """The fourth version adds a column to a guarded table: its rows stay, and nobody may change them still."""
    engine = connect(database_url(url), 1)
    migrate.upgrade(engine, "The ledger", "0003")
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO delivery (guid, event, action, installation, repository_id, received, recorded) VALUES "
                "('old', 'pull_request', 'opened', 7, 11, '2026-08-01 12:00:00+00:00', '2026-08-01 12:00:00+00:00')"
            )
        )
    migrate.upgrade(engine, "The ledger")
    ledger = Ledger.open(url)
    assert ledger.delivery("old", "pull_request", number=5) is False
    assert ledger.delivery("new", "pull_request", repository_id=11, number=5) is True
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT guid, event, number FROM delivery ORDER BY id")).all()
        assert [tuple(row) for row in rows] == [("old", "pull_request", None), ("new", "pull_request", 5)]
        with pytest.raises(DBAPIError, match=REFUSED):
            connection.execute(text("UPDATE delivery SET number = 6"))
    add_review(ledger, seen=Seen(PullIs.OPEN, ledger.now(), "A title"), policy_text={"name": "strict"})
    migrate.downgrade(engine, "The ledger", "0003")
    with engine.connect() as connection:
        assert not {"pull_seen", "policy"} & tables(connection)
        assert "number" not in {column["name"] for column in inspect(connection).get_columns("delivery")}
        assert connection.execute(text("SELECT guid FROM delivery ORDER BY id")).scalars().all() == ["old", "new"]
        with pytest.raises(DBAPIError, match=REFUSED):
            connection.execute(text("UPDATE delivery SET event = 'forged'"))
    migrate.upgrade(engine, "The ledger")
    ledger.ready()


def test_a_second_opening_changes_nothing(url: str, ledger: Ledger) -> None:
    first = add_review(ledger)
    again = Ledger.open(url)
    again.ready()
    assert add_review(again) == first + 1


def test_a_ledger_of_a_newer_exogate_is_not_touched(url: str, ledger: Ledger) -> None:
    with create_engine(database_url(url)).begin() as connection:
        connection.execute(text(f"UPDATE {migrate.VERSIONS} SET version_num = '9999'"))
    for act in (ledger.ready, lambda: Ledger.open(url)):
        with pytest.raises(LedgerError, match=r"version 9999 .*a newer one wrote it") as caught:
            act()
        assert not caught.value.passing


def test_an_empty_database_is_not_ready(url: str, ledger: Ledger) -> None:
    migrate.downgrade(connect(database_url(url), 1), "The ledger", "base")
    with pytest.raises(LedgerError, match="does not hold the ledger's tables"):
        ledger.ready()


def test_a_migration_that_fails_leaves_nothing(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.ledger.migrations.versions import v0001_first

    source = Path(v0001_first.__file__).read_text("utf-8")
    broken = source.replace("    _state()\n", "    _state()\n    op.execute(sa.text('SELECT nonsense FROM nowhere'))\n")
    assert broken != source
    scripts = Path(migrate.__file__).parent / "migrations"
    made = tmp_path / "migrations"
    (made / "versions").mkdir(parents=True)
    (made / "env.py").write_bytes((scripts / "env.py").read_bytes())
    (made / "versions" / "v0001_first.py").write_text(broken, "utf-8")
    usual = migrate.configuration

    def from_made(connection: Connection | None = None) -> migrate.Config:
        config = usual(connection)
        config.set_main_option("script_location", str(made))
        return config

    with monkeypatch.context() as patched:
        patched.setattr(migrate, "configuration", from_made)
        with pytest.raises(LedgerError):
            Ledger.open(url)
    with create_engine(database_url(url)).connect() as connection:
        assert tables(connection) == set()
    Ledger.open(url).ready()


def test_several_processes_may_open_a_new_ledger_at_once(url: str) -> None:
    program = (
        "import sys; from app.ledger.ledger import Ledger; sys.stdin.readline(); "
        "ledger = Ledger.open(sys.argv[1]); ledger.ready(); print(ledger.delivery('one', 'push'))"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program, url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for _ in range(4)
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate(timeout=60) for process in started]
    assert [process.returncode for process in started] == [0] * 4, said
    assert sorted(out.strip() for out, _ in said) == ["False", "False", "False", "True"]
