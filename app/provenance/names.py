"""Tool and model out of a display name or a trailer's value."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from app.provenance.vocabulary import Tool, vocabulary

UNKNOWN = "unknown"
_LONGEST = 300

_BRACKETS = re.compile(r"\[([^\[\]]*)\](?!\()")
_PARENS = re.compile(r"\(([^()]*)\)")
_ADDRESS = re.compile(r"<([^<>]*)>")
_LINK = re.compile(r"\[([^\[\]]*)\]\([^()]*\)")
# The kernel's literal word; what follows it are analysis tools, which people also write without brackets.
_LLM = re.compile(r"LLM(?=[\s,;.]|$)")
_VIA = re.compile(r"\s+(?:via|through|using|with|in|by|on|from|@)\s+", re.IGNORECASE)
_VERSION = re.compile(r"v?\d[\w.+-]*$", re.IGNORECASE)
_FIELD = re.compile(r"\s*(?:model|llm|model[-_ ]?(?:id|name|version))\s*[:=]\s*(.+)", re.IGNORECASE)
_TAIL = re.compile(r"[\s,;:/|+&–—-]+$")
_SPACES = re.compile(r"\s+")
# What may follow a denial: "none (no AI)", "none, all human", "n/a - by hand".
_REMARK = re.compile(r"\s*(?:[,;:(\[]|\.(?:\s|$))|\s+[-–—]\s")


@dataclass(frozen=True, slots=True)
class Named:
    """What a name says.

    ``harness`` is the canonical tool or ``None``; ``ambiguous`` that the name alone is also a
    person's; ``generic`` that it only says "an LLM"; ``denied`` that it says that none was used. ``model`` is
    the model as written, ``family`` its maker, ``unknown`` where nothing tells. ``address`` is what stood in angle
    brackets.
    """

    harness: str | None = None
    model: str | None = None
    family: str = UNKNOWN
    ambiguous: bool = False
    generic: bool = False
    denied: bool = False
    address: str | None = None

    @property
    def is_tool(self) -> bool:
        """Whether the value names a tool, a model or "LLM" beyond doubt."""
        return self.generic or self.model is not None or (self.harness is not None and not self.ambiguous)


def family_of(model: str | None) -> str:
    """Return the maker of the model called *model* (``provider/model`` or a name), ``unknown`` where nothing tells."""
    if not model:
        return UNKNOWN
    words = vocabulary()
    match = words.find_model(model)
    if match is not None and match.lastgroup is not None:
        return words.families[match.lastgroup]
    found = (words.providers.get(part) for part in model.lower().split("/")[:-1])
    return next((family for family in found if family), UNKNOWN)


def model_name(text: str) -> str | None:
    """Return *text* as the name of a model, on one line of at most 200 characters; ``None`` where it names none."""
    words = vocabulary()
    name = _printable(text)[:200]
    return None if name.lower() in words.nameless | words.denials else name


def _printable(text: str) -> str:
    return _SPACES.sub(" ", "".join(c if c.isprintable() else " " for c in text[:_LONGEST])).strip()


@lru_cache(maxsize=4096)
def parse_name(text: str) -> Named:
    """Read *text*: a display name, an identity ``Name <address>`` or an ``Assisted-by`` value. Never fails."""
    text = _printable(text)
    address = _ADDRESS.search(text)
    named = _parse(_ADDRESS.sub(" ", text).strip())
    return replace(named, address=address.group(1).strip()) if address else named


def _parse(text: str) -> Named:
    if _denies(text):
        return Named(denied=True)
    text = _LINK.sub(r"\1", text)
    bracketed = bool(_BRACKETS.search(text)) and not text.lower().endswith("[bot]")
    bare = _BRACKETS.sub(" ", text).strip() if bracketed else text
    asides = _PARENS.findall(bare)
    bare = _SPACES.sub(" ", _PARENS.sub(" ", bare)).strip()
    named = _main(bare)
    for aside in asides:
        named = _with_aside(named, aside)
    if bracketed and named.ambiguous:
        # `AGENT [TOOL]` is the kernel's form: nobody writes a person's name so.
        named = replace(named, ambiguous=False)
    return _completed(named)


def _denies(text: str) -> bool:
    """Whether *text* says that no tool was used, and names none in a remark behind it."""
    said, *remark = _REMARK.split(text, maxsplit=1)
    if said.lower() not in vocabulary().denials:
        return False
    words = " ".join(remark).split()
    return _model_in(" ".join(words)) is None and not any(_tool_in(word)[0] for word in words)


def _main(text: str) -> Named:
    """Read the part outside brackets and parentheses."""
    if text.lower() in vocabulary().generic or _LLM.match(text):
        return Named(generic=True)
    parts = _VIA.split(text, maxsplit=1)
    if len(parts) == 2 and (pair := _pair(parts[1], parts[0]) or _pair(parts[0], parts[1])):
        return pair
    if "://" not in text and ":" in text:
        agent, _, rest = text.partition(":")
        first = rest.split()[0] if rest.split() else ""
        if colon := _pair(agent, first):
            return colon
        if model := _model_in(first):
            return Named(model=model, family=family_of(model))
        if kernel := _kernel(agent, rest):
            return kernel
    if "/" in text and (slash := _slashed(text)):
        return slash
    return _plain(text)


def _pair(tool_text: str, model_text: str) -> Named | None:
    """Read a tool and a model named side by side; ``None`` where they are not that."""
    tool, _ = _tool_in(tool_text)
    model = _model_in(model_text)
    if tool is not None and model is not None:
        return Named(tool.harness, model, family_of(model))
    if tool is None and model is not None and tool_text.strip().lower() in vocabulary().providers:
        return Named(model=model, family=family_of(f"{tool_text.strip()}/{model}"))
    return None


def _kernel(agent: str, rest: str) -> Named | None:
    """Read ``AGENT:MODEL`` where the model is none that is known; with a blank between it can be anything."""
    tool = vocabulary().tools.get(agent.lower())
    if tool is None or rest[:1] in ("", " "):
        return None
    first = rest.split()[0]
    model = None if _VERSION.match(first) else model_name(first)
    return Named(tool.harness, model, family_of(f"{agent} {model}") if model else UNKNOWN)


def _slashed(text: str) -> Named | None:
    """Read ``tool/version``, ``tool/model`` and ``provider/model``."""
    head, _, rest = text.partition("/")
    tool, _ = _tool_in(head)
    if tool is not None and _VERSION.match(rest.strip()):
        return Named(tool.harness)
    if head.strip().lower() in vocabulary().providers and rest.strip() and " " not in rest.strip():
        return Named(model=text.strip(), family=family_of(text.strip()))
    return _pair(head, rest)


def _plain(text: str) -> Named:
    """Read a name without separators: a tool, a model, or a tool followed by a model."""
    exact = vocabulary().tools.get(text.lower())
    if exact is not None:
        return Named(exact.harness, ambiguous=exact.ambiguous)
    model = _model_in(text)
    if model is not None and text.startswith(model):
        return Named(model=model, family=family_of(model))
    tool, rest = _tool_in(text)
    if tool is None:
        return Named(model=model, family=family_of(model))
    if model is None and not _only_fillers(rest):
        return Named()
    # Behind a first name, some of a tool's additions are surnames as well.
    ambiguous = tool.ambiguous and set(rest.lower().split()) <= vocabulary().surnames
    return Named(tool.harness, model, family_of(model), ambiguous=ambiguous)


def _only_fillers(rest: str) -> bool:
    """Whether *rest* adds nothing to the tool's name: a version, "CLI", "agent"."""
    return all(_VERSION.match(word) or word in vocabulary().fillers for word in rest.lower().split())


def _tool_in(text: str) -> tuple[Tool | None, str]:
    """Return the tool whose name *text* starts with, and what follows it."""
    text = text.strip()
    words = vocabulary()
    exact = words.tools.get(text.lower())
    if exact is not None:
        return exact, ""
    match = words.match_tool(text)
    if match is None:
        return None, text
    return words.tools[match.group().lower()], text[match.end() :].strip(" -:,/")


def _model_in(text: str) -> str | None:
    """Return the model that *text* names, from its first word to the end of the text."""
    text = text.strip()
    match = vocabulary().find_model(text)
    if match is None:
        return None
    start = text.rfind(" ", 0, match.start()) + 1
    return _TAIL.sub("", text[start:]) or None


def _with_aside(named: Named, aside: str) -> Named:
    """Add what parentheses say: a model, ``model: NAME; ...``, a maker, or a tool (``via Codex``)."""
    for part in re.split(r"[;,]", aside):
        field = _FIELD.match(part)
        model = field.group(1).strip() if field else _model_in(part)
        if model and named.model is None:
            named = replace(named, model=model, family=family_of(model), ambiguous=False)
            continue
        tool, _ = _tool_in(re.sub(r"^\s*(?:via|using|with|in)\s+", "", part, flags=re.IGNORECASE))
        if tool is not None and named.harness is None and (named.model or not tool.ambiguous):
            named = replace(named, harness=tool.harness)
        elif part.strip().lower() in vocabulary().makers and named.harness is not None:
            named = replace(named, ambiguous=False)
    return named


def _completed(named: Named) -> Named:
    """Fill the family from the tool, where the tool has one maker's models only."""
    if named.family != UNKNOWN or named.harness is None or named.model is not None:
        return named
    return replace(named, family=vocabulary().default_families.get(named.harness) or UNKNOWN)
