"""The database's own refusal to change or remove a row: triggers, in the words of SQLite and of PostgreSQL.

A database's owner can remove a trigger. These keep every program that speaks to the tables, ours and others', from
rewriting history by mistake or by ``INSERT OR REPLACE``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from app.ledger.errors import REFUSED

FUNCTION = "exogate_append_only"


def guards(tables: Mapping[str, tuple[str, ...]], dialect: str, *, first: bool = True) -> Iterator[str]:
    """Yield the statements that make *tables* append-only.

    A table's value names the columns that tell a row from all others besides its ``id``: SQLite's REPLACE would
    remove the older of two without calling on a trigger, so a row that is there already is not written again.
    ``first`` says that no table of the database is guarded yet.
    """
    if dialect == "postgresql" and first:
        yield (
            f"CREATE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{REFUSED}' USING ERRCODE = 'restrict_violation'; END $$"
        )
    for table, unique in tables.items():
        yield from _sqlite(table, unique) if dialect == "sqlite" else _postgres(table)


def _postgres(table: str) -> Iterator[str]:
    for name, act, each in (("change", "UPDATE OR DELETE", "ROW"), ("truncate", "TRUNCATE", "STATEMENT")):
        yield (
            f'CREATE TRIGGER {table}_no_{name} BEFORE {act} ON "{table}" FOR EACH {each} EXECUTE FUNCTION {FUNCTION}()'
        )


def _sqlite(table: str, unique: tuple[str, ...]) -> Iterator[str]:
    refuse = f"RAISE(ABORT, '{REFUSED}')"
    for act in ("UPDATE", "DELETE"):
        yield f'CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON "{table}" BEGIN SELECT {refuse}; END'
    yield _no_replace(table, ("id",), "id", refuse)
    if unique:
        # Quietly, as for ON CONFLICT DO NOTHING, whose insert this trigger sees first.
        yield _no_replace(table, unique, "unique", "RAISE(IGNORE)")


def _no_replace(table: str, columns: tuple[str, ...], suffix: str, answer: str) -> str:
    same = " AND ".join(f'"{column}" = NEW."{column}"' for column in columns)
    there = f'EXISTS (SELECT 1 FROM "{table}" WHERE {same})'  # noqa: S608  names of our own
    return (
        f'CREATE TRIGGER {table}_no_replace_{suffix} BEFORE INSERT ON "{table}" WHEN {there} BEGIN SELECT {answer}; END'
    )
