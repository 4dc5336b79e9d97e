"""How fast the dashboard's pages are, and how large, at 100,000 rows of the ledger, on SQLite and PostgreSQL.

The rows go into the ledger's own tables; whole requests are measured, through Flask, in this process. The largest of
twenty repositories has more than half of the rows.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import func, insert, select

from app.dashboard.blueprint import dashboard
from app.dashboard.services import Dashboard
from app.ledger.base import Base
from app.ledger.ledger import Ledger
from app.ledger.models import (
    Delivery,
    DeliveryOutcome,
    Merge,
    MergeLine,
    Override,
    PullSeen,
    RepositoryName,
    Review,
    Signal,
    Verdict,
)
from app.settings import Settings
from gates import registry
from gates.presets import preset
from tests.benchmarks.timing import Line, Skipped, line
from tests.services.postgres import PostgresServer, binaries

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
_ROWS = 100_000
_RUNS = 7
_GOAL_MS, _GOAL_KB = 200.0, 200.0
_REPOSITORIES = 20
_STATUSES = ("ai-declared", "mixed", "human-attested", "undeclared")
_TOOLS = (("Claude Code", "anthropic"), ("Copilot", "openai"), ("Cursor", "unknown"))
_POLICIES = (("standard", 8), ("strict", 2), ("tests", 1))
_REASONS = {
    "accept": "It finds nothing that the change made worse.",
    "reject": "It finds something on changed lines that the base does not have.",
    "error": "No sandbox back-end works here. Install bubblewrap.",
    "skip": "The change has nothing that it applies to.",
}


@dataclass
class Filler:
    """Makes rows as a year of reviews would: pull requests with one to three heads, most of them merged."""

    ledger: Ledger
    dice: random.Random = field(default_factory=lambda: random.Random(20261120))
    rows: dict[type[Any], list[dict[str, Any]]] = field(default_factory=dict)
    ids: dict[type[Any], Iterator[int]] = field(default_factory=dict)

    def add(self, table: type[Any], **values: Any) -> int:
        number = next(self.ids.setdefault(table, count(1)))
        self.rows.setdefault(table, []).append({"id": number, **values})
        return number

    @property
    def total(self) -> int:
        return sum(map(len, self.rows.values()))

    def fill(self, most: int) -> None:
        """Write rows until there are *most*."""
        for number in range(_REPOSITORIES):
            self.add(RepositoryName, repository_id=1000 + number, name=f"octo/shop-{number}", recorded=NOW)
        pull = count(1)
        day = timedelta(days=360) / (most / 30)
        at = NOW - timedelta(days=360)
        while self.total < most:
            at += day
            number = 0 if self.dice.random() < 0.55 else self.dice.randrange(1, _REPOSITORIES)
            self._pull(1000 + number, f"octo/shop-{number}", next(pull), min(at, NOW))
        with self.ledger.writing() as session:
            for table in Base.metadata.sorted_tables:
                model = next((one for one in self.rows if one.__tablename__ == table.name), None)
                if model is not None:
                    session.execute(insert(model), self.rows[model])

    def _pull(self, repository_id: int, repository: str, number: int, at: datetime) -> None:
        status = self.dice.choices(_STATUSES, (5, 1, 2, 4))[0]
        of = {"repository_id": repository_id, "number": number}
        review: dict[str, Any] = {}
        for _ in range(self.dice.choice((1, 1, 2, 3))):
            review = self._review(of, status, at)
            at += timedelta(hours=self.dice.random() * 5)
        if self.dice.random() < 0.06:
            said = {"actor": "mira", "kind": "provenance", "value": "ai", "reason": "I watched it being written."}
            self.add(Override, **of, **said, head=review["head"], review_id=review["id"], recorded=min(at, NOW))
        if self.dice.random() < 0.9:
            self._merge(of, status, review, min(at, NOW))
            self._seen(of, "merged", min(at, NOW))
        elif self.dice.random() < 0.3:
            self._seen(of, "closed", min(at, NOW))

    def _review(self, of: Mapping[str, Any], status: str, at: datetime) -> dict[str, Any]:
        name = self.dice.choices([n for n, _ in _POLICIES], [w for _, w in _POLICIES])[0]
        policy = preset(name)
        versions = {gate: registry.get(gate).version for gate in policy.active()}
        outcomes = {gate: self.dice.choices(tuple(_REASONS), (30, 3, 0.3, 5))[0] for gate in versions}
        blocking = {outcomes[gate] for gate, rule in policy.active().items() if rule.level == "block"}
        decision = "reject" if "reject" in blocking else "error" if "error" in blocking else "accept"
        head, guid = f"{self.dice.getrandbits(160):040x}", f"{self.dice.getrandbits(128):032x}"
        told = self._document(policy, status, head, decision, outcomes, versions)
        stamp = {"rules": "2026.1", "policy_hash": policy.hash, "gate_versions": versions, "recorded": at}
        when = {"received": at, "recorded": at}
        self.add(Delivery, guid=guid, event="pull_request", action="synchronize", **of, **when)
        self.add(
            DeliveryOutcome, guid=guid, outcome="done", detail="Gates passed.", recorded=at + timedelta(seconds=40)
        )
        shared = {"decision": decision, "would_decide": decision, "enforced": True, "status": status}
        number = self.add(
            Review,
            **of,
            **stamp,
            **shared,
            installation=1,
            base="a" * 40,
            head=head,
            merge_base="a" * 40,
            policy=name,
            policy_source="the base's .github/exogate.yml",
            tool_version="0.1.0",
            document=told,
            delivery=guid,
        )
        self._seen(of, "open", at, number)
        judged = {**of, **stamp, "review_id": number, "head": head}
        for one in told["verdicts"]:
            kept = {key: one[key] for key in ("gate", "outcome", "blocking", "score", "reason")}
            self.add(Verdict, **judged, **kept, gate_version=versions[one["gate"]], findings=len(one["findings"]))
        for one in told["provenance"]["signals"]:
            kept = {key: value for key, value in one.items() if key != "id"}
            self.add(Signal, **judged, **kept, signal=one["id"], ignored=None)
        return {"id": number, "head": head, "decision": decision, **stamp}

    def _seen(self, of: Mapping[str, Any], state: str, at: datetime, review_id: int | None = None) -> None:
        title = f"Let the basket of customer {of['number']} be emptied when it was paid for, and not before"
        words = {"title": title, "author": f"person-{of['number'] % 40}", "base_ref": "main"}
        branch = f"feature/{of['number']}"
        self.add(PullSeen, **of, **words, head_ref=branch, state=state, updated=at, recorded=at, review_id=review_id)

    def _document(
        self,
        policy: Any,
        status: str,
        head: str,
        decision: str,
        outcomes: Mapping[str, str],
        versions: Mapping[str, str],
    ) -> dict[str, Any]:
        tool, family = self.dice.choice(_TOOLS)
        declared = status in ("ai-declared", "mixed")
        signal = {
            "id": "trailer",
            "harness": tool,
            "model_family": family,
            "model": None,
            "tier": "email",
            "role": "author",
            "field": "trailer:Co-authored-by",
            "evidence": f"{tool} <noreply@example.org>",
            "commit": head,
        }
        return {
            "schema_version": "1.0",
            "decision": decision,
            "would_decide": decision,
            "enforced": True,
            "policy": {"name": policy.name, "hash": policy.hash, "source": "the base's .github/exogate.yml"},
            "provenance": {
                "status": status,
                "harnesses": [tool] if declared else [],
                "model_families": [family] if declared else [],
                "models": [],
                "signals": [signal] if declared else [],
                "ignored": [],
                "lines": {status: 120},
                "rules": "2026.1",
            },
            "review_needed": "A person has to approve it." if declared and policy.review else None,
            "verdicts": [self._verdict(gate, outcome, policy) for gate, outcome in outcomes.items()],
            "notes": [],
            "base": {"ref": "main", "commit": "a" * 40},
            "head": {"ref": f"feature/{head[:12]}", "commit": head},
            "merge_base": "a" * 40,
            "files": self.dice.randrange(1, 30),
            "added_lines": self.dice.randrange(1, 900),
            "removed_lines": self.dice.randrange(300),
            "seconds": 41.5,
            "tool": {"name": "exogate", "version": "0.1.0", "sandbox": "bubblewrap", "gate_versions": dict(versions)},
        }

    def _verdict(self, gate: str, outcome: str, policy: Any) -> dict[str, Any]:
        number = self.dice.choice((1, 2, 3, 12)) if outcome == "reject" else 0
        findings = [
            {
                "path": f"src/package_{n % 4}/module_{n}.py",
                "line": 10 + n,
                "end_line": 12 + n,
                "rule": f"{gate}-rule",
                "message": "This line does what the base's does not, and nobody said why it should.",
                "severity": "warning",
            }
            for n in range(number)
        ]
        return {
            "gate": gate,
            "outcome": outcome,
            "blocking": policy.gates[gate].level == "block",
            "score": None,
            "reason": _REASONS[outcome],
            "findings": findings,
            "seconds": 3.2,
        }

    def _merge(self, of: Mapping[str, Any], status: str, review: Mapping[str, Any], at: datetime) -> None:
        kept = {key: review[key] for key in ("rules", "policy_hash", "gate_versions")}
        whose = self.dice.choices(("independent", "self", "none"), (7, 1, 2))[0]
        number = self.add(
            Merge,
            **of,
            **kept,
            head=review["head"],
            merge_sha=f"{self.dice.getrandbits(160):040x}",
            method="squash",
            status=status,
            harnesses=[],
            model_families=[],
            gates_passed=review["decision"] == "accept",
            reviewers=whose,
            review_id=review["id"],
            recorded=at,
        )
        for run in range(self.dice.randrange(1, 12)):
            first = 1 + 50 * run
            self.add(
                MergeLine,
                merge_id=number,
                path=f"src/module_{run}.py",
                first=first,
                last=first + self.dice.randrange(1, 40),
                status=self.dice.choice((status, "undeclared")),
                recorded=at,
            )


class _Everyone:
    """Reads everything and writes nothing; nothing is in the queue."""

    login = "benchmark"

    def readable(self) -> None:
        return None

    def may_write(self, repository_id: int, repository: str) -> bool:
        return True

    def installation(self, repository_id: int) -> None:
        return None

    def who(self) -> _Everyone:
        return self

    def depth(self) -> dict[str, int]:
        return {"queued": 0}

    def judged(self, policy_hash: str, review_ids: Sequence[int]) -> dict[int, Any]:
        return {}

    def workers(self) -> int:
        return 2


class _Some(_Everyone):
    """Reads half of the repositories, as most people do."""

    def readable(self) -> frozenset[int]:  # type: ignore[override]
        return frozenset(range(1000, 1000 + _REPOSITORIES, 2))

    def who(self) -> _Some:
        return self


def application(ledger: Ledger, everyone: _Everyone) -> Flask:
    app = Flask("benchmark", static_folder=None)
    services: Any = {"hands": everyone, "access": everyone}
    settings = Settings(data_dir=Path("/nonexistent"))
    app.register_blueprint(dashboard(Dashboard(ledger, lambda: settings, **services)))
    return app


def measure(scratch: Path) -> Iterator[Line | Skipped]:
    """Yield the time and the size of each page, on both databases."""
    with ExitStack() as stack:
        yield from _on("SQLite", f"sqlite:///{scratch / 'ledger.sqlite3'}")
        programs = binaries()
        if programs is None:
            yield Skipped("the dashboard on PostgreSQL: its server programs are missing (apt-get install postgresql).")
            return
        server = PostgresServer(programs)
        stack.callback(server.close)
        yield from _on("PostgreSQL", server.new_database())


def _on(name: str, url: str) -> Iterator[Line]:
    ledger = Ledger.open(url, now=lambda: NOW)
    Filler(ledger).fill(_ROWS)
    analysed(ledger)
    client = application(ledger, _Some()).test_client()
    paths = {path: [_timed(client, path) for _ in range(_RUNS + 1)][1:] for path in _paths(ledger)}
    slowest = max(paths, key=lambda path: sorted(ms for ms, _ in paths[path])[_RUNS // 2])
    largest = max(paths, key=lambda path: max(size for _, size in paths[path]))
    yield line(f"slowest page on {name} ({slowest})", [ms for ms, _ in paths[slowest]], "ms", _GOAL_MS)
    yield line(f"largest page on {name} ({largest})", [size for _, size in paths[largest]], "kB", _GOAL_KB)
    ledger.close()


def analysed(ledger: Ledger) -> None:
    """Let the database look after its tables once, as PostgreSQL does by itself after so many rows."""
    with ledger._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        statement = "VACUUM ANALYZE" if connection.dialect.name == "postgresql" else "ANALYZE"
        connection.exec_driver_sql(statement)


def _paths(ledger: Ledger) -> list[str]:
    with ledger.reading() as session:
        last = session.scalar(select(func.max(Review.id)).where(Review.repository_id == 1000))
    one = "/r/octo/shop-0"
    return [
        "/",
        one,
        f"{one}/reviews/{last}",
        f"{one}/simulate?policy=strict",
        "/queue",
        "/queue?repository=octo/shop-0",
        "/queue?review=needed",
        "/queue?provenance=human-attested&decision=reject",
        "/queue/live",
        "/policies",
        f"/policies/{preset('standard').hash}",
        "/deliveries",
        "/deliveries?outcome=failed",
        "/lab",
    ]


def _timed(client: Any, path: str) -> tuple[float, float]:
    begun = time.perf_counter()
    answer = client.get(path)
    took = (time.perf_counter() - begun) * 1000
    if answer.status_code != 200:
        raise RuntimeError(f"{path} was answered with {answer.status_code}.")
    return took, len(answer.data) / 1000
