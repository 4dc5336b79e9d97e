"""Python values as bytes, without pickle: what a program returned, readable where nothing of it can run.

One value is a tag and what belongs to it: ``N`` None, ``T`` and ``F`` booleans, ``i`` integer (length, hexadecimal
digits), ``f`` float and ``c`` complex (IEEE 754, little-endian), ``s`` str (UTF-8, surrogates passed) and ``b`` bytes
(length first), ``t`` tuple, ``l`` list, ``S`` set, ``Z`` frozenset (count first), ``d`` dict (count, then key and
value in order), and ``X`` for anything else. A value that takes more than ``WHOLE`` bytes is an ``H`` with a digest of
itself, the same for values that are equal: its numbers in one form, its sets and dictionaries sorted. What is nested
too deeply for that or has too many parts is an ``M`` with a digest of its marshalled form, which only the very same
value has; ``X`` where there is none (a value that holds itself).

Types are told by ``type(value) is ...``, so that no method of a program's own class is ever called: an instance of a
subclass is ``X``. The three dictionaries of ``collections`` that compare as ``dict`` does are written as ``dict``.
"""

from __future__ import annotations

import marshal
import sys
from struct import Struct

# Not imported, since each page that a template holds costs every fork of it.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

DEPTH = 100
"""How deep containers may lie in each other."""
WHOLE = 1024 * 1024
"""From how many bytes on a value is only known by its digest."""
NODES = 2_000_000
"""How many parts a value may have to be written part by part, all containers' contents included."""
BYTES = 128 * 1024 * 1024
"""How many bytes a value may take, encoded."""

_LENGTH = Struct("<I")
_DOUBLE = Struct("<d")
_FOREIGN = b"X"
_DIGEST = 32
# No references to earlier parts and no interned strings: equal values give equal bytes.
_PLAIN_MARSHAL = 2
_NAN = b"f" + _DOUBLE.pack(float("nan"))
_DICTS = ("Counter", "OrderedDict", "defaultdict")


class Foreign:
    """A value that could not be brought over. It equals nothing, itself included."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return False


class MalformedError(ValueError):
    """Bytes that are no value, or one with more parts than were asked for."""


class _TooLargeError(Exception):
    pass


class Digest:
    """A large value, of which only its digest is known. It equals what has the same."""

    __slots__ = ("_digest",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, digest: bytes) -> None:
        self._digest = digest

    def __eq__(self, other: object) -> bool:
        return self._digest == (other._digest if isinstance(other, Digest) else digest(other))


def encode(value: Any) -> bytes:
    """Return *value* as bytes; equal bytes mean equal values. ``NaN`` has one form, whatever its bits."""
    kind = type(value)
    # Most values are short and flat, and thousands of them are written for one program.
    if kind in _QUICK and (quick := _QUICK[kind](value)):
        return quick
    if (kind is list or kind is tuple) and len(value) < _SHORT:
        items = [_QUICK[type(item)](item) if type(item) in _QUICK else b"" for item in value]
        if b"" not in items:
            return (b"l" if kind is list else b"t") + _LENGTH.pack(len(items)) + b"".join(items)
    return _encode(value)


def _encode(value: Any) -> bytes:
    parts: list[bytes] = []
    try:
        _Encoder(parts.append, WHOLE).write(value, 0)
    except _TooLargeError:
        return digest(value)
    return b"".join(parts)


def digest(value: Any) -> bytes:
    """Return the short form of a large value: the same for values that are equal, NaN being equal to NaN."""
    from hashlib import blake2b

    state = blake2b(digest_size=_DIGEST)
    try:
        _Normal(state.update, BYTES).write(value, 0)
    except _TooLargeError:
        try:
            return b"M" + blake2b(marshal.dumps(value, _PLAIN_MARSHAL), digest_size=_DIGEST).digest()
        except ValueError:
            return _FOREIGN
    return b"H" + state.digest()


class _Encoder:
    def __init__(self, add: Callable[[bytes], object], room: int) -> None:
        self._add, self._nodes, self._room = add, NODES, room

    def write(self, value: Any, depth: int) -> None:
        kind = type(value)
        self._nodes -= 1
        if self._nodes < 0 or depth > DEPTH:
            raise _TooLargeError
        if kind is str:
            self.put(b"s", value.encode("utf-8", "surrogatepass"))
        elif value is None:
            self.put(b"N")
        elif kind is bool or kind is int or kind is float or kind is complex:
            self.number(value)
        elif kind is tuple or kind is list:
            self.put(b"t" if kind is tuple else b"l", count=len(value))
            for item in value:
                self.write(item, depth + 1)
        elif kind is set or kind is frozenset:
            self.unordered(b"S" if kind is set else b"Z", [(item,) for item in value], depth)
        elif kind is dict or (isinstance(value, dict) and _is_of_collections(kind)):
            self.unordered(b"d", list(dict.items(value)), depth)
        elif kind is bytes:
            self.put(b"b", value)
        else:
            self.put(_FOREIGN)

    def put(self, tag: bytes, body: bytes | None = None, count: int | None = None) -> None:
        whole = tag
        if body is not None:
            whole += _LENGTH.pack(len(body)) + body
        elif count is not None:
            whole += _LENGTH.pack(count)
        self._room -= len(whole)
        if self._room < 0:
            raise _TooLargeError
        self._add(whole)

    def number(self, value: Any) -> None:
        kind = type(value)
        if kind is int:
            if value.bit_length() > 4 * self._room:
                raise _TooLargeError
            self.put(b"i", b"%x" % value)
        elif kind is float:
            self.put(_float(value))
        elif kind is bool:
            self.put(b"T" if value else b"F")
        else:
            self.put(b"c" + _float(value.real)[1:] + _float(value.imag)[1:])

    def unordered(self, tag: bytes, rows: list[tuple[Any, ...]], depth: int) -> None:
        self.put(tag, count=len(rows))
        for row in rows:
            for item in row:
                self.write(item, depth + 1)


def _is_of_collections(kind: type) -> bool:
    """Whether it is one of those dictionaries. Who forges one still has its contents compared, and nothing else."""
    module = sys.modules.get("collections")
    return any(kind is getattr(module, name, None) for name in _DICTS)


class _Normal(_Encoder):
    """Writes equal values as the same bytes."""

    def number(self, value: Any) -> None:
        if type(value) is complex and value.imag == 0:
            value = value.real
        if type(value) is bool or (type(value) is float and value.is_integer()):
            value = int(value)
        super().number(value)

    def unordered(self, tag: bytes, rows: list[tuple[Any, ...]], depth: int) -> None:
        self.put(b"S" if tag == b"Z" else tag, count=len(rows))
        add, texts = self._add, []
        for row in rows:
            parts: list[bytes] = []
            self._add = parts.append
            for item in row:
                self.write(item, depth + 1)
            texts.append(b"".join(parts))
        self._add = add
        for text in sorted(texts):
            add(text)


def _float(value: float) -> bytes:
    return b"f" + _DOUBLE.pack(value) if value == value else _NAN


def _int(value: int) -> bytes:
    if -_SMALL < value < _SMALL:
        body = b"%x" % value
        return b"i" + _LENGTH.pack(len(body)) + body
    return b""


def _str(value: str) -> bytes:
    if len(value) < _SHORT:
        body = value.encode("utf-8", "surrogatepass")
        return b"s" + _LENGTH.pack(len(body)) + body
    return b""


# As the encoder writes them; for a long one nothing, so that the encoder does.
_SHORT, _SMALL = 200, 1 << 64
_QUICK: dict[type, Callable[[Any], bytes]] = {
    type(None): lambda _: b"N",
    bool: lambda value: b"T" if value else b"F",
    int: _int,
    float: _float,
    str: _str,
}


def decode(body: bytes, nodes: int = NODES) -> Any:
    """Return the value that *body* holds. The bytes may come from anybody.

    Raises ``MalformedError`` for bytes that are no value, for one nested deeper than ``DEPTH``, and for one with
    more than *nodes* parts: who expects a value of so many parts need not read a larger one.
    """
    decoder = _Decoder(body, nodes)
    try:
        value = decoder.read(0)
    except (IndexError, ValueError, TypeError, OverflowError) as error:
        raise MalformedError(str(error)) from error
    if decoder.at != len(body):
        raise MalformedError("there is more after the value")
    return value


class _Decoder:
    def __init__(self, body: bytes, nodes: int) -> None:
        self._body, self._nodes, self.at = body, nodes, 0

    def read(self, depth: int) -> Any:
        self._nodes -= 1
        if self._nodes < 0 or depth > DEPTH:
            raise MalformedError("the value is too large")
        tag = self._body[self.at : self.at + 1]
        self.at += 1
        reader = _READERS.get(tag)
        if reader is None:
            raise MalformedError(f"{tag!r} is no tag")
        return reader(self, depth)

    def take(self, size: int) -> bytes:
        end = self.at + size
        if end > len(self._body):
            raise MalformedError("the value is cut off")
        taken, self.at = self._body[self.at : end], end
        return taken

    def length(self) -> int:
        return int(_LENGTH.unpack(self.take(4))[0])

    def double(self) -> float:
        return float(_DOUBLE.unpack(self.take(8))[0])

    def items(self, depth: int) -> list[Any]:
        count = self.length()
        if count > self._nodes:
            raise MalformedError("the value is too large")
        return [self.read(depth + 1) for _ in range(count)]

    def pairs(self, depth: int) -> dict[Any, Any]:
        count = self.length()
        if 2 * count > self._nodes:
            raise MalformedError("the value is too large")
        return {self.read(depth + 1): self.read(depth + 1) for _ in range(count)}


_READERS: dict[bytes, Any] = {
    b"N": lambda d, _: None,
    b"T": lambda d, _: True,
    b"F": lambda d, _: False,
    b"i": lambda d, _: int(d.take(d.length()), 16),
    b"f": lambda d, _: d.double(),
    b"c": lambda d, _: complex(d.double(), d.double()),
    b"s": lambda d, _: d.take(d.length()).decode("utf-8", "surrogatepass"),
    b"b": lambda d, _: d.take(d.length()),
    b"t": lambda d, depth: tuple(d.items(depth)),
    b"l": lambda d, depth: d.items(depth),
    b"S": lambda d, depth: set(d.items(depth)),
    b"Z": lambda d, depth: frozenset(d.items(depth)),
    b"d": lambda d, depth: d.pairs(depth),
    b"H": lambda d, _: Digest(b"H" + d.take(_DIGEST)),
    b"M": lambda d, _: Digest(b"M" + d.take(_DIGEST)),
    b"X": lambda d, _: Foreign(),
}


def nodes(value: Any) -> int:
    """Return how many parts a value of the kinds above has; an equal value has as many."""
    if isinstance(value, dict):
        return 1 + sum(nodes(key) + nodes(item) for key, item in value.items())
    if isinstance(value, (tuple, list, set, frozenset)):
        return 1 + sum(map(nodes, value))
    return 1
