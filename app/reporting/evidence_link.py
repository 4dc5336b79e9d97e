"""Where a policy's evidence can be looked at: the dashboard's page of it, where the operator says there is one.

The project's metadata names no public address, so there is no other place to lead to.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

VARIABLE = "EXOGATE_PUBLIC_URL"
# What stands in an address and means nothing in Markdown or to a terminal.
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(?:/[A-Za-z0-9._~/-]*)?")
_HASH = re.compile("[0-9a-f]{64}")


def dashboard_of(environ: Mapping[str, str]) -> str | None:
    """Return the dashboard's address as ``EXOGATE_PUBLIC_URL`` says it; ``None`` where it says none that is usable."""
    given = environ.get(VARIABLE, "").rstrip("/")
    return given if _ADDRESS.fullmatch(given) else None


def evidence_page(policy_hash: str, dashboard: str | None) -> str | None:
    """Return the address of a policy's page on the dashboard at *dashboard*; ``None`` without a dashboard."""
    if dashboard is None or not _HASH.fullmatch(policy_hash):
        return None
    return f"{dashboard}/policies/{policy_hash}"
