"""Without the lab's extra (`make EXTRAS=dev test`), what needs it is skipped, and says so. Everything else runs."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

_NUMBERS = ("numpy", "pandas", "pyarrow", "scipy", "sklearn", "statsmodels")
_EXTRA = (*_NUMBERS, "accelerate", "datasketch", "fsspec", "gguf", "jinja2", "matplotlib", "redis", "rq", "tokenizers")
_MODELS = ("torch", "transformers")


def _missing() -> list[str]:
    found = []
    for name in (*_EXTRA, *_MODELS):
        try:
            spec = find_spec(name)
        except ImportError:
            spec = None
        if spec is None:
            found.append(name)
    return found


MISSING = _missing()


def needs(error: BaseException | None) -> str | None:
    """Return why an error is no defect: it is about a package of the extra that is not installed."""
    if isinstance(error, ModuleNotFoundError) and (name := (error.name or "").partition(".")[0]) in MISSING:
        return f"needs {name}: pip install 'exogate[lab]'"
    return None


class _Module(pytest.Module):
    """A test module whose imports may be missing."""

    def collect(self) -> Any:
        try:
            return super().collect()
        except self.CollectError as error:
            if reason := needs(error.__cause__):
                pytest.skip(reason, allow_module_level=True)
            raise


class _WithoutModels(pytest.File):
    """Stands for a folder whose own conftest imports what is missing: that of a directory would be loaded."""

    def collect(self) -> Any:
        pytest.skip("needs torch and transformers: pip install 'exogate[lab]'", allow_module_level=True)


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    return _Module.from_parent(parent, path=module_path) if MISSING else None


def pytest_collect_directory(path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if path.name == "models" and not set(_MODELS).isdisjoint(MISSING):
        return _WithoutModels.from_parent(parent, path=path)
    return None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    yield from _skipping()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    yield from _skipping()


def _skipping() -> Any:
    try:
        return (yield)
    except ModuleNotFoundError as error:
        if reason := needs(error):
            pytest.skip(reason)
        raise
