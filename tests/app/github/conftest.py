"""The stand-in, a token of each kind, and patience in the stand-in's own time."""

from __future__ import annotations

import importlib.util
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.reporting import json_
from app.review_types import Review, Revision
from tests.app.reporting.conftest import ACCEPTING, REJECTING, review
from tests.standin.apps import App, Installation
from tests.standin.fixtures import project, pull, read_only, shop, standin, token, work
from tests.standin.server import StandIn
from tests.standin.world import Pull, Repository

__all__ = ["project", "pull", "read_only", "shop", "standin", "token", "work"]

_MISSING = importlib.util.find_spec("github") is None


class _WithoutPyGithub(pytest.Module):
    """Stands for a test module that cannot be imported without the extra."""

    def collect(self) -> Any:
        pytest.skip("needs PyGithub: pip install 'exogate[github]'", allow_module_level=True)


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    return _WithoutPyGithub.from_parent(parent, path=module_path) if _MISSING else None


PASSED = review(ACCEPTING)
FAILED = review(ACCEPTING, REJECTING)


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return a zip file's bytes."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def of_commit(result: Review, commit: str) -> Review:
    """Return a review as if it had judged *commit*."""
    return replace(result, head=Revision("feature", commit))


def as_artifact(result: Review) -> bytes:
    """Return what the review workflow uploads."""
    return zipped({"review.json": json_.render(result).encode()})


def with_fields(result: Review, **fields: object) -> bytes:
    """Return a review's JSON with some of its fields replaced."""
    return json.dumps({**json_.as_dict(result), **fields}).encode()


@pytest.fixture
def patience(standin: StandIn) -> Any:
    """Waiting that takes no time: the stand-in's clock moves instead."""
    from app.github.api import Patience

    clock = standin.world.clock
    return Patience(between_writes=0, sleep=clock.advance, now=lambda: clock.now)


@pytest.fixture
def target(standin: StandIn, project: Repository, token: str) -> Any:
    """Pull request 1, with a token that may write to it."""
    from app.github.target import Target

    return Target("octo/shop", 1, standin.url, token)


@pytest.fixture
def app(standin: StandIn, project: Repository) -> App:
    """The App, as it is registered."""
    return standin.world.app("exogate")


@pytest.fixture
def installation(standin: StandIn, app: App) -> Installation:
    """The App on ``octo``, with all that it asks for."""
    return standin.world.install(app, "octo")


@pytest.fixture
def settings(standin: StandIn, app: App, tmp_path: Path) -> Any:
    """An operator's settings that name the stand-in."""
    from app.settings import Secret, Settings

    return Settings(
        data_dir=tmp_path / "data",
        api_url=standin.url,
        server_url=standin.url,
        app_id=app.id,
        private_key=Secret(app.pem),
        webhook_secret=Secret(app.hook_secret),
    )


@pytest.fixture
def installations(settings: Any, patience: Any) -> Any:
    """The App's doors to the stand-in."""
    from app.github.app_auth import Installations

    return Installations(settings, patience)


@pytest.fixture
def api(installations: Any, installation: Installation) -> Any:
    """The API as the installation sees it, for ``octo/shop``."""
    return installations.api(installation.id, "octo/shop")


@pytest.fixture
def head(standin: StandIn, pull: Pull) -> str:
    """The pull request's last commit."""
    return standin.world.repositories["mallory/shop"].commit("feature")
