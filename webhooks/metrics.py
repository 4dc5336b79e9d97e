"""What Prometheus reads at ``/metrics``: of all web processes together, and of the queue at that moment.

Workers are asked by nobody. They count in Redis, and the web process reads that.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from redis.exceptions import RedisError
from rq import Worker

from webhooks.queue import JobQueue

if TYPE_CHECKING:
    from redis import Redis

# prometheus_client chooses by this variable, when it is imported, where it counts.
DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"

DELIVERIES = Counter("exogate_deliveries", "Deliveries answered.", ["event", "answer"])
SECONDS = Histogram(
    "exogate_delivery_seconds",
    "Seconds until a delivery was answered.",
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


def count(redis: Redis, name: str, kind: str, outcome: str) -> None:
    """Count a job's end, for whoever reads ``/metrics``. Raises ``RedisError``."""
    redis.hincrby(f"{name}:ends", f"{kind} {outcome}", 1)


class _Queue(Collector):
    def __init__(self, queue: JobQueue) -> None:
        self._queue = queue

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("exogate_queue_up", "Whether Redis answers.")
        try:
            found = list(self._found())
        except RedisError:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        yield from found

    def _found(self) -> Iterator[Metric]:
        jobs = GaugeMetricFamily("exogate_jobs", "Jobs by their state.", labels=["state"])
        for state, number in self._queue.depth().items():
            jobs.add_metric([state], number)
        yield jobs
        workers = GaugeMetricFamily("exogate_workers", "Workers that listen.")
        workers.add_metric([], Worker.count(queue=self._queue.rq))
        yield workers
        ends = CounterMetricFamily("exogate_job_ends", "Jobs that ended.", labels=["kind", "outcome"])
        raw = cast("dict[bytes, bytes]", self._queue.redis.hgetall(f"{self._queue.name}:ends"))
        for name, ended in raw.items():
            kind, _, outcome = name.decode().partition(" ")
            ends.add_metric([kind, outcome], int(ended))
        yield ends


def exposition(queue: JobQueue) -> bytes:
    """Return everything in Prometheus' text format."""
    registry = CollectorRegistry()
    if os.environ.get(DIRECTORY):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        for metric in (DELIVERIES, SECONDS):
            registry.register(metric)
    registry.register(_Queue(queue))
    return generate_latest(registry)
