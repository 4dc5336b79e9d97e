"""The ledger as its users see it: one object for one database."""

from __future__ import annotations

from app.ledger.checks import Checks
from app.ledger.deliveries import Deliveries
from app.ledger.export.rows import Exports


class Ledger(Deliveries, Exports, Checks):
    """Everything that was heard, judged, overruled and merged. Open it with ``Ledger.open(url)``.

    Its methods may be called from several threads and after ``fork``. Each is one transaction and raises
    ``LedgerError`` where the database refuses or does not answer. Times come from the one clock it was opened with.
    """
