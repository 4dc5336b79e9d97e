"""Names: of distributions (PEP 503), of the modules that they provide, and of the popular ones."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

from packaging.utils import canonicalize_name

normalised = canonicalize_name


@cache
def popular() -> frozenset[str]:
    """Return the normalised names of widely used distributions on PyPI."""
    text = files("gates.data").joinpath("popular.txt").read_text("utf-8")
    return frozenset(text.split())


@cache
def import_names() -> dict[str, tuple[str, ...]]:
    """Return, for modules whose name is not that of their distribution, the distributions that provide them."""
    table = json.loads(files("gates.data").joinpath("import_names.json").read_text("utf-8"))
    return {module: tuple(names) for module, names in table.items()}


@cache
def _provided() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for module, names in import_names().items():
        for name in names:
            found.setdefault(name, set()).add(module.partition(".")[0])
    return {name: frozenset(modules) for name, modules in found.items()}


@cache
def _joined() -> dict[str, str]:
    """Return popular names by themselves without separators, where it is not known that the module is another."""
    return {name.replace("-", ""): name for name in popular() if "-" in name and name not in _provided()}


def known_modules(distribution: str) -> frozenset[str]:
    """Return the top-level modules that the table knows of a distribution; empty where it knows none."""
    return _provided().get(normalised(distribution), frozenset())


def providers(module: str) -> tuple[str, ...]:
    """Return the known distributions of a dotted module, normalised: the table's for its longest known prefix.

    Else the popular distribution of the same name, with or without separators, ``python-`` or ``-python``; empty
    where none is known.
    """
    parts = module.split(".")
    table = import_names()
    for count in range(len(parts), 0, -1):
        if found := table.get(".".join(parts[:count])):
            return found
    name = normalised(parts[0])
    if joined := _joined().get(name):
        return (joined,)
    variants = (name, f"python-{name}", f"{name}-python", f"py{name}")
    return tuple(v for v in variants if v in popular())


def is_shared_namespace(module: str) -> bool:
    """Whether several known distributions put modules beneath this one (``google.cloud``, ``azure``)."""
    table = import_names()
    return module not in table and any(known.startswith(f"{module}.") for known in table)


def may_provide(distribution: str, module: str) -> bool:
    """Whether a declared distribution may be the one behind a module, by its name alone.

    The same letters without separators, a prefix or a suffix of words (``google-cloud-storage`` for ``google``,
    ``acme-client-sdk`` for ``acme_client``), several of its words (``acme-python-client`` for ``acme_client``). A
    distribution of which the table knows the modules is held to them.
    """
    top = module.partition(".")[0]
    known = known_modules(distribution)
    if top in known:
        return True
    name, wanted = normalised(distribution), normalised(top.strip("_") or top)
    if name == wanted:
        return True
    # Stubs provide nothing at run time.
    if known or name.startswith("types-") or name.endswith("-stubs"):
        return False
    bare, bare_wanted = name.replace("-", ""), wanted.replace("-", "")
    return (
        bare in (bare_wanted, f"python{bare_wanted}", f"py{bare_wanted}", f"{bare_wanted}python")
        or name.startswith(f"{wanted}-")
        or name.endswith(f"-{wanted}")
        or ("-" in wanted and _holds(name.split("-"), wanted.split("-")))
        or (len(bare) >= 5 and bare_wanted.startswith(bare))
    )


def _holds(words: list[str], wanted: list[str]) -> bool:
    """Whether all of *wanted* are among *words*, in this order."""
    rest = iter(words)
    return all(word in rest for word in wanted)
