"""A connection to Redis, and its address without what is secret in it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import RedisError
from redis.retry import Retry as Attempts


class QueueError(RuntimeError):
    """Redis cannot be used; the message is a sentence without its password."""


def connect(url: str, *, patient: bool = False) -> Redis:
    """Return a connection to the Redis at *url*, without trying it. A *patient* one waits and tries for minutes.

    The other gives up within seconds: GitHub waits ten for the answer to a delivery. Raises ``QueueError``.
    """
    attempts = Attempts(ExponentialBackoff(cap=20, base=0.5), 10) if patient else Attempts(ExponentialBackoff(), 1)
    waits: dict[str, Any] = {"socket_connect_timeout": 5 if patient else 2, "health_check_interval": 30}
    if not patient:
        waits["socket_timeout"] = 3
    try:
        connection: Redis = Redis.from_url(url, retry=attempts, **waits)
    except (RedisError, ValueError) as error:
        raise QueueError(f"REDIS_URL ({shown(url)}) is no address of a Redis ({type(error).__name__}).") from None
    return connection


def shown(url: str) -> str:
    """Return a Redis address without what is secret in it."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()
