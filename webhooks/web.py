"""The web processes: gunicorn with our application, and nothing of the directory that it is started in."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from app.settings import Secret, Settings, SettingsError

if TYPE_CHECKING:
    from flask import Flask

    from app.dashboard.local import LocalDoor

# As in webhooks.metrics, which must not be imported before the variable is set.
_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"
# A delivery is answered in milliseconds; threads are for those who send slowly.
THREADS = 8
# Of them, how many no page of the dashboard may use.
KEPT = 3
# Where gunicorn's processes give their signs of life; on a disk a slow one looks dead.
_IN_MEMORY = Path("/dev/shm")  # noqa: S108  gunicorn makes a file there that nobody can name


class LatestSettings:
    """The settings. While they are incomplete they are read anew each time: the set-up page may have stored them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._read = Settings.read(environ)

    def __call__(self) -> Settings:
        """Return them; those from before where what is stored cannot be read."""
        if self._read.missing:
            try:
                self._read = Settings.read(self._environ)
            except SettingsError as error:
                logging.getLogger("exogate.webhooks").warning("%s", error)
        return self._read


def build(environ: Mapping[str, str]) -> Flask:
    """Return the application of one process. Raises ``SettingsError``, ``QueueError`` or ``RecordError``."""
    from webhooks.dashboard import application, beside
    from webhooks.ledger import open_ledger
    from webhooks.process import log_to_stderr
    from webhooks.queue import JobQueue
    from webhooks.redis_connection import connect
    from webhooks.server import Hearing, create_app
    from webhooks.setup import pages

    log_to_stderr()
    settings = LatestSettings(environ)
    first = settings()
    deliveries, queue = open_ledger(first.database_url), JobQueue(connect(first.redis_url))
    app = create_app(Hearing(settings, deliveries, queue))
    app.register_blueprint(pages(settings))
    beside(app, application(settings, deliveries.ledger, queue, _local(environ)), THREADS - KEPT)
    return app


def _local(environ: Mapping[str, str]) -> LocalDoor | None:
    """Return the local operator's door, where `exogate up --local` opens one: nowhere but on this machine's own."""
    from app.dashboard.local import VARIABLE, LocalDoor
    from app.dashboard.origin import is_loopback

    token = environ.get(VARIABLE)
    return LocalDoor(Secret(token)) if token and is_loopback(environ.get("EXOGATE_BIND", "")) else None


class Web(BaseApplication):  # type: ignore[misc]
    """gunicorn as a library: unlike its command it puts no directory on Python's path."""

    def __init__(self, options: Mapping[str, Any], make: Callable[[], Flask]) -> None:
        self._options, self._make = options, make
        super().__init__()

    def load_config(self) -> None:
        """Take our options, and none from files or variables."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Return the application, in each process its own."""
        return self._make()


def serve(bind: str, processes: int, make: Callable[[], Flask] | None = None) -> None:
    """Serve until told to stop; does not return. Each process makes its application after the fork."""
    own = None if os.environ.get(_DIRECTORY) else tempfile.mkdtemp(prefix="exogate-metrics-")
    if own:
        os.environ[_DIRECTORY] = own
    here = os.getpid()
    _announce(bind)

    def child_exit(_: object, worker: Any) -> None:
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]

    def on_exit(_: object) -> None:
        if own and os.getpid() == here:
            shutil.rmtree(own, ignore_errors=True)

    options = {
        "bind": bind,
        "workers": processes,
        "threads": THREADS,
        "worker_class": "gthread",
        "keepalive": 75,
        "timeout": 60,
        "graceful_timeout": 20,
        "worker_tmp_dir": str(_IN_MEMORY) if _IN_MEMORY.is_dir() else None,
        "control_socket_disable": True,
        "proc_name": "exogate",
        "loglevel": "warning",
        "child_exit": child_exit,
        "on_exit": on_exit,
    }
    Web(options, make or (lambda: build(os.environ))).run()


def _announce(bind: str) -> None:
    """Say where the App can be set up, where it is not yet: once, before there are processes."""
    from webhooks.process import log_to_stderr
    from webhooks.setup import announcement

    log_to_stderr()
    if sentence := announcement(Settings.read(os.environ), int(bind.rpartition(":")[2])):
        logging.getLogger("exogate.setup").warning("%s", sentence)


def main() -> int:
    """Serve where the environment says, for ``exogate up``."""
    serve(os.environ["EXOGATE_BIND"], int(os.environ.get("EXOGATE_WEB_PROCESSES", "2")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
