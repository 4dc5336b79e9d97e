"""The base's pytest options, without those that make no sense where its tests are judged."""

from __future__ import annotations

from collections.abc import Container, Sequence

# Options that report elsewhere, run tests in other processes, choose by an earlier run, stop early, or change
# nothing but the output. The value says how many words an option takes when it is not written with "=".
_DROPPED = {
    "--numprocesses": 1, "--dist": 1, "--tx": 1, "--maxprocesses": 1, "--max-worker-restart": 1,
    "--rsyncdir": 1, "--rsyncignore": 1, "--loadscope-reorder": 0, "--no-loadscope-reorder": 0,
    "--cov": 0, "--cov-report": 1, "--cov-config": 1, "--cov-fail-under": 1, "--cov-append": 0, "--cov-branch": 0,
    "--cov-context": 1, "--cov-reset": 0, "--no-cov": 0, "--no-cov-on-fail": 0, "--cov-precision": 1,
    "--junitxml": 1, "--junit-xml": 1, "--junitprefix": 1, "--junit-prefix": 1, "--html": 1, "--css": 1,
    "--self-contained-html": 0, "--report-log": 1, "--json-report": 0, "--json-report-file": 1, "--alluredir": 1,
    "--pastebin": 1, "--resultlog": 1, "--log-file": 1,
    "--exitfirst": 0, "--maxfail": 1, "--lf": 0, "--last-failed": 0, "--ff": 0, "--failed-first": 0, "--nf": 0,
    "--new-first": 0, "--sw": 0, "--stepwise": 0, "--stepwise-skip": 0, "--cache-clear": 0, "--cache-show": 0,
    "--collect-only": 0, "--co": 0, "--setup-only": 0, "--setup-plan": 0, "--pdb": 0, "--trace": 0,
    "--verbose": 0, "--quiet": 0, "--verbosity": 1, "--tb": 1, "--color": 1, "--code-highlight": 1,
    "--durations": 1, "--durations-min": 1, "--no-header": 0, "--no-summary": 0, "--show-capture": 1,
    "--showlocals": 0, "--full-trace": 0, "--force-sugar": 0,
    "--strict-config": 0, "--rootdir": 1, "--confcutdir": 1, "--config-file": 1, "--basetemp": 1,
    "--benchmark-autosave": 0, "--benchmark-json": 1, "--ruff": 0, "--mypy": 0, "--flake8": 0, "--pylint": 0,
    "--black": 0, "--isort": 0,
}  # fmt: skip
# Short options; those that take a value may have it glued on (-n4).
_DROPPED_SHORT = {"-n": 1, "-d": 0, "-x": 0, "-r": 1, "-c": 1, "-l": 0}
_GLUED_FLAGS = frozenset("vqxls")
_PLUGIN = "-p"
# Plug-ins that distribute or measure; what they would do is done here, or not at all.
_DROPPED_PLUGINS = ("xdist", "pytest_cov", "xdist.plugin", "no:xdist", "no:cacheprovider", "cacheprovider")


def kept(words: Sequence[str]) -> list[str]:
    """Return the words of the base's ``addopts`` that stay."""
    result: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        value = words[at + 1] if at + 1 < len(words) else None
        if word == _PLUGIN and value is not None:
            result += [] if value in _DROPPED_PLUGINS else [word, value]
            at += 2
        elif word.startswith(_PLUGIN) and word[2:] in _DROPPED_PLUGINS:
            at += 1
        else:
            takes = _dropped(word)
            if takes is None:
                result.append(word)
            at += 1 + (takes or 0)
    return result


def split_plugins(words: Sequence[str], paths: Container[str], roots: Sequence[str]) -> tuple[list[str], list[str]]:
    """Take the plug-ins (``-p NAME``) that lie in the tree out of *words*; return what is left, and their names.

    *paths* are the tree's files, *roots* the directories that its modules are imported from.
    """
    left: list[str] = []
    plugins: list[str] = []
    rest = iter(words)
    for word in rest:
        name = next(rest, None) if word == _PLUGIN else word[2:] if word.startswith(_PLUGIN) else None
        if name and _lies_in(name, paths, roots):
            plugins.append(name)
        elif word == _PLUGIN:
            left += [word] if name is None else [word, name]
        else:
            left.append(word)
    return left, plugins


def _lies_in(module: str, paths: Container[str], roots: Sequence[str]) -> bool:
    file = module.replace(".", "/")
    places = [f"{root}/{file}" if root else file for root in roots]
    return any(f"{place}.py" in paths or f"{place}/__init__.py" in paths for place in places)


def _dropped(word: str) -> int | None:
    """Return how many further words go with a dropped option, ``None`` for a word that stays."""
    if word.startswith("--"):
        name, equals, _ = word.partition("=")
        takes = _DROPPED.get(name)
        return takes if takes is None or not equals else 0
    if len(word) > 1 and word[0] == "-":
        if word[:2] in _DROPPED_SHORT and _DROPPED_SHORT[word[:2]]:
            return 1 if len(word) == 2 else 0
        if word in _DROPPED_SHORT or (word != "-s" and set(word[1:]) <= _GLUED_FLAGS):
            return 0
    return None
