"""The commands about the mirror, on the running system."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from azure.storage.blob import ContainerClient

from cli.api.client import Client
from dev.stack import Stack
from tests.e2e.pipeline import eventually

FONOTECA = str(Path(sys.executable).parent / "fonoteca")


def fonoteca(stack: Stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    clean = {n: v for n, v in os.environ.items() if not n.startswith(("API_", "MONGO_", "MINIO_", "AZURE_"))}
    return subprocess.run(
        [FONOTECA, "--env-file", str(stack.env_file), "sync", *arguments],
        capture_output=True,
        text=True,
        env={**clean, "COLUMNS": "120"},
        timeout=150,
        check=False,
    )


def test_the_mirror_is_listed_counted_and_mended(stack: Stack, client: Client, add_to_site: Callable[..., str]) -> None:
    title = "Kpɔn: 100 %"
    client.submit(add_to_site("PLsyncmended1", [{"id": "syncmended1", "title": title, "seconds": 2}]))
    video = eventually(lambda: _mirrored(client, "youtube:syncmended1"), "mirror")
    key = video["audio"]["key"]
    lines = [json.loads(line) for line in fonoteca(stack, "list", "--json").stdout.splitlines()]
    listed = {line["name"]: line for line in lines}
    assert listed[key]["size_bytes"] == video["audio"]["size_bytes"]
    assert (listed[key]["metadata"]["title"], listed[key]["metadata"]["sha256"]) == (title, video["audio"]["sha256"])
    before = json.loads(fonoteca(stack, "stats", "--json").stdout)
    assert before["blobs"] == len(listed)
    url = f"{stack.exports['AZURE_ACCOUNT_URL']}/{stack.exports['AZURE_CONTAINER']}"
    with ContainerClient.from_container_url(url, credential=stack.exports["AZURE_SAS_TOKEN"]) as container:
        container.delete_blob(key)
    looked = json.loads(fonoteca(stack, "run", "--dry-run", "--json").stdout)
    assert looked["missing"]["first"] == [key]
    done = fonoteca(stack, "run")
    assert (done.returncode, "missing in the container" in done.stdout) == (0, True), done.stderr
    again = json.loads(fonoteca(stack, "run", "--json").stdout)
    assert [again[kind]["number"] for kind in ("missing", "stale", "orphaned")] == [0, 0, 0]
    assert json.loads(fonoteca(stack, "stats", "--json").stdout)["blobs"] == before["blobs"]


def _mirrored(client: Client, video_id: str) -> dict[str, Any] | None:
    found = [video for video in client.videos() if video["id"] == video_id and video["mirror"]]
    return found[0] if found else None
