"""What is deployed agrees with the program, and gives no more rights than are needed. No tool is asked here."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("flask", reason="the App is not installed: pip install 'exogate[app]'")

from app import __version__
from app.cli import _COMMANDS
from app.github.app_auth import REVIEWING
from app.settings import _IN_FILES, PORT, Settings
from webhooks import server
from webhooks.embedded import worker_programs
from webhooks.events import KNOWN
from webhooks.manifest import UNASKED, UNCERTAIN, manifest

from .files import (
    DEPLOY,
    KUBERNETES,
    ROOT,
    commands,
    compose,
    environments,
    instructions,
    kubernetes,
    pods,
    unit,
)

KEY = "-----BEGIN RSA PRIVATE KEY-----\nnone\n-----END RSA PRIVATE KEY-----"
# What is written where each of the secrets' files lies.
CONTENTS = {
    "GITHUB_APP_PRIVATE_KEY_PATH": KEY,
    "GITHUB_WEBHOOK_SECRET_PATH": "a secret",
    "GITHUB_APP_CLIENT_SECRET_PATH": "another secret",
    "DATABASE_URL_PATH": "postgresql://exogate:password@postgres/exogate",
    "REDIS_URL_PATH": "rediss://:password@redis:6379/0",
}
README = (DEPLOY / "README.md").read_text("utf-8")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
OF_OTHERS = {"PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"}


def known_variables() -> set[str]:
    """Return the names of variables that stand as texts in the program, and those of files that hold them."""
    names = {f"{name}_PATH" for name in _IN_FILES}
    for package in ("app", "gates", "webhooks"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    names.add(node.value)
    return names


def command_of(words: list[str]) -> Any:
    """Return click's command for words after ``exogate``."""
    modules = {name: place for name, (place, _) in _COMMANDS.items()}
    joining = PROJECT["project"]["entry-points"]["exogate.commands"]
    modules |= {name: place.partition(":")[0] for name, place in joining.items()}
    assert words[0] in modules, f"exogate has no command {words[0]}"
    return __import__(modules[words[0]], fromlist=["command"]).command


@pytest.mark.parametrize("where", environments())
def test_every_variable_is_one_that_the_program_reads(where: str) -> None:
    assert set(environments()[where]) - OF_OTHERS <= known_variables()


def test_every_variable_in_the_readme_is_one_that_the_program_reads() -> None:
    named = set(re.findall(r"\b(?:GITHUB|EXOGATE|REDIS|DATABASE)_[A-Z_]+\b", README))
    filled_in = set(re.findall(r"\$\{([A-Z_]+)", (DEPLOY / "compose.yaml").read_text("utf-8")))
    assert named
    assert named - filled_in <= known_variables()


@pytest.mark.parametrize("where", environments())
def test_every_environment_can_be_read_and_those_with_secrets_are_complete(where: str, tmp_path: Path) -> None:
    given = {**environments()[where], "EXOGATE_DATA_DIR": str(tmp_path)}
    if "GITHUB_APP_ID" in given:
        given["GITHUB_APP_ID"] = given["GITHUB_APP_ID"] or "7"
    for name, content in CONTENTS.items():
        if name in given:
            (tmp_path / name).write_text(content)
            given[name] = str(tmp_path / name)
        if name != "DATABASE_URL_PATH" and name.removesuffix("_PATH") in given and name in given:
            pytest.fail(f"{where} gives {name} and the value itself")
    if "credentials" in where:
        given.pop("DATABASE_URL", None)
    settings = Settings.read(given)
    complete = any(word in where for word in ("app-secrets", "kubernetes", "credentials"))
    assert bool(settings.missing) is not complete
    assert settings.port == PORT


@pytest.mark.parametrize("where", commands())
def test_every_command_exists_and_takes_its_options(where: str) -> None:
    words = commands()[where]
    command = command_of(words)
    command.make_context(words[0], list(words[1:]))


def test_every_command_in_the_readme_exists() -> None:
    named = re.findall(r"\bexogate (serve|worker|up|ledger|doctor|review|[a-z-]+)((?: --?[a-z][a-z-]*)*)", README)
    named = [found for found in named if found[0] in _COMMANDS or found[1]]
    assert {name for name, _ in named} >= {"doctor", "ledger"}
    for name, options in named:
        known = {word for parameter in command_of([name]).params for word in parameter.opts}
        assert set(options.split()) - {"--help"} <= known, name


def test_ports_agree() -> None:
    web = compose()["services"]["web"]
    given = next(rest for word, rest in instructions() if word == "ENV")
    (container,) = pods()["exogate-web"]["containers"]
    assert {
        int(dict(part.split("=", 1) for part in given.split())["PORT"]),
        *(int(rest) for word, rest in instructions() if word == "EXPOSE"),
        *(int(port.rsplit(":", 1)[1]) for port in web["ports"]),
        int(re.findall(r"127\.0\.0\.1:(\d+)/", " ".join(web["healthcheck"]["test"]))[0]),
        *(port["containerPort"] for port in container["ports"]),
    } == {PORT}
    (service,) = [found for found in kubernetes() if found["kind"] == "Service"]
    assert [port["targetPort"] for port in service["spec"]["ports"]] == [port["name"] for port in container["ports"]]


def test_probes_ask_for_what_is_answered() -> None:
    hearing: Any = None  # only the table of addresses is looked at
    answered = {str(rule) for rule in server.create_app(hearing).url_map.iter_rules()}
    (container,) = pods()["exogate-web"]["containers"]
    probed = {name: probe["httpGet"]["path"] for name, probe in container.items() if name.endswith("Probe")}
    assert probed == {"startupProbe": "/healthz", "livenessProbe": "/healthz", "readinessProbe": "/readyz"}
    asked = re.findall(r":\d+(/\w+)'", " ".join(compose()["services"]["web"]["healthcheck"]["test"]))
    assert asked == ["/readyz"]
    assert {*probed.values(), *asked} <= answered


def test_it_is_one_image_and_one_user() -> None:
    services = compose()["services"]
    images = {services[name]["image"] for name in ("web", "worker")}
    images |= {pod["containers"][0]["image"] for pod in pods().values()}
    assert images == {"exogate"}
    (renamed,) = _kustomization()["images"]
    assert (renamed["name"], renamed["newTag"]) == ("exogate", __version__)
    (last,) = [rest for word, rest in instructions() if word == "USER"]
    ids = {tuple(map(int, last.split(":")))}
    ids |= {tuple(map(int, services[name]["user"].split(":"))) for name in ("web", "worker")}
    ids |= {(pod["securityContext"]["runAsUser"], pod["securityContext"]["runAsGroup"]) for pod in pods().values()}
    assert ids == {(10001, 10001)}


def _kustomization() -> dict[str, Any]:
    import yaml

    found: dict[str, Any] = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text("utf-8"))
    return found


def test_the_image_is_built_from_the_checkout_by_the_lock_and_without_torch() -> None:
    words = [word for word, _ in instructions()]
    assert words.count("FROM") == 2 and "ADD" not in words
    copied = {source for word, rest in instructions() if word == "COPY" for source in rest.split()[:-1]}
    packages = {pattern.rstrip("*") for pattern in PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]}
    assert packages | {"pyproject.toml", "requirements.lock", "README.md", "LICENSE"} <= copied
    assert all((ROOT / source).exists() for source in copied if not source.startswith(("-", "/")))
    (install,) = [rest for word, rest in instructions() if word == "RUN" and "pip install" in rest]
    assert "--constraint requirements.lock" in install and "'.[app]'" in install
    extra = " ".join(PROJECT["project"]["optional-dependencies"]["app"] + PROJECT["project"]["dependencies"])
    assert "torch" not in extra
    (system,) = [rest for word, rest in instructions() if word == "RUN" and "apt-get" in rest]
    assert {"bubblewrap", "git", "ca-certificates", "tini"} <= set(system.split())
    sent = (DEPLOY / "container" / "Containerfile.dockerignore").read_text("utf-8").splitlines()
    assert sent[1] == "*" and {line[1:] for line in sent if line.startswith("!")} >= packages


def test_web_and_workers_scale_apart() -> None:
    deployed = {found["metadata"]["name"]: found["spec"] for found in kubernetes() if found["kind"] == "Deployment"}
    assert set(deployed) == {"exogate-web", "exogate-worker"}
    for name, spec in deployed.items():
        assert spec["selector"]["matchLabels"] == spec["template"]["metadata"]["labels"]
        assert spec["selector"]["matchLabels"]["app.kubernetes.io/name"] == name
    listed = set(_kustomization()["resources"])
    assert listed == {path.name for path in KUBERNETES.glob("*.yaml")} - {"kustomization.yaml"}


def test_redis_keeps_what_it_was_given() -> None:
    words = compose()["services"]["redis"]["command"]
    options = dict(zip(words[1::2], words[2::2], strict=True))
    assert options == {
        "--appendonly": "yes",
        "--appendfsync": "everysec",
        "--save": "",
        "--maxmemory-policy": "noeviction",
    }
    assert compose()["services"]["redis"]["volumes"] == ["redis:/data"]


def test_what_a_compose_file_uses_is_declared_and_what_is_declared_is_used() -> None:
    whole = compose("compose.yaml", "compose.app-secrets.yaml")
    services = whole["services"].values()
    used = {
        "volumes": {volume.partition(":")[0] for service in services for volume in service.get("volumes", [])},
        "networks": {network for service in services for network in service["networks"]},
        "secrets": {secret for service in services for secret in service.get("secrets", [])},
    }
    assert used == {kind: set(whole[kind]) for kind in used}
    for service in services:
        for needed in service.get("depends_on", {}):
            assert "test" in whole["services"][needed]["healthcheck"]
    assert whole["networks"]["inside"] == {"internal": True}
    assert all(whole["services"][name]["networks"] == ["inside"] for name in ("redis", "postgres"))


def test_workers_are_given_the_time_that_they_take_to_stop() -> None:
    """The family stops one after another: each has its grace, and five seconds after the second signal."""
    (words,) = [words for where, words in commands().items() if where == "compose.yaml worker"]
    takes = sum(program.grace + 5 for program in worker_programs(int(words[-1])))
    given = {
        int(compose()["services"]["worker"]["stop_grace_period"].rstrip("s")),
        pods()["exogate-worker"]["terminationGracePeriodSeconds"],
        int(unit("exogate-worker.service")["Service"]["TimeoutStopSec"][0]),
    }
    assert min(given) >= takes
    assert unit("exogate-worker.service")["Service"]["KillMode"] == ["mixed"]


def test_the_manifest_asks_for_what_is_routed_and_needed_and_no_more() -> None:
    said = json.loads((DEPLOY / "app-manifest.json").read_text("utf-8"))
    assert said == manifest(said["url"], said["url"])
    assert set(said["default_events"]) | UNASKED | UNCERTAIN == KNOWN
    assert not set(said["default_events"]) & (UNASKED | UNCERTAIN)
    asked = said["default_permissions"]
    assert all(asked[name] == level for name, level in REVIEWING.items())
    assert {name: level for name, level in asked.items() if name not in REVIEWING} == {
        "members": "read",
        "merge_queues": "read",
    }
    assert said["hook_attributes"]["url"].endswith(server.PATH)
