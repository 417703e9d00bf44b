"""Commands about the stores before anybody has made them, with wrong keys, and while Azure deletes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from azure.storage.blob import BlobServiceClient

from dev.faults.proxy import Fault, FaultProxy
from dev.stack import Stack

FONOTECA = str(Path(sys.executable).parent / "fonoteca")
Run = Callable[..., subprocess.CompletedProcess[str]]
NEVER = {"<?xml", "Traceback", "RequestId", "x-ms-"}


@pytest.fixture
def names() -> dict[str, str]:
    """A database, a bucket and a container that nobody has made."""
    new = f"test-{uuid.uuid4().hex[:12]}"
    return {"MONGO_DATABASE": new, "MINIO_BUCKET": new, "AZURE_CONTAINER": new}


@pytest.fixture
def fonoteca(servers: Stack, names: dict[str, str], tmp_path: Path) -> Run:
    def run(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        env = {**inherited, "COLUMNS": "120", **servers.exports, **names, **changes}
        done = subprocess.run(
            [FONOTECA, *arguments], env=env, cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False
        )
        assert not [word for word in NEVER if word in done.stderr + done.stdout], done.stderr
        return done

    return run


@pytest.fixture
def account(servers: Stack) -> Iterator[BlobServiceClient]:
    with BlobServiceClient(servers.exports["AZURE_ACCOUNT_URL"], servers.exports["AZURE_SAS_TOKEN"]) as client:
        yield client


def test_nothing_is_mirrored_before_there_is_a_container(fonoteca: Run, names: dict[str, str]) -> None:
    listed = fonoteca("sync", "list")
    assert (listed.returncode, listed.stdout) == (0, "")
    told = f"Nothing is mirrored there yet: there is no Azure container {names['AZURE_CONTAINER']}"
    assert told in listed.stderr
    as_json = fonoteca("sync", "list", "--json")
    assert (as_json.returncode, as_json.stdout) == (0, "")
    counted = fonoteca("sync", "stats", "--json")
    assert counted.returncode == 0
    found = json.loads(counted.stdout)
    assert found.pop("targets") == {"azure": {"container": names["AZURE_CONTAINER"], "blobs": 0, "blob_bytes": 0}}
    assert set(found.values()) == {0}
    assert told in counted.stderr
    assert f"there is no bucket {names['MINIO_BUCKET']}" in counted.stderr
    assert fonoteca("sync", "stats").returncode == 0


def test_a_run_makes_the_container_and_a_dry_one_does_not(
    fonoteca: Run, names: dict[str, str], account: BlobServiceClient
) -> None:
    container = account.get_container_client(names["AZURE_CONTAINER"])
    dry = fonoteca("sync", "run", "--dry-run", "--json")
    assert (dry.returncode, json.loads(dry.stdout)["compared"], container.exists()) == (0, 0, False)
    run = fonoteca("sync", "run", "--json")
    assert (run.returncode, json.loads(run.stdout)["compared"], container.exists()) == (0, 0, True)
    assert "Nothing is mirrored" not in fonoteca("sync", "list").stderr


def test_the_audit_counts_nothing_in_stores_that_are_not_there(fonoteca: Run, names: dict[str, str]) -> None:
    done = fonoteca("audit", "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, found["blobs"], found["objects"], found["violations"]) == (0, 0, 0, [])
    assert f"there is no Azure container {names['AZURE_CONTAINER']}" in done.stderr
    assert fonoteca("audit", "--scrub").returncode == 0


@pytest.mark.parametrize("arguments", [["sync", "run"], ["sync", "list"], ["sync", "stats"]])
def test_without_a_mirror_it_is_told_how_to_have_one(fonoteca: Run, arguments: list[str]) -> None:
    done = fonoteca(*arguments, AZURE_ACCOUNT_URL="")
    assert (done.returncode, "There is no mirror: set AZURE_ACCOUNT_URL or MIRROR_S3_ENDPOINT" in done.stderr) == (
        78,
        True,
    )


@pytest.mark.parametrize("azure", [{}, {"AZURE_ACCOUNT_URL": ""}], ids=["beside Azure", "alone"])
def test_a_bucket_is_a_target_like_a_container(
    servers: Stack, fonoteca: Run, names: dict[str, str], azure: dict[str, str]
) -> None:
    bucket = f"mirror-{names['MINIO_BUCKET']}"
    s3 = {f"MIRROR_S3_{name}": servers.exports[f"MINIO_{name}"] for name in ("ENDPOINT", "ACCESS_KEY", "SECRET_KEY")}
    s3 |= {"MIRROR_S3_SECURE": "false", "MIRROR_S3_BUCKET": bucket, **azure}
    listed = fonoteca("sync", "list", "--target", "s3", **s3)
    assert (listed.returncode, listed.stdout, f"there is no S3 bucket {bucket}" in listed.stderr) == (0, "", True)
    audited = fonoteca("audit", "--json", **s3)
    assert (audited.returncode, f"there is no S3 bucket {bucket}" in audited.stderr) == (0, True), audited.stderr
    on = ["azure", "s3"] if not azure else ["s3"]
    run = fonoteca("sync", "run", **s3)
    assert (run.returncode, [name for name in ("azure", "s3") if f"target {name}" in run.stdout]) == (0, on), run.stderr
    counted = fonoteca("sync", "stats", "--json", **s3)
    assert sorted(json.loads(counted.stdout)["targets"]) == on
    assert "S3 bucket" not in counted.stderr
    off = fonoteca("sync", "stats", "--target", "azure", **s3)
    if azure:
        assert (off.returncode, "AZURE_ACCOUNT_URL and AZURE_SAS_TOKEN" in off.stderr) == (78, True)
    unknown = fonoteca("sync", "stats", "--target", "gcs", **s3)
    assert (unknown.returncode, "name one of azure, s3" in unknown.stderr) == (78, True)
    wrong = fonoteca("sync", "list", "--target", "s3", **s3, MIRROR_S3_REGION="us east")
    assert (wrong.returncode, "MIRROR_S3_REGION" in wrong.stderr) == (78, True)
    own = fonoteca("sync", "list", **{**s3, "MIRROR_S3_BUCKET": names["MINIO_BUCKET"]})
    assert (own.returncode, "cannot be its own mirror" in own.stderr) == (78, True)
    away = fonoteca("sync", "list", "--target", "s3", **{**s3, "MIRROR_S3_ENDPOINT": "127.0.0.1:9"})
    assert (away.returncode, "MIRROR_S3_ENDPOINT" in away.stderr) == (69, True)
    keyless = fonoteca("sync", "list", **{**s3, "MIRROR_S3_SECRET_KEY": ""})
    assert (keyless.returncode, "MIRROR_S3_SECRET_KEY belong together" in keyless.stderr) == (78, True)


def test_the_audit_needs_no_mirror(fonoteca: Run) -> None:
    done = fonoteca("audit", AZURE_ACCOUNT_URL="")
    assert (done.returncode, "off" in done.stdout) == (0, True), done.stderr


@pytest.mark.parametrize("arguments", [["sync", "run"], ["sync", "list"], ["sync", "stats"], ["audit"]])
def test_a_wrong_token_is_told_in_a_sentence(fonoteca: Run, arguments: list[str]) -> None:
    done = fonoteca(*arguments, AZURE_SAS_TOKEN="sv=2021-08-06&ss=b&srt=co&sp=rwdlac&se=2099-01-01T00:00:00Z&sig=AAAA")
    assert (done.returncode, len(done.stderr.splitlines())) == (78, 1), done.stderr
    assert "refused AZURE_SAS_TOKEN or AZURE_ACCOUNT_KEY" in done.stderr


def answer(status: int, reason: str, code: str) -> bytes:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{reason}</Message></Error>".encode()
    head = f"HTTP/1.1 {status} {reason}\r\nContent-Type: application/xml\r\nx-ms-error-code: {code}\r\n"
    return f"{head}Connection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.mark.parametrize("arguments", [["sync", "run"], ["sync", "list"], ["sync", "stats"], ["audit"]])
def test_a_container_that_is_being_deleted_is_told_in_a_sentence(
    servers: Stack, fonoteca: Run, arguments: list[str], names: dict[str, str]
) -> None:
    parts = urlsplit(servers.exports["AZURE_ACCOUNT_URL"])
    assert parts.port is not None
    with FaultProxy(parts.port) as proxy:
        proxy.set(Fault(answer=answer(409, "Conflict", "ContainerBeingDeleted")))
        done = fonoteca(*arguments, AZURE_ACCOUNT_URL=f"http://127.0.0.1:{proxy.port}{parts.path}")
    assert (done.returncode, len(done.stderr.splitlines())) == (69, 1), done.stderr
    assert f"is deleting the container {names['AZURE_CONTAINER']}" in done.stderr


@pytest.mark.parametrize(
    ("status", "code", "named"),
    [
        (403, "SignatureDoesNotMatch", "MINIO_ACCESS_KEY or MINIO_SECRET_KEY"),
        (403, "AccessDenied", "MINIO_ACCESS_KEY or MINIO_SECRET_KEY"),
        (400, "InvalidBucketName", "MINIO_BUCKET"),
        (400, "IllegalLocationConstraintException", "MINIO_REGION"),
    ],
)
@pytest.mark.parametrize("arguments", [["sync", "stats"], ["audit"]])
def test_what_the_object_store_refuses_is_told_in_a_sentence(
    servers: Stack, fonoteca: Run, arguments: list[str], status: int, code: str, named: str
) -> None:
    with FaultProxy(int(servers.exports["MINIO_ENDPOINT"].rpartition(":")[2])) as proxy:
        proxy.set(Fault(answer=answer(status, "Refused", code)))
        done = fonoteca(*arguments, MINIO_ENDPOINT=f"127.0.0.1:{proxy.port}")
    assert (done.returncode, len(done.stderr.splitlines())) == (78, 1), done.stderr
    assert named in done.stderr
