"""What the GitHub App needs, tried: its settings, Redis, the ledger, and GitHub with the App's own key."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.settings import Settings, SettingsError

_NAMES = ("GITHUB_APP_ID", "GITHUB_APP_PRIVATE_KEY", "GITHUB_WEBHOOK_SECRET", "REDIS_URL", "DATABASE_URL")
_EXTRA = "pip install 'exogate[app]'"
_SECONDS = 5


@dataclass(frozen=True)
class Check:
    """One thing that was tried. ``detail`` says what was found; no secret, and no address that may hold one."""

    works: bool
    what: str
    detail: str
    remedy: str = ""


def is_meant(environ: Mapping[str, str]) -> bool:
    """Whether this environment is that of an installation of the App."""
    return any(environ.get(name) or environ.get(f"{name}_PATH") for name in _NAMES)


def checks(environ: Mapping[str, str]) -> Iterator[Check]:
    """Try one thing after the other."""
    try:
        settings = Settings.read(environ)
    except SettingsError as error:
        for problem in error.problems:
            yield Check(False, "settings", problem)
        return
    if settings.missing:
        for sentence in settings.missing:
            yield Check(False, "settings", sentence)
    else:
        yield Check(True, "settings", f"id {settings.app_id}, a private key and a webhook secret")
    yield _directory(settings.data_dir)
    yield _redis(settings)
    yield _ledger(settings)
    if not settings.missing:
        yield _github(settings)


def _directory(place: Path) -> Check:
    try:
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        remedy = "let this user write there, or set EXOGATE_DATA_DIR"
        return Check(False, "data", f"{place} cannot be written to ({error.strerror})", remedy)
    if place.stat().st_mode & 0o077:
        return Check(False, "data", f"{place} is open to other users of this machine", f"chmod 700 {place}")
    return Check(True, "data", f"{place}, for this user alone")


def _redis(settings: Settings) -> Check:
    try:
        from redis import Redis
        from redis.exceptions import RedisError
    except ModuleNotFoundError:
        return Check(False, "Redis", "its client is not installed", _EXTRA)
    try:
        with Redis.from_url(settings.redis_url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS) as redis:
            version = redis.info("server")["redis_version"]
            kept = redis.info("persistence").get("aof_enabled")
    except (RedisError, ValueError) as error:
        remedy = "start it or mend REDIS_URL; `exogate up` brings its own and needs none"
        return Check(False, "Redis", f"does not answer ({type(error).__name__})", remedy)
    if not kept:
        return Check(False, "Redis", f"{version} keeps nothing over a restart", "set `appendonly yes` in its file")
    return Check(True, "Redis", f"{version}, with AOF")


def _ledger(settings: Settings) -> Check:
    try:
        from app.ledger.errors import LedgerError
        from app.ledger.ledger import Ledger
    except ModuleNotFoundError as error:
        return Check(False, "ledger", f"{error.name} is not installed", _EXTRA)
    try:
        ledger = Ledger.open(settings.database_url)
        ledger.ready()
        ledger.close()
    except LedgerError as error:
        return Check(False, "ledger", str(error))
    return Check(True, "ledger", "its schema is that of this version")


def _github(settings: Settings) -> Check:
    try:
        from app.github.api import Patience
        from app.github.app_auth import Installations
        from app.github.errors import GitHubError
    except ModuleNotFoundError as error:
        return Check(False, "GitHub", f"{error.name} is not installed", _EXTRA)
    try:
        found = Installations(settings, Patience(attempts=1, timeout=_SECONDS)).as_app().get("/app")
    except GitHubError as error:
        return Check(False, "GitHub", str(error), "check GITHUB_API_URL, GITHUB_APP_ID and the private key")
    return Check(True, "GitHub", f"{settings.api_url} knows this App as {found.get('slug')}")
