"""Who an address belongs to: accounts by number and login, exact addresses, domains. Never a bare name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from app.provenance.commit import Actor
from app.provenance.names import Named, parse_name
from app.provenance.rules import Row, RuleSet
from app.provenance.seen import Seen, in_window, seen
from app.provenance.types import Role, Tier

_OPENER = "opened-by"
_NOREPLY = re.compile(r"(?:(\d{1,19})\+)?([^@+\s]+)@users\.noreply\.github\.com", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Identity:
    """A name with an address, where it stands (``author``, ``committer``, ``trailer:KEY``) and when."""

    name: str
    email: str
    field: str
    when: datetime

    @property
    def is_credit(self) -> bool:
        """Whether a trailer says it, not git's own header."""
        return self.field.startswith("trailer:")

    @property
    def evidence(self) -> str:
        """The identity as git writes it."""
        return f"{self.name} <{self.email}>"


def identity_signs(who: Identity, rules: RuleSet) -> list[Seen]:
    """Return what the address says, or, where it says nothing, that the name alone is no sign."""
    named = parse_name(who.name)
    signs = list(_by_account(who, named, rules)) or list(_by_address(who, named, rules))
    if not signs and (named.harness is not None or named.model is not None):
        signs = [seen(rules.by_id["bare-name"], who.field, who.evidence, named)]
    tier = Tier.TEXT if who.is_credit else None
    return [replace(sign, tier=tier or sign.row.tier) for sign in signs]


def actor_signs(actor: Actor, rules: RuleSet) -> list[Seen]:
    """Return what an account of the forge's API says; an app's login counts only where the API calls it a bot."""
    named, evidence = Named(), f"{actor.login} ({actor.id})"
    signs = [
        replace(sign, tier=Tier.ACTOR)
        for sign in _account_signs(actor.id, actor.login, _OPENER, evidence, named, rules)
    ]
    if actor.is_bot or not actor.login.endswith("[bot]"):
        return signs
    return [
        replace(sign, reason=sign.reason or "The login is an app's, but the API does not call it a bot.")
        for sign in signs
    ]


def _by_account(who: Identity, named: Named, rules: RuleSet) -> Iterator[Seen]:
    match = _NOREPLY.fullmatch(who.email.strip())
    if match is not None:
        number = int(match.group(1)) if match.group(1) else None
        yield from _account_signs(number, match.group(2), who.field, who.evidence, named, rules)


def _account_signs(
    number: int | None, login: str, field: str, evidence: str, named: Named, rules: RuleSet
) -> Iterator[Seen]:
    by_login = rules.logins.get(login.lower(), ())
    by_number = rules.accounts.get(number, ()) if number is not None else ()
    agreed = [row for row in by_login if row.kind == "login" or row in by_number]
    if agreed:
        yield from (seen(row, field, evidence, named) for row in agreed)
    elif by_login or by_number:
        reason = _disagreement(number, login, by_login, by_number)
        yield seen((by_login or by_number)[0], field, evidence, named, reason=reason)


def _disagreement(number: int | None, login: str, by_login: Iterable[Row], by_number: Iterable[Row]) -> str:
    if number is None:
        return f"The address gives the login {login} without the account's id, so it could be anybody's."
    owners = " or ".join(sorted({row.value.partition("+")[2] for row in by_number}))
    if owners:
        return f"Login and id disagree: the id {number} belongs to {owners}, the address says {login}."
    ids = " or ".join(sorted({row.value.partition("+")[0] for row in by_login}))
    return f"Login and id disagree: {login} has the id {ids}, the address carries {number}."


def _by_address(who: Identity, named: Named, rules: RuleSet) -> Iterator[Seen]:
    email = who.email.strip().lower()
    domain = email.rpartition("@")[2]
    listed = rules.addresses.get(email) or rules.domains.get(domain, ()) if "@" in email else ()
    rows = [row for row in listed if _looks_here(row, who)]
    valid = [row for row in rows if row.covers(who.when)]
    for row in valid:
        yield _in_domain(row, who, named) if row.kind == "named-domain" else seen(row, who.field, who.evidence, named)
    if rows and not valid:
        yield in_window(seen(rows[0], who.field, who.evidence, named), who.when)


def _looks_here(row: Row, who: Identity) -> bool:
    return row.field in ("identity", "credit" if who.is_credit else "author")


def _in_domain(row: Row, who: Identity, named: Named) -> Seen:
    """A company's domain counts only behind the tool's own name: its people write from there too."""
    agrees = named.harness == row.harness
    return seen(row, who.field, who.evidence, named, reason=None if agrees else row.note)


def as_role(signs: Iterable[Seen], role: Role) -> list[Seen]:
    """Return the signs with the role that their place gives them; a review stays a review."""
    return [sign if sign.role is Role.REVIEW else replace(sign, role=role) for sign in signs]
