"""A real Redis, the stand-in for GitHub, and the dashboard over both."""

from __future__ import annotations

from tests.app.dashboard.house import house
from tests.services.redis import redis, shared_redis
from tests.standin.fixtures import standin

__all__ = ["house", "redis", "shared_redis", "standin"]
