"""Look for credentials in the lines given on standard input, with the detectors of detect-secrets.

Job: ``{"files": [{"name": str, "loose": bool, "lines": [str, ...]}, ...], "seconds": float}``. ``name`` tells the
keyword detector the file's type; without ``loose`` only credentials with a form of their own are looked for. One
record a file: ``{"state": "ok" | "slow" | "failed", "found": [[line index, kind, type, sha1, start, length], ...]}``.
A credential itself never leaves this process: ``start`` is its first two characters, and empty for a short one.

Nothing of the repository configures this scan: no allow-list comment, no baseline, no file name is obeyed.
"""

import hashlib
import json
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gates.inside.known_tokens import known_tokens
else:
    sys.path.insert(0, str(Path(__file__).parent))
    from known_tokens import known_tokens

    del sys.path[0]

from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.filters import heuristic
from detect_secrets.plugins.basic_auth import BasicAuthDetector
from detect_secrets.plugins.high_entropy_strings import HighEntropyStringsPlugin
from detect_secrets.plugins.keyword import KeywordDetector
from detect_secrets.plugins.private_key import PrivateKeyDetector
from detect_secrets.settings import get_plugins, transient_settings

# A public IP address is no credential.
LEFT_OUT = frozenset({"IPPublicDetector"})
# Longer lines are scanned in overlapping pieces: the patterns need time that grows faster than the line.
PIECE, OVERLAP = 1_000, 200
# What a file may take beyond the job's seconds, for each of its lines.
LINE_SECONDS = 0.001
SHOWN_FROM = 12
PLACEHOLDER = re.compile(
    r"example|change.?me|place.?holder|dummy|fake|sample|your|redacted|insert|xxx|\*\*\*|\.\.\."
    r"|(?<![a-z0-9])(?:my|foo|bar|tests?)(?![a-z0-9])|\$\{|%\(|%s|\{\w*\}|<\w[^>]*>",
    re.IGNORECASE,
)
# Nobody draws so many same characters in a row: `ghp_xxxxxxxxxxxx`.
WORD = re.compile(r"[\w*.-]+")
RUN = re.compile(r"([\w*.])\1{7}")
# What holds not a credential, but its name or where it is kept or asked for: `secretName: db-1`.
ABOUT = re.compile(
    r"(?:existing\w*|\w*(?:arn|attr|attribute|column|field|file|format|header|hint|label|message|name|path|pattern"
    r"|policy|prefix|prompt|ref|regex|suffix|type|uri|url|version)s?)$",
    re.IGNORECASE,
)
ASSIGNED = re.compile(r"([\w.-]+)[\"'`\]]*\s*(?::=|=>|[:=])\s*[\"'`]?$")
# A line of a key's body; and how many lines down it starts at the latest.
BODY = re.compile(r"[0-9A-Za-z+/=]{20}")
HEADERS = 4

# Several detectors are slow on long runs of blanks, and no credential holds any.
SPACE = re.compile(r"\s+")

# What a value must not be, for a detector of forms and for one of likely places.
STRICT: "tuple[Callable[[str], bool], ...]" = (
    heuristic.is_sequential_string,
    heuristic.is_templated_secret,
    heuristic.is_not_alphanumeric_string,
    heuristic.is_prefixed_with_dollar_sign,
)
LOOSE = (*STRICT, heuristic.is_potential_uuid)


class SlowError(Exception):
    """One file took too long."""


def main() -> None:
    """Read the job, scan each file, report on the trusted channel."""
    nonce = sys.stdin.buffer.readline().strip()
    job = json.loads(sys.stdin.buffer.read())
    channel = os.fdopen(os.dup(1), "wb")
    # An error's text may quote a credential; nothing is said but on the channel.
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    signal.signal(signal.SIGALRM, too_slow)
    classes: list[Any] = list(get_mapping_from_secret_type_to_class().values())
    names = sorted(c.__name__ for c in classes if c.__name__ not in LEFT_OUT)
    with transient_settings({"plugins_used": [{"name": name} for name in names]}):
        plugins = [(kind_of(plugin), plugin) for plugin in (*get_plugins(), *known_tokens())]
        for file in job["files"]:
            channel.write(nonce + b" " + json.dumps(scan(file, plugins, job["seconds"])).encode("ascii") + b"\n")
    channel.write(nonce + b" end\n")
    channel.close()


def too_slow(*_: object) -> None:
    """Interrupt a scan; the regular expression engine looks for signals while it works."""
    raise SlowError


def scan(file: "dict[str, Any]", plugins: "list[tuple[str, Any]]", seconds: float) -> "dict[str, Any]":
    """Scan one file within its time."""
    found: list[list[Any]] = []
    state = "ok"
    signal.setitimer(signal.ITIMER_REAL, seconds + LINE_SECONDS * len(file["lines"]))
    try:
        for index, line in enumerate(file["lines"]):
            here = in_line(file["name"], line, plugins, index, loose=file["loose"])
            found += [f for f in here if f[2] != PrivateKeyDetector.secret_type or not is_marker(file["lines"], index)]
    except SlowError:
        state = "slow"
    except Exception:  # noqa: BLE001 - a detector's defect on hostile text is one file's, not the scan's
        state = "failed"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return {"state": state, "found": found}


def in_line(name: str, line: str, plugins: "list[tuple[str, Any]]", index: int, *, loose: bool) -> "list[list[Any]]":
    """Return what is found in one line; what a stricter detector found is not said again by a looser one."""
    by_kind: dict[str, dict[str, list[Any]]] = {"form": {}, "keyword": {}, "entropy": {}}
    squeezed = SPACE.sub(" ", line)
    loose = loose and not heuristic.is_indirect_reference(squeezed)
    for piece in pieces(squeezed):
        for kind, type_name, secret in matches(name, piece, plugins, loose=loose):
            grade = graded(kind, type_name, secret, piece)
            by_kind[kind].setdefault(secret, [index, grade, type_name, *described(secret)])
    for values in by_kind.values():
        if values:
            return list(values.values())
    return []


def pieces(line: str) -> "Iterator[str]":
    """Cut a long line."""
    for start in range(0, max(1, len(line)), PIECE - OVERLAP):
        yield line[start : start + PIECE]
        if start + PIECE >= len(line):
            return


def matches(name: str, line: str, plugins: "list[tuple[str, Any]]", *, loose: bool) -> "Iterator[tuple[str, str, str]]":
    """Yield kind, type and value of each credential that the detectors and their filters leave."""
    for kind, plugin in plugins:
        if kind != "form" and not loose:
            continue
        for potential in plugin.analyze_line(filename=name, line=line, line_number=1):
            secret = potential.secret_value or ""
            if kind == "form":
                dropped = any(test(secret) for test in STRICT)
            else:
                dropped = any(test(secret) for test in LOOSE) or heuristic.is_likely_id_string(secret, line, plugin)
            if not dropped and not (kind == "keyword" and " " in secret):
                yield kind, plugin.secret_type, secret


def kind_of(plugin: object) -> str:
    """Say what a detector goes by."""
    if isinstance(plugin, HighEntropyStringsPlugin):
        return "entropy"
    return "keyword" if isinstance(plugin, KeywordDetector) else "form"


def graded(kind: str, type_name: str, secret: str, line: str) -> str:
    """Return the kind, or ``placeholder`` for a value that says of itself that it is none, or is a plain word.

    A password in an address has no form of its own, and is graded as one that is assigned to a name.
    """
    if kind == "form" and type_name != BasicAuthDetector.secret_type:
        # Of some tokens a detector only reports the beginning.
        whole = WORD.match(line, max(line.find(secret), 0))
        return "placeholder" if "EXAMPLE" in secret or (whole and RUN.search(whole[0])) else kind
    if kind == "form":
        kind = "keyword"
    elif kind == "keyword" and (name := ASSIGNED.search(line[: max(line.find(secret), 0)])) and ABOUT.match(name[1]):
        return "placeholder"
    if kind != "entropy" and (PLACEHOLDER.search(secret) or not re.search(r"\d|[^\w\s./:-]", secret)):
        return "placeholder"
    return kind


def is_marker(lines: "Sequence[str]", index: int) -> bool:
    """Whether the beginning of a private key stands in a string and no key follows, as in code that looks for one."""
    before, _, after = lines[index].partition("PRIVATE KEY")
    if not re.search("[\"'`]", before):
        return False
    return not any(BODY.search(text) for text in (after, *lines[index + 1 : index + 1 + HEADERS]))


def described(secret: str) -> "tuple[str, str, int]":
    """Return a credential's SHA-1 (a baseline's own measure), its first characters and its length."""
    digest = hashlib.sha1(secret.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
    return digest, secret[:2] if len(secret) >= SHOWN_FROM else "", len(secret)


if __name__ == "__main__":
    main()
