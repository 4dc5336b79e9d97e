"""What trailers say: who is credited, and which tool they declare."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from app.provenance.identity import Identity, as_role, identity_signs
from app.provenance.names import UNKNOWN, Named, family_of, model_name, parse_name
from app.provenance.rules import Row, RuleSet
from app.provenance.seen import Seen, seen
from app.provenance.trailers import Trailer, parse_trailers, trailer_like
from app.provenance.types import Role
from app.provenance.vocabulary import vocabulary

_IDENTITY = re.compile(r"([^<>]*)<([^<>]*)(?:>|$)")
_ADDRESS = re.compile(r"[^\s<>,;]+@[^\s<>,;]+")
_JOINT = re.compile(r"^(?:[\s,;&+]|and\b)+", re.IGNORECASE)
# Identities are looked for this far into a value: the search is quadratic.
_LONGEST_VALUE = 1000
_DENIED = "The trailer says that no tool was used."
_FORM = "The value is not of the form that the tool writes."
_PERSON = "The value names no known tool: people are thanked with this trailer too."
_AMBIGUOUS = "The value is a bare name that people have too; the tool's model or address would make it clear."


def trailer_signs(message: str, when: datetime, rules: RuleSet) -> list[Seen]:
    """Return the signs in the message's trailers, and those in lines that only look like trailers (never counted)."""
    trailers = parse_trailers(message)
    signs = [sign for trailer in trailers for sign in _signs(trailer, trailers, when, rules)]
    return signs + list(_outside(message, trailers, when, rules))


def _signs(trailer: Trailer, among: Sequence[Trailer], when: datetime, rules: RuleSet) -> list[Seen]:
    credited = _credit_signs(trailer, when, rules)
    if any(sign.row.id != "bare-name" for sign in credited):
        return credited
    rows = rules.trailers.get(trailer.key.lower(), ())
    declared = [sign for row in rows if (sign := _row_sign(row, trailer, among)) is not None]
    return declared or credited


def _credit_signs(trailer: Trailer, when: datetime, rules: RuleSet) -> list[Seen]:
    role = vocabulary().credits.get(trailer.key.lower())
    if role is None:
        return []
    field = f"trailer:{trailer.key}"
    people = [Identity(name, address, field, when) for name, address in _identities(trailer.value)]
    signs = [sign for who in people for sign in identity_signs(who, rules)]
    if not people and ((named := parse_name(trailer.value)).harness or named.model):
        signs = [seen(rules.by_id["bare-name"], field, trailer.value, named)]
    return signs if role == Role.AUTHOR else as_role(signs, Role(role))


def _identities(value: str) -> list[tuple[str, str]]:
    """Return names and addresses, also where several stand in one value or the brackets were forgotten."""
    value = value[:_LONGEST_VALUE]
    found = [(_JOINT.sub("", name).strip(), address) for name, address in _IDENTITY.findall(value)]
    if found or (bare := _ADDRESS.search(value)) is None:
        return found
    return [(value[: bare.start()].strip(), bare.group())]


def _row_sign(row: Row, trailer: Trailer, among: Sequence[Trailer]) -> Seen | None:
    field, evidence = f"trailer:{trailer.key}", f"{trailer.key}: {trailer.value}"
    match row.kind:
        case "trailer":
            pattern = row.value.partition(": ")[2]
            reason = None if re.match(pattern, trailer.value) else _FORM
            return seen(row, field, evidence, reason=reason) if trailer.value else None
        case "trailer-pair":
            return _pair_sign(row, trailer, among)
        case "trailer-key":
            return _key_sign(row, trailer) if trailer.value else None
        case _:
            named = parse_name(trailer.value)
            return seen(row, field, evidence, named, reason=_tool_reason(named)) if trailer.value else None


def _tool_reason(named: Named) -> str | None:
    if named.is_tool:
        return None
    if named.denied:
        return _DENIED
    return _AMBIGUOUS if named.ambiguous else _PERSON


def _key_sign(row: Row, trailer: Trailer) -> Seen:
    """The key itself declares a tool; the value only says which."""
    named = parse_name(trailer.value)
    if trailer.key.lower().endswith("model") and not named.denied and named.model is None:
        named = _with_model(named, trailer.value)
    reason = _DENIED if named.denied else None
    return seen(row, f"trailer:{trailer.key}", f"{trailer.key}: {trailer.value}", named, reason=reason)


def _pair_sign(row: Row, trailer: Trailer, among: Sequence[Trailer]) -> Seen | None:
    second = row.value.partition("+")[2].lower()
    partner = next((other for other in among if other.key.lower() == second and other.value), None)
    agent = parse_name(trailer.value)
    if partner is None or agent.denied:
        return None
    named = _with_model(agent, parse_name(partner.value).model or partner.value)
    evidence = f"{trailer.key}: {trailer.value}; {partner.key}: {partner.value}"
    return seen(row, f"trailer:{trailer.key}", evidence, named)


def _with_model(named: Named, text: str) -> Named:
    model = model_name(text)
    family = family_of(model)
    return replace(named, model=model, family=named.family if family == UNKNOWN and model is None else family)


def _outside(message: str, trailers: Sequence[Trailer], when: datetime, rules: RuleSet) -> Iterator[Seen]:
    """Yield what would have counted, had the line stood in the trailer block."""
    known = set(trailers)
    row = rules.by_id["trailer-outside"]
    for match in _candidates(rules.trailer_keys).finditer(message):
        line = trailer_like(match.group())
        if line is None or line in known:
            continue
        for sign in _signs(line, (line,), when, rules):
            if sign.reason is None:
                yield replace(sign, row=row, field="message", reason=row.note)


@lru_cache(maxsize=4)
def _candidates(keys: tuple[str, ...]) -> re.Pattern[str]:
    words = sorted({*keys, *vocabulary().credits})
    return re.compile(rf"^(?:{'|'.join(map(re.escape, words))})[ \t]*:[^\n]*", re.MULTILINE | re.IGNORECASE)
