"""The same second home in an S3-compatible store: moto's server, spoken to over HTTP by s3fs."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen
from uuid import uuid4

import pytest

pytest.importorskip("s3fs", reason="needs s3fs: pip install 'exogate[lab-s3]'")
pytest.importorskip("moto", reason="needs moto: pip install 'moto[server]'")

import boto3

from collapse_lab.remote import Remote, RemoteError
from collapse_lab.store import META, Store, write_json

from .conftest import until

KEY = "ab" * 32
QUICK = (0.0, 0.0)


def build(path: Path) -> None:
    (path / "model").mkdir()
    # More than one part of an upload.
    (path / "model" / "weights").write_bytes(bytes(range(256)) * 2**16)
    write_json(path / "value.json", 1)


def never(path: Path) -> None:
    raise AssertionError("it is there already")


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: answers(port), process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def answers(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/moto-api/"):
            return True
    except (URLError, ConnectionError):
        return False


@pytest.fixture
def environment(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials and the store's place come from the environment, as everywhere."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "someone",
        "AWS_SECRET_ACCESS_KEY": "something",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": endpoint,
    }.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def bucket(environment: None) -> str:
    name = f"b{uuid4().hex}"
    boto3.client("s3").create_bucket(Bucket=name)
    return name


def objects(bucket: str) -> dict[str, Any]:
    found = boto3.client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])
    return {item["Key"]: item["Size"] for item in found}


def test_two_folders_share_a_bucket(bucket: str, tmp_path: Path) -> None:
    url = f"s3://{bucket}/runs/tiny"
    first = Store(tmp_path / "a", (Remote(url),)).make(KEY, "test", build)
    where = f"runs/tiny/objects/ab/{KEY}"
    assert list(objects(bucket)) == [f"{where}/{name}" for name in (META, "model/weights", "value.json")]
    assert objects(bucket)[f"{where}/model/weights"] == 2**24
    second = Store(tmp_path / "b", (Remote(url),)).make(KEY, "test", never)
    assert (second.path / "model" / "weights").read_bytes() == (first.path / "model" / "weights").read_bytes()
    assert second.json("value.json") == 1


@pytest.mark.parametrize("missing", [META, "value.json"])
def test_a_half_upload_is_not_found(bucket: str, tmp_path: Path, missing: str) -> None:
    url = f"s3://{bucket}/runs/tiny"
    Store(tmp_path / "a", (Remote(url),)).make(KEY, "test", build)
    boto3.client("s3").delete_object(Bucket=bucket, Key=f"runs/tiny/objects/ab/{KEY}/{missing}")
    store = Store(tmp_path / "b", (Remote(url),))
    assert store.find(KEY) is None
    store.make(KEY, "test", build)
    assert Store(tmp_path / "c", (Remote(url),)).make(KEY, "test", never)


def test_what_others_write_is_seen_at_once(bucket: str) -> None:
    mine, theirs = Remote(f"s3://{bucket}/x"), Remote(f"s3://{bucket}/x")
    assert (mine.names(), mine.read("a/b")) == ([], None)
    theirs.write("a/b", b"1")
    assert (mine.names(), mine.names("a"), mine.read("a/b")) == (["a/b"], ["a/b"], b"1")
    theirs.write("a/b", b"2")
    assert mine.read("a/b") == b"2"
    theirs.remove("a")
    assert (mine.names(), mine.read("a/b")) == ([], None)
    mine.probe()


def test_a_bucket_that_is_not_there_is_a_sentence_and_is_not_made(environment: None) -> None:
    name = f"n{uuid4().hex}"
    with pytest.raises(RemoteError, match=f"Cannot write s3://{name}/x"):
        Remote(f"s3://{name}/x", QUICK).write("a", b"1")
    assert name not in [found["Name"] for found in boto3.client("s3").list_buckets()["Buckets"]]


def test_a_store_that_does_not_answer_is_a_sentence(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(RemoteError, match="after 3 attempts"):
        Remote(f"s3://{bucket}/x", QUICK).read("a")
