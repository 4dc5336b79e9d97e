"""The files below deploy/, read; and the environment that each of them gives to the App."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
SYSTEMD, KUBERNETES, CONTAINERFILE = DEPLOY / "systemd", DEPLOY / "kubernetes", DEPLOY / "container" / "Containerfile"
Unit = dict[str, dict[str, list[str]]]
# A variable that Compose fills in: its name, and what counts where it is not set.
_FILLED = re.compile(r"\$\{([A-Z_]+)(?::([-?])([^}]*))?\}")


def compose(*names: str) -> dict[str, Any]:
    """Return Compose files laid over each other, as far as ours need: maps are merged, lists are joined."""
    merged: dict[str, Any] = {}
    for name in names or ("compose.yaml",):
        merged = _over(merged, yaml.safe_load((DEPLOY / name).read_text("utf-8")))
    return merged


def _over(below: Any, above: Any) -> Any:
    if isinstance(below, dict) and isinstance(above, dict):
        return {key: _over(below.get(key), above.get(key)) for key in (*below, *(above.keys() - below.keys()))}
    if isinstance(below, list) and isinstance(above, list):
        return [*below, *(item for item in above if item not in below)]
    return below if above is None else above


def filled(text: str, given: dict[str, str]) -> str:
    """Return a value of a Compose file with its variables filled in."""

    def value(found: re.Match[str]) -> str:
        name, how, rest = found[1], found[2], found[3]
        assert how != "?" or name in given, f"{name} must be set: {rest}"
        return given.get(name) or (rest if how == "-" else "")

    return _FILLED.sub(value, text)


def kubernetes() -> list[dict[str, Any]]:
    """Return every resource that the kustomization names."""
    listed = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text("utf-8"))["resources"]
    return [found for name in listed for found in yaml.safe_load_all((KUBERNETES / name).read_text("utf-8"))]


def pods() -> dict[str, dict[str, Any]]:
    """Return the pod of each Deployment, by the Deployment's name."""
    return {
        found["metadata"]["name"]: found["spec"]["template"]["spec"]
        for found in kubernetes()
        if found["kind"] == "Deployment"
    }


def unit(name: str) -> Unit:
    """Return a systemd unit: section -> directive -> its values, in order."""
    sections: Unit = {}
    current: dict[str, list[str]] = {}
    for line in (SYSTEMD / name).read_text("utf-8").splitlines():
        if line.startswith("["):
            current = sections.setdefault(line.strip("[]"), {})
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            current.setdefault(key, []).append(value)
    return sections


def instructions() -> list[tuple[str, str]]:
    """Return the Containerfile's instructions with their arguments."""
    lines = [line for line in CONTAINERFILE.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    joined = re.sub(r"\\\n", " ", "\n".join(lines))
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in joined.splitlines())]


def lines_of(path: Path) -> dict[str, str]:
    """Return the NAME=value lines of a file, comments that show one included."""
    found = (re.fullmatch(r"#?([A-Z_]+)=(.*)", line) for line in path.read_text("utf-8").splitlines())
    return {match[1]: match[2] for match in found if match}


def commands() -> dict[str, list[str]]:
    """Return the words after ``exogate`` of every command that something below deploy/ runs, by where it stands."""
    services = compose()["services"]
    found = {
        f"compose.yaml {name}": [filled(word, {}) for word in services[name]["command"]] for name in ("web", "worker")
    }
    found |= {f"kubernetes {name}": pod["containers"][0]["args"] for name, pod in pods().items()}
    for name in ("web", "worker"):
        (line,) = unit(f"exogate-{name}.service")["Service"]["ExecStart"]
        program, *words = line.split()
        assert program == "/opt/exogate/bin/exogate"
        found[f"systemd {name}"] = words
    (default,) = (rest for word, rest in instructions() if word == "CMD")
    return {**found, "Containerfile": json.loads(default)}


def environments() -> dict[str, dict[str, str]]:
    """Return the variables that every process of the App is given, by where that stands; Compose's are filled in."""
    found: dict[str, dict[str, str]] = {}
    for names in (("compose.yaml",), ("compose.yaml", "compose.app-secrets.yaml")):
        services = compose(*names)["services"]
        for name in ("web", "worker"):
            given = services[name]["environment"]
            found[f"{names[-1]} {name}"] = {
                key: filled(value, {"GITHUB_APP_ID": "7", "GITHUB_APP_CLIENT_ID": "Iv7"})
                for key, value in given.items()
            }
    plain = lines_of(KUBERNETES / "exogate.env")
    for name, pod in pods().items():
        found[f"kubernetes {name}"] = plain | {each["name"]: each["value"] for each in pod["containers"][0]["env"]}
    shared, secret = lines_of(SYSTEMD / "environment.example"), _assignments(unit("credentials.conf"))
    for name in ("web", "worker"):
        found[f"systemd {name}"] = shared | _assignments(unit(f"exogate-{name}.service"))
        found[f"systemd credentials {name}"] = found[f"systemd {name}"] | secret
    given = next(rest for word, rest in instructions() if word == "ENV")
    return {**found, "Containerfile": dict(part.split("=", 1) for part in given.split())}


def _assignments(found: Unit) -> dict[str, str]:
    return dict(line.split("=", 1) for line in found["Service"]["Environment"])
