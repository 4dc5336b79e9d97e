"""What of a condition the database can decide: a row that the filters leave out would not be chosen either."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from app.export.fields import PASSED
from app.export.where import And, Compare, Condition
from app.ledger.export.rows import Filters
from app.ledger.words import Reviewers


def narrowed(condition: Condition) -> Filters:
    """Return filters for what must hold of every chosen row; the condition is still to be asked."""
    filters = Filters()
    for one in condition.conditions if isinstance(condition, And) else (condition,):
        match one:
            case Compare("merged", ">=", (value,)):
                since = datetime.fromisoformat(value)
                filters = replace(filters, since=max(since, filters.since or since))
            case Compare("merged", "<", (value,)):
                until = datetime.fromisoformat(value)
                filters = replace(filters, until=min(until, filters.until or until))
            case Compare("reviewers", "=", (value,)):
                filters = replace(filters, reviewers=Reviewers(value))
            case Compare("gates", "=", (value,)) if value == PASSED:
                filters = replace(filters, gates_passed=True)
    return filters
