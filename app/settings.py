"""What an operator says about an installation of the App, read from environment variables with fixed names."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from app.prepare.index import Index

API_URL, SERVER_URL = "https://api.github.com", "https://github.com"
REDIS_URL = "redis://127.0.0.1:6379/0"
PORT = 8000
DATABASE, STORED = "ledger.sqlite3", "app.json"
_SCHEMES = {
    "GITHUB_API_URL": ("https", "http"),
    "GITHUB_SERVER_URL": ("https", "http"),
    "REDIS_URL": ("redis", "rediss", "unix"),
    "EXOGATE_PUBLIC_URL": ("https", "http"),
}
# Each may stand in a file of its own, which NAME_PATH names: so container engines and systemd hand secrets over.
_IN_FILES = (
    "GITHUB_APP_PRIVATE_KEY",
    "GITHUB_WEBHOOK_SECRET",
    "GITHUB_APP_CLIENT_SECRET",
    "DATABASE_URL",
    "REDIS_URL",
)
_CLIENT_ID = re.compile(r"[A-Za-z0-9._-]{1,100}")


class SettingsError(ValueError):
    """Settings that cannot be used; ``problems`` are sentences that name the variable and the remedy."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


class Secret:
    """A value that ``reveal`` shows and nothing else: it is not printed, logged or pickled by accident."""

    def __init__(self, value: str = "") -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    def __reduce__(self) -> str:
        raise TypeError("A secret is not written anywhere.")

    def __bool__(self) -> bool:
        return bool(self._value)


@dataclass(frozen=True)
class Settings:
    """An installation's settings. What the set-up page stored counts where the environment says nothing.

    ``policy`` is the operator's default (a preset or a file); ``export_repositories`` are those (owner/name) whose
    ledger may be exported; ``index`` is where the dependencies of repositories' tests are taken from; ``public_url``
    is where GitHub and browsers reach the web process, if that was said. ``client_id`` and ``client_secret`` are the
    App's for signing people in to the dashboard.
    """

    data_dir: Path
    api_url: str = API_URL
    server_url: str = SERVER_URL
    app_id: int | None = None
    private_key: Secret = field(default_factory=Secret)
    webhook_secret: Secret = field(default_factory=Secret)
    client_id: str | None = None
    client_secret: Secret = field(default_factory=Secret)
    redis_url: str = REDIS_URL
    database_url: str = ""
    port: int = PORT
    public_url: str | None = None
    policy: str | None = None
    export_repositories: frozenset[str] = frozenset()
    index: Index = field(default_factory=Index)

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Settings:
        """Return what the environment says. Raises ``SettingsError`` with every problem, not the first alone.

        A missing id, key or secret is no problem here (the set-up page makes them): see ``missing``.
        """
        problems: list[str] = []
        data_dir = Path(environ.get("EXOGATE_DATA_DIR") or _data_home(environ)).expanduser()
        stored = _stored(data_dir / STORED, problems)
        given = {**stored, **_given(environ, problems)}
        urls = {
            name: _url(given, name, default, problems)
            for name, default in (
                ("GITHUB_API_URL", API_URL),
                ("GITHUB_SERVER_URL", SERVER_URL),
                ("REDIS_URL", REDIS_URL),
            )
        }
        settings = cls(
            data_dir=data_dir,
            api_url=urls["GITHUB_API_URL"],
            server_url=urls["GITHUB_SERVER_URL"],
            app_id=_number(given, "GITHUB_APP_ID", problems),
            private_key=_private_key(given, problems),
            webhook_secret=Secret(given.get("GITHUB_WEBHOOK_SECRET", "")),
            client_id=_client_id(given, problems),
            client_secret=Secret(given.get("GITHUB_APP_CLIENT_SECRET", "")),
            redis_url=urls["REDIS_URL"],
            database_url=given.get("DATABASE_URL") or f"sqlite:///{data_dir / DATABASE}",
            port=_number(given, "PORT", problems) or PORT,
            public_url=_url(given, "EXOGATE_PUBLIC_URL", "", problems) or None,
            policy=given.get("EXOGATE_POLICY"),
            export_repositories=frozenset(_words(given, "EXOGATE_EXPORT_REPOSITORIES")),
            index=_index(given, problems),
        )
        if problems:
            raise SettingsError(problems)
        return settings

    @property
    def missing(self) -> list[str]:
        """What the App needs to speak with GitHub and does not have, as sentences."""
        there = {
            "GITHUB_APP_ID": self.app_id is not None,
            "GITHUB_APP_PRIVATE_KEY_PATH (or GITHUB_APP_PRIVATE_KEY)": bool(self.private_key),
            "GITHUB_WEBHOOK_SECRET_PATH (or GITHUB_WEBHOOK_SECRET)": bool(self.webhook_secret),
        }
        return [f"{name} is not set: open /setup once, or set it." for name, known in there.items() if not known]

    @property
    def missing_for_sign_in(self) -> list[str]:
        """What the dashboard needs to sign people in with GitHub and does not have, as sentences."""
        there = {
            "GITHUB_APP_CLIENT_ID": bool(self.client_id),
            "GITHUB_APP_CLIENT_SECRET_PATH (or GITHUB_APP_CLIENT_SECRET)": bool(self.client_secret),
        }
        return [
            f"{name} is not set: take it from the App's settings on GitHub."
            for name, known in there.items()
            if not known
        ]


def _words(given: Mapping[str, str], name: str) -> list[str]:
    return given.get(name, "").replace(",", " ").split()


def _index(given: Mapping[str, str], problems: list[str]) -> Index:
    """Return the package index; one of its own keeps its files itself, unless other places are named."""
    url = given.get("EXOGATE_INDEX_URL")
    files = _words(given, "EXOGATE_INDEX_FILES")
    index = Index() if url is None and not files else Index(url or Index().url, tuple(files))
    try:
        index.places()
    except ValueError as error:
        problems.append(f"EXOGATE_INDEX_URL or EXOGATE_INDEX_FILES: {error} As in https://pypi.org/simple.")
    return index


def _data_home(environ: Mapping[str, str]) -> str:
    base = environ.get("XDG_DATA_HOME") or "~/.local/share"
    return f"{base}/exogate"


def _stored(file: Path, problems: list[str]) -> dict[str, str]:
    """Return what the set-up page stored, by the names of the variables."""
    try:
        found = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        # A JSON error quotes a place, never the text.
        problems.append(f"{file} cannot be read ({error}). Mend or remove it.")
        return {}
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        problems.append(f"{file} is no JSON object of texts. Remove it and open /setup again.")
        return {}
    return found


def _given(environ: Mapping[str, str], problems: list[str]) -> dict[str, str]:
    """Return what the environment says, with what stands in files under the names of the values."""
    given = {name: value for name, value in environ.items() if value}
    for name in _IN_FILES:
        path = given.get(f"{name}_PATH")
        if path is None:
            continue
        if name in given:
            problems.append(f"{name} and {name}_PATH are both set. Set one of them.")
            continue
        try:
            text = Path(path).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            problems.append(f"{name}_PATH: {path} cannot be read ({type(error).__name__}).")
            continue
        if text.strip():
            # Editors and echo end a file with a new line, which belongs to no secret.
            given[name] = text.rstrip("\r\n")
        else:
            problems.append(f"{name}_PATH: {path} is empty. Write the value into it.")
    return given


def _url(given: Mapping[str, str], name: str, default: str, problems: list[str]) -> str:
    value = given.get(name) or default
    if not value:
        return ""
    try:
        parts = urlsplit(value)
        usable = parts.scheme in _SCHEMES[name] and bool(parts.hostname or parts.scheme == "unix")
    except ValueError:
        usable = False
    if not usable:
        # The value itself may hold a password.
        example = f"; as in {default}" if default else ""
        problems.append(f"{name} is no address. It begins with one of: {', '.join(_SCHEMES[name])}{example}.")
    return value.rstrip("/")


def _number(given: Mapping[str, str], name: str, problems: list[str]) -> int | None:
    value = given.get(name)
    if value is None:
        return None
    if not (value.isascii() and value.isdigit()):
        problems.append(f"{name} is no number.")
        return None
    return int(value)


def _client_id(given: Mapping[str, str], problems: list[str]) -> str | None:
    value = given.get("GITHUB_APP_CLIENT_ID")
    if value is not None and not _CLIENT_ID.fullmatch(value):
        problems.append("GITHUB_APP_CLIENT_ID is no client id. Take the one in the App's settings on GitHub.")
        return None
    return value


def _private_key(given: Mapping[str, str], problems: list[str]) -> Secret:
    # Hosts that take one line only hand line ends over as \n.
    text = given.get("GITHUB_APP_PRIVATE_KEY", "").replace("\\n", "\n")
    if text and "PRIVATE KEY-----" not in text:
        problems.append("The App's private key is no PEM text. Take the .pem file that GitHub offers for download.")
    return Secret(text)
