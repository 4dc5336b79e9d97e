"""What goes wrong between GitHub and its callers; a test says which request it befalls."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from enum import StrEnum

from tests.standin.wire import Answer, Refusal
from tests.standin.world import World


class Kind(StrEnum):
    """A fault. ``*_AFTER``: the request is carried out first, so only its answer is lost."""

    BAD_GATEWAY = "502 in front of the API"
    BAD_GATEWAY_AFTER = "502 after the work was done"
    DROP = "connection closed without an answer"
    DROP_AFTER = "connection closed after the work was done"
    HTML = "a page in place of JSON, with status 200"
    HTML_AFTER = "a page in place of JSON, after the work was done"
    TRUNCATED_AFTER = "the answer ends in the middle"
    SECONDARY_LIMIT = "403, secondary rate limit"
    TOO_MANY = "429"
    PRIMARY_LIMIT = "403, primary rate limit"
    EXPIRED_TOKEN = "401 in the middle of the work"


DONE_FIRST = frozenset({Kind.BAD_GATEWAY_AFTER, Kind.DROP_AFTER, Kind.HTML_AFTER, Kind.TRUNCATED_AFTER})
_PAGE = b"<!DOCTYPE html><html><head><title>Unicorn!</title></head><body>GitHub is having a moment.</body></html>"
_BROKEN_OFF = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{"id": 1'


@dataclass
class Fault:
    """A fault for the next ``times`` requests whose ``METHOD /path`` matches ``pattern``.

    ``wait`` is the number of seconds for which a limit asks callers to stay away.
    """

    kind: Kind
    pattern: str
    times: int = 1
    wait: int = 60

    def takes(self, line: str) -> bool:
        """Whether the fault befalls this request; it is used up by that."""
        if self.times < 1 or re.search(self.pattern, line) is None:
            return False
        self.times -= 1
        return True


@dataclass
class Hold:
    """The next ``times`` requests that match wait until they are released; ``arrived`` is set by the first."""

    pattern: re.Pattern[str]
    times: int = 1_000_000
    arrived: threading.Event = field(default_factory=threading.Event)
    _released: threading.Event = field(default_factory=threading.Event)

    def wait(self, line: str) -> None:
        """Keep a request that matches."""
        if self.times > 0 and self.pattern.search(line):
            self.times -= 1
            self.arrived.set()
            self._released.wait()

    def release(self) -> None:
        """Let them go, these and all later ones."""
        self._released.set()


class Dropped(Exception):  # noqa: N818 - not a defect: the connection is to end here
    """The connection ends; ``rest`` is sent before."""

    def __init__(self, rest: bytes = b"") -> None:
        super().__init__()
        self.rest = rest


def strike(fault: Fault, world: World) -> Answer:
    """Return the faulty answer. Raises ``Dropped`` where there is none."""
    reset = str(int(world.clock.now) + fault.wait)
    match fault.kind:
        case Kind.BAD_GATEWAY | Kind.BAD_GATEWAY_AFTER:
            return Answer(502, _PAGE, {"Content-Type": "text/html"})
        case Kind.HTML | Kind.HTML_AFTER:
            return Answer(200, _PAGE, {"Content-Type": "text/html"})
        case Kind.DROP | Kind.DROP_AFTER:
            raise Dropped
        case Kind.TRUNCATED_AFTER:
            raise Dropped(_BROKEN_OFF)
        case Kind.SECONDARY_LIMIT:
            message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
            return Refusal(403, message, Retry_After=str(fault.wait)).answer()
        case Kind.TOO_MANY:
            return Refusal(429, "Too many requests", Retry_After=str(fault.wait)).answer()
        case Kind.PRIMARY_LIMIT:
            message = "API rate limit exceeded for installation ID 1."
            return Refusal(403, message, X_RateLimit_Remaining="0", X_RateLimit_Reset=reset).answer()
        case Kind.EXPIRED_TOKEN:
            return Refusal(401, "Bad credentials").answer()


LIMITS = frozenset({Kind.SECONDARY_LIMIT, Kind.TOO_MANY, Kind.PRIMARY_LIMIT})
