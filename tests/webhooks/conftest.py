"""A real Redis, and a queue on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.services.redis import own_redis, redis, shared_redis
from tests.standin.fixtures import project, pull, shop, standin
from webhooks.queue import JobQueue

from .memory import Memory
from .processes import Host

if TYPE_CHECKING:
    from redis import Redis

    from tests.services.redis import RedisServer

__all__ = ["own_redis", "project", "pull", "redis", "shared_redis", "shop", "standin"]


@pytest.fixture
def queue(redis: Redis) -> JobQueue:
    return JobQueue(redis)


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def host(tmp_path: Path, redis: Redis, shared_redis: RedisServer) -> Iterator[Host]:
    """A machine on the shared Redis, which is empty."""
    made = Host(tmp_path / "host", shared_redis.url)
    yield made
    made.end()
