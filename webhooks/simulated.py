"""What gates said for simulations, kept in Redis for a month: it can be had again, and is no part of the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from pydantic import TypeAdapter, ValidationError

from app.simulate import Ran

if TYPE_CHECKING:
    from redis import Redis

_KEPT = 30 * 86_400
_READER = TypeAdapter(Ran)


@dataclass(frozen=True)
class SimulatedVerdicts:
    """Verdicts by the hash of the policy and the id of the review whose change was judged again.

    Every method raises ``redis.exceptions.RedisError`` where Redis is away.
    """

    redis: Redis
    name: str = "exogate"

    def put(self, policy_hash: str, review_id: int, ran: Ran) -> None:
        """Keep what was said beside what is kept of the same review."""
        before = self.of(policy_hash, [review_id]).get(review_id)
        if before is not None and before.status == ran.status:
            ran = Ran(ran.status, {**before.verdicts, **ran.verdicts})
        key = self._key(policy_hash)
        self.redis.hset(key, str(review_id), _READER.dump_json(ran).decode())
        self.redis.expire(key, _KEPT)

    def of(self, policy_hash: str, review_ids: Sequence[int]) -> Mapping[int, Ran]:
        """Return what is kept of some reviews; what cannot be read is not."""
        if not review_ids:
            return {}
        kept = cast("list[bytes | None]", self.redis.hmget(self._key(policy_hash), [str(id_) for id_ in review_ids]))
        found = {}
        for review_id, raw in zip(review_ids, kept, strict=True):
            try:
                found[review_id] = _READER.validate_json(raw or b"")
            except ValidationError:
                continue
        return found

    def _key(self, policy_hash: str) -> str:
        return f"{self.name}:simulated:{policy_hash}"
