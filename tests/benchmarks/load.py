"""`python -m tests.benchmarks.load`: deliver signed webhooks, from a process of its own; the plan is JSON on stdin.

Everything is made and signed before the clock starts. Without a rate each connection sends its next delivery when the
last was answered, which measures throughput. With a rate each delivery has its time, whether or not earlier ones were
answered; what one waits for its turn counts, so that a server which stalls cannot hide it.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
import uuid
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from webhooks.signature import HEADER, sign


class LoadError(RuntimeError):
    """What was measured says nothing about the server; the message is a sentence."""


@dataclass(frozen=True)
class Plan:
    """What to deliver: *count* variants of *payload*, each of a pull request of its own, counted from *first*.

    ``rate`` is in deliveries a second, ``None`` for as fast as they are answered; ``answer`` is the status that every
    one must get.
    """

    port: int
    path: str
    secret: str
    payload: dict[str, Any]
    answer: int
    first: int
    count: int
    connections: int
    rate: float | None = None


@dataclass(frozen=True)
class Outcome:
    """What came of it: the seconds in all, each delivery's milliseconds, and the share of a core that sending took."""

    seconds: float
    milliseconds: list[float]
    busy: float


def deliver(plan: Plan) -> Outcome:
    """Carry *plan* out in a new process. Raises ``LoadError``."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.load"],
        input=json.dumps(asdict(plan)),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise LoadError(done.stderr[-1500:])
    return Outcome(**json.loads(done.stdout))


def requests(plan: Plan) -> Iterator[bytes]:
    """Yield each delivery as it goes over the wire."""
    for number in range(plan.first, plan.first + plan.count):
        pull = plan.payload["pull_request"]
        changed = {**pull, "number": number, "head": {**pull["head"], "sha": f"{number:040x}"}}
        body = json.dumps({**plan.payload, "number": number, "pull_request": changed}).encode()
        head = (
            f"POST {plan.path} HTTP/1.1",
            f"Host: 127.0.0.1:{plan.port}",
            "User-Agent: GitHub-Hookshot/044aadd",
            "Accept: */*",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            "X-GitHub-Event: pull_request",
            f"X-GitHub-Delivery: {uuid.uuid4()}",
            f"{HEADER}: {sign(plan.secret, body)}",
        )
        yield "\r\n".join((*head, "", "")).encode() + body


class _Sender:
    """Hands requests to idle connections, and notes when each was answered."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.waiting = plan, deque(enumerate(requests(plan)))
        self.due = [0.0] * plan.count
        self.late: deque[tuple[int, bytes]] = deque()
        self.idle: deque[_Connection] = deque()
        self.milliseconds: list[float] = []
        self.ended = asyncio.get_running_loop().create_future()

    async def run(self) -> Outcome:
        loop = asyncio.get_running_loop()
        for _ in range(self.plan.connections):
            await loop.create_connection(lambda: _Connection(self), "127.0.0.1", self.plan.port)
        started, computed = time.perf_counter(), time.process_time()
        if self.plan.rate is None:
            while self.idle and self.waiting:
                self._send(self.idle.popleft())
        else:
            await self._on_time(started, self.plan.rate)
        await self.ended
        seconds = time.perf_counter() - started
        return Outcome(seconds, self.milliseconds, (time.process_time() - computed) / seconds)

    async def _on_time(self, started: float, rate: float) -> None:
        for index, request in list(self.waiting):
            self.due[index] = started + index / rate
            if (left := self.due[index] - time.perf_counter()) > 0:
                await asyncio.sleep(left)
            self.waiting.popleft()
            if self.idle:
                self.idle.popleft().send(index, request)
            else:
                self.late.append((index, request))

    def _send(self, connection: _Connection) -> None:
        index, request = self.waiting.popleft()
        self.due[index] = time.perf_counter()
        connection.send(index, request)

    def answered(self, connection: _Connection, index: int, status: int) -> None:
        if status != self.plan.answer:
            self.failed(f"A delivery was answered with {status}, and not with {self.plan.answer}.")
            return
        self.milliseconds.append((time.perf_counter() - self.due[index]) * 1000)
        if len(self.milliseconds) == self.plan.count:
            if not self.ended.done():
                self.ended.set_result(None)
        elif self.late:
            connection.send(*self.late.popleft())
        elif self.plan.rate is None and self.waiting:
            self._send(connection)
        else:
            self.idle.append(connection)

    def failed(self, why: str) -> None:
        if not self.ended.done():
            self.ended.set_exception(LoadError(why))


class _Connection(asyncio.Protocol):
    """One kept connection, with one request under way at most."""

    def __init__(self, sender: _Sender) -> None:
        self._sender, self._index, self._answer = sender, 0, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._sender.idle.append(self)

    def send(self, index: int, request: bytes) -> None:
        self._index, self._answer = index, b""
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, found, body = self._answer.partition(b"\r\n\r\n")
        if found and _is_whole(head.lower(), body):
            self._sender.answered(self, self._index, int(head.split(b" ", 2)[1]))

    def connection_lost(self, exc: Exception | None) -> None:
        self._sender.failed("The server closed a connection.")


def _is_whole(head: bytes, body: bytes) -> bool:
    if b"transfer-encoding: chunked" in head:
        return body.endswith(b"0\r\n\r\n")
    _, _, rest = head.partition(b"content-length:")
    return len(body) >= int(rest.partition(b"\r\n")[0])


async def _main() -> None:
    plan = Plan(**json.load(sys.stdin))
    json.dump(asdict(await _Sender(plan).run()), sys.stdout)


if __name__ == "__main__":
    asyncio.run(_main())
