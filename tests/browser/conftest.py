"""A real browser in front of the real App."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.browser.place import Place

_PACKAGES = ("playwright", "flask", "flask_wtf", "authlib", "redis", "sqlalchemy", "github")
_MISSING = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
_CHROMIUM = next((found for name in ("chromium", "chromium-browser") if (found := shutil.which(name))), None)
AXE = Path(__file__).parents[1] / "node" / "node_modules" / "axe-core" / "axe.min.js"


class _WithoutBrowser(pytest.Module):
    """Stands for a test module that cannot be imported without the extras."""

    def collect(self) -> Any:
        pytest.skip(f"needs {', '.join(_MISSING)}: pip install 'exogate[app,dev]'", allow_module_level=True)


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    return _WithoutBrowser.from_parent(parent, path=module_path) if _MISSING else None


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    from tests.browser.place import place as running

    with running(tmp_path_factory.mktemp("browser")) as made:
        yield made


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if _CHROMIUM is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Root has no sandbox of Chromium's own; the pages are ours.
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Return a page in a browser of its own; what it logs as an error is in ``page.troubles``."""
    contexts = []

    def opened(**options: Any) -> Page:
        context = chromium.new_context(**options)
        context.set_default_timeout(60_000)
        contexts.append(context)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def axe() -> str:
    if not AXE.is_file():
        pytest.skip("needs axe-core: npm ci --prefix tests/node")
    return AXE.read_text("utf-8")
