"""Checks both stores independently of the services: is everything that the catalog calls stored present and whole?"""

from __future__ import annotations

import hashlib
import json
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from azure.core.exceptions import AzureError
from azure.storage.blob import ContainerClient
from pydantic import SecretStr

from shared.errors import StoreError
from shared.settings import ObjectStoreSettings
from shared.storage.s3.objects import ObjectMissing, ObjectStore

#: Maximum difference between ffprobe's duration and the source's, in seconds.
TOLERANCE_SECONDS = 1.5


@dataclass(frozen=True)
class Checked:
    """One stored video as found in the stores."""

    video_id: str
    sha256_in_store: str | None
    sha256_in_mirror: str | None
    codec: str
    bitrate_kbps: int
    seconds: float
    problems: tuple[str, ...]


def check_video(video: Mapping[str, Any], exports: Mapping[str, str]) -> Checked:
    """Read the video's object from both stores and probe it. `video` is the API's JSON, `exports` the stack's."""
    audio = video["audio"]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "object.mp3"
        in_store = _from_store(audio["key"], exports, file)
        probed = probe(file) if in_store is not None else Probed("", 0, 0.0)
    in_mirror = _from_mirror(audio["key"], exports)
    problems = []
    if in_store != audio["sha256"]:
        problems.append("the object store's copy is not what the catalog says")
    if in_mirror != audio["sha256"]:
        problems.append("the mirror's copy is not what the catalog says")
    if probed.codec != "mp3" or probed.bitrate_kbps != audio["bitrate_kbps"]:
        problems.append(f"it is {probed.codec} at {probed.bitrate_kbps} kbit/s")
    if abs(probed.seconds - video["duration_seconds"]) > TOLERANCE_SECONDS:
        problems.append(f"it lasts {probed.seconds:.1f} s, its source {video['duration_seconds']} s")
    return Checked(video["id"], in_store, in_mirror, probed.codec, probed.bitrate_kbps, probed.seconds, tuple(problems))


class Probed(NamedTuple):
    """A file as ffprobe reads it."""

    codec: str
    bitrate_kbps: int
    seconds: float


def probe(file: Path) -> Probed:
    """Ask ffprobe."""
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_entries", "stream=codec_name,bit_rate:format=duration"]
    done = subprocess.run([*command, str(file)], capture_output=True, check=True)
    found = json.loads(done.stdout)
    stream = found["streams"][0]
    bitrate = round(int(stream["bit_rate"]) / 1000)
    return Probed(stream["codec_name"], bitrate, float(found["format"]["duration"]))


def object_store(exports: Mapping[str, str]) -> ObjectStore:
    """The stack's object store."""
    return ObjectStore(
        ObjectStoreSettings(
            endpoint=exports["MINIO_ENDPOINT"],
            access_key=SecretStr(exports["MINIO_ACCESS_KEY"]),
            secret_key=SecretStr(exports["MINIO_SECRET_KEY"]),
            bucket=exports["MINIO_BUCKET"],
            secure=exports.get("MINIO_SECURE") != "false",
        )
    )


def stored_metadata(key: str, exports: Mapping[str, str]) -> Mapping[str, str]:
    """What is written on an object."""
    with object_store(exports).reading(key) as found:
        return found.metadata


def _from_store(key: str, exports: Mapping[str, str], file: Path) -> str | None:
    digest = hashlib.sha256()
    try:
        with object_store(exports).reading(key) as reading, file.open("wb") as out:
            while block := reading.stream.read(1 << 20):
                digest.update(block)
                out.write(block)
    except (StoreError, ObjectMissing):
        return None
    return digest.hexdigest()


def _from_mirror(key: str, exports: Mapping[str, str]) -> str | None:
    digest = hashlib.sha256()
    url = f"{exports['AZURE_ACCOUNT_URL']}/{exports['AZURE_CONTAINER']}"
    try:
        with ContainerClient.from_container_url(url, credential=exports["AZURE_SAS_TOKEN"]) as container:
            for block in container.download_blob(key).chunks():
                digest.update(block)
    except AzureError:
        return None
    return digest.hexdigest()
