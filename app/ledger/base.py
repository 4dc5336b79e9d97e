"""What the ledger's tables share: the kinds of rows, the column types, and names for every constraint."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, Boolean, Double, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.ledger.types import Key, Moment, Words

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """What every table shares: the column types, and names for every constraint, which migrations need."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        int: BigInteger,
        float: Double,
        str: Words,
        bool: Boolean,
        datetime: Moment,
        dict[str, Any]: JSON,
        list[str]: JSON,
    }


class LedgerRow(Base):
    """A row that the database itself refuses to change or remove."""

    __abstract__ = True

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    recorded: Mapped[datetime]


class StateRow(Base):
    """A row that is replaced as things go on; it holds nothing that the ledger's rows and GitHub do not tell."""

    __abstract__ = True


class Stamp:
    """What judged: the signals' rule-set version, the policy's hash and the gates' versions."""

    rules: Mapped[str]
    policy_hash: Mapped[str]
    gate_versions: Mapped[dict[str, Any]]
