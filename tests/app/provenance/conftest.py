"""What the tests of provenance share."""

from __future__ import annotations

import pytest

from tests.app.provenance.build import Build, build_commit


@pytest.fixture
def commit() -> Build:
    """Return the builder of commits."""
    return build_commit
