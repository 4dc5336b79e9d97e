"""What is deployed holds no secret, and has no more rights than it needs. No tool is asked here."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from .files import DEPLOY, SYSTEMD, compose, environments, kubernetes, pods, unit

README = (DEPLOY / "README.md").read_text("utf-8")


def test_no_secret_stands_in_a_file() -> None:
    secret = re.compile(r"SECRET|KEY|PASSWORD|TOKEN|DATABASE_URL")
    for where, given in environments().items():
        for name in given:
            assert not secret.search(name) or name.endswith("_PATH"), f"{where}: {name} belongs into a file"
    for name, service in compose()["services"].items():
        for variable in service.get("environment", {}):
            assert not secret.search(variable) or variable.endswith(("_PATH", "_FILE")), f"{name}: {variable}"
    for path in DEPLOY.rglob("*"):
        # Secrets are put into the first when it is deployed; what Python compiled is in the other.
        if path.is_file() and {"secrets", "__pycache__"}.isdisjoint(path.relative_to(DEPLOY).parts):
            text = path.read_text("utf-8")
            assert not re.search(r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+\S{40}", text), path
            assert not re.search(r"(postgres(ql)?|rediss?)(\+\w+)?://[^:/\s]*:(?!PASSWORD|%s)[^@\s]+@", text), path
    assert not any(found["kind"] == "Secret" for found in kubernetes())


def test_every_file_of_a_secret_is_mounted_where_its_variable_says() -> None:
    for names in (("compose.yaml",), ("compose.yaml", "compose.app-secrets.yaml")):
        whole = compose(*names)
        for service in whole["services"].values():
            paths = [
                value for name, value in service.get("environment", {}).items() if name.endswith(("_PATH", "_FILE"))
            ]
            assert {Path(path).name for path in paths} == set(service.get("secrets", []))
            assert set(service.get("secrets", [])) <= set(whole["secrets"])
    made = set(re.findall(r"--from-file=([a-z-]+)=", README))
    for pod in pods().values():
        (container,) = pod["containers"]
        (mounted,) = [each["mountPath"] for each in container["volumeMounts"] if each["name"] == "secrets"]
        paths = [Path(each["value"]) for each in container["env"] if each["name"].endswith("_PATH")]
        assert {str(path.parent) for path in paths} == {mounted}
        assert {path.name for path in paths} == made
    credentials = unit("credentials.conf")["Service"]
    loaded = {line.partition(":")[0] for line in credentials["LoadCredential"]}
    assert {line.partition("=%d/")[2] for line in credentials["Environment"]} == loaded


@pytest.mark.parametrize("name", ["web", "worker", "redis", "postgres"])
def test_every_container_has_a_read_only_root_and_no_capability(name: str) -> None:
    service = compose()["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["user"].partition(":")[0] not in ("0", "root")
    assert service["restart"] == "unless-stopped"
    assert not {"cap_add", "privileged", "devices", "pid", "ipc", "network_mode"} & set(service)
    assert not any("docker.sock" in str(volume) for volume in service["volumes"])


def test_only_the_worker_has_wider_rules_and_they_are_what_bubblewrap_needs() -> None:
    services = compose()["services"]
    assert all(
        service["security_opt"] == ["no-new-privileges:true"] for name, service in services.items() if name != "worker"
    )
    (profile,) = [
        Path(line.partition(":")[2]) for line in services["worker"]["security_opt"] if line.startswith("seccomp")
    ]
    said = json.loads((DEPLOY / profile).read_text("utf-8"))
    refused = [name for rule in said["syscalls"] for name in rule["names"]]
    assert said["defaultAction"] == "SCMP_ACT_ALLOW" and len(refused) == len(set(refused))
    assert all(rule["action"] == "SCMP_ACT_ERRNO" for rule in said["syscalls"])
    needed = {
        "clone",
        "clone3",
        "unshare",
        "mount",
        "umount2",
        "pivot_root",
        "sethostname",
        "prctl",
        "seccomp",
        "capset",
    }
    assert not needed & set(refused)
    assert {"bpf", "init_module", "kexec_load", "keyctl", "perf_event_open"} <= set(refused)


def test_pods_are_hardened_and_only_the_workers_is_wider() -> None:
    wide = {
        "seccompProfile": {"type": "Unconfined"},
        "appArmorProfile": {"type": "Unconfined"},
        "procMount": "Unmasked",
    }
    for name, pod in pods().items():
        (container,) = pod["containers"]
        rules = container["securityContext"]
        assert rules["allowPrivilegeEscalation"] is False and rules["readOnlyRootFilesystem"] is True
        assert rules["capabilities"] == {"drop": ["ALL"]} and "privileged" not in rules
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False and pod["enableServiceLinks"] is False
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
        assert not any("hostPath" in volume for volume in pod["volumes"])
        assert "memory" in container["resources"]["limits"]
        is_worker = name == "exogate-worker"
        assert {key: rules.get(key) for key in wide} == (wide if is_worker else dict.fromkeys(wide))
        assert (pod.get("hostUsers") is False) is is_worker
    assert pods()["exogate-web"]["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}


def test_the_units_keep_to_the_same_places_and_only_the_workers_leaves_room_for_bubblewrap() -> None:
    web, worker = (unit(f"exogate-{name}.service")["Service"] for name in ("web", "worker"))
    for found in (web, worker):
        given = dict(line.split("=", 1) for line in found["Environment"])
        assert given["EXOGATE_DATA_DIR"] == f"/var/lib/{found['StateDirectory'][0]}" == found["WorkingDirectory"][0]
        assert given["EXOGATE_CACHE_DIR"] == f"/var/cache/{found['CacheDirectory'][0]}"
        assert found["User"] == ["exogate"] and found["StateDirectoryMode"] == ["0700"]
        for directive in ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "RestrictSUIDSGID", "ProtectKernelModules"):
            assert found[directive] == ["yes"]
        assert found["ProtectSystem"] == ["strict"] and found["CapabilityBoundingSet"] == [""]
    breaks = {"RestrictNamespaces", "PrivateUsers", "ProtectHostname"}
    covers_proc = {"ProtectKernelTunables", "ProtectKernelLogs", "ProtectProc", "ProcSubset"}
    assert not (breaks | covers_proc) & set(worker)
    assert {
        "RestrictNamespaces",
        "ProtectHostname",
        "ProtectKernelTunables",
        "ProtectKernelLogs",
        "ProtectProc",
    } <= set(web)
    assert "AF_NETLINK" in worker["RestrictAddressFamilies"][0]
    assert {"@mount", "sethostname"} <= set(worker["SystemCallFilter"][0].split())
    made = (SYSTEMD / "exogate.sysusers.conf").read_text("utf-8").splitlines()[-1].split()
    assert made[:2] == ["u", web["User"][0]] and made[-1] == "/var/lib/exogate"


def test_secrets_are_made_once_and_are_no_ones_to_see(tmp_path: Path) -> None:
    place = tmp_path / "secrets"

    def make() -> subprocess.CompletedProcess[str]:
        words = ["sh", str(DEPLOY / "secrets.sh"), str(place)]
        return subprocess.run(words, capture_output=True, text=True, check=True)

    said = make()
    before = {path.name: path.read_text() for path in place.iterdir()}
    password, url = before["postgres_password"], before["database_url"]
    assert re.fullmatch(r"[0-9a-f]{48}", password)
    assert url == f"postgresql://exogate:{password}@postgres:5432/exogate"
    assert before[".gitignore"] == "*\n"
    assert place.stat().st_mode & 0o777 == 0o700
    again = make()
    assert {path.name: path.read_text() for path in place.iterdir()} == before
    assert password not in said.stdout + said.stderr + again.stdout + again.stderr
    listed = {Path(secret["file"]).name for secret in compose()["secrets"].values()}
    assert listed == {"database_url", "postgres_password"}
