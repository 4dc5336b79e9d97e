"""The package index that environments are made from: the one place that a sandbox may reach then."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}
_PYPI = "https://pypi.org/simple"
# Where the index at pypi.org keeps the files that it lists.
_PYPI_FILES = ("https://files.pythonhosted.org",)


@dataclass(frozen=True)
class Index:
    """A package index (PEP 503), and other places (addresses) where it keeps its files."""

    url: str = _PYPI
    files: tuple[str, ...] = _PYPI_FILES

    def places(self) -> frozenset[tuple[str, int]]:
        """Return the hosts and ports that the sandbox may reach. Raises ``ValueError`` with a sentence."""
        return frozenset(place_of(url) for url in (self.url, *self.files))


def place_of(url: str) -> tuple[str, int]:
    """Return the host and port of an http or https address. Raises ``ValueError`` with a sentence."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError(f"{(parts.scheme or url)[:40]!r} begins no http or https address.")
    return parts.hostname.lower(), parts.port or _PORTS[parts.scheme]
