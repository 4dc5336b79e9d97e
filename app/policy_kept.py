"""Policies as the ledger keeps them: the whole of one, for as long as it means here what it meant then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from gates.policy import Policy
from gates.registry import BrokenGateError, UnknownGateError


def read_kept(policy_hash: str, text: Mapping[str, Any] | None) -> Policy | None:
    """Return the policy of a hash from what was kept of it.

    ``None`` where nothing was, and where it would judge otherwise by now: its gates are not installed here, or have
    other settings.
    """
    if text is None:
        return None
    try:
        policy = Policy.model_validate(text)
        same = policy.hash == policy_hash
    except (ValidationError, UnknownGateError, BrokenGateError):
        return None
    return policy if same else None
