"""The targets of the mirror that the settings name. A further kind of server is one more entry of `KINDS`."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import NamedTuple

from shared.errors import Misconfigured
from shared.settings import AzureSettings, MirrorS3Settings, ObjectStoreSettings, load
from shared.storage.azure.blobs import BlobMirror
from shared.storage.content import Payload
from shared.storage.s3.mirror import BucketMirror
from shared.storage.s3.objects import ObjectStore
from shared.storage.target import MirrorTarget


class Kind(NamedTuple):
    """A kind of target, in sentences."""

    #: Its container.
    place: str
    #: The settings that switch it on.
    settings: str


#: What may hold copies, by the target's name.
KINDS = {
    BlobMirror.name: Kind("Azure container", "AZURE_ACCOUNT_URL and AZURE_SAS_TOKEN"),
    BucketMirror.name: Kind("S3 bucket", "MIRROR_S3_ENDPOINT, MIRROR_S3_ACCESS_KEY and MIRROR_S3_SECRET_KEY"),
}
#: The settings one of which switches the mirror on.
SWITCHES = "AZURE_ACCOUNT_URL or MIRROR_S3_ENDPOINT"
_OWN_MIRROR = (
    "MIRROR_S3_BUCKET and MIRROR_S3_ENDPOINT name the bucket {bucket} of the object store itself, which cannot be its "
    "own mirror. Name another server, or at least another bucket."
)


def configured(store: ObjectStoreSettings, *, missing_is_empty: bool = False) -> list[MirrorTarget]:
    """Return the targets that the settings name; an empty list: there is no mirror. Sends no request.

    `store`: the object store, which cannot be its own mirror. `missing_is_empty`: whether a container that does not
    exist counts as an empty one. Raises Misconfigured.
    """
    found: list[MirrorTarget] = []
    azure, s3 = load(AzureSettings), load(MirrorS3Settings)
    if azure.account_url is not None:
        found.append(BlobMirror(azure, missing_is_empty=missing_is_empty))
    if (bucket := s3.server()) is not None:
        if (bucket.endpoint, bucket.bucket) == (store.endpoint, store.bucket):
            raise Misconfigured(_OWN_MIRROR.format(bucket=store.bucket))
        found.append(BucketMirror(bucket, missing_is_empty=missing_is_empty))
    return found


async def must_be_elsewhere(store: ObjectStore, target: MirrorTarget) -> None:
    """Raise Misconfigured if a target is the bucket of the object store, under another name of its server.

    Raises MirrorUnavailable or StoreUnavailable.
    """
    if not isinstance(target, BucketMirror) or target.container != store.bucket:
        return
    probe = f"fonoteca-mirror-probe/{secrets.token_hex(16)}"
    await target.put(probe, Payload.of(b"probe"), {}, "text/plain")
    try:
        found = await store.stat(probe)
    finally:
        await target.delete(probe)
    if found is not None:
        raise Misconfigured(_OWN_MIRROR.format(bucket=store.bucket))


def named(targets: Sequence[MirrorTarget], name: str | None) -> list[MirrorTarget]:
    """Return the targets that a person asked for; all of them without a name. Raises Misconfigured if there is none."""
    if not targets:
        raise Misconfigured(f"There is no mirror: set {SWITCHES}, and start the sync service.")
    if name is None:
        return list(targets)
    if chosen := [target for target in targets if target.name == name]:
        return chosen
    if name not in KINDS:
        raise Misconfigured(f"A mirror has no target {name!r}: name one of {', '.join(KINDS)}.")
    raise Misconfigured(
        f"The target {name} of the mirror is off. Set {KINDS[name].settings}, and start the sync service."
    )


def place_of(target: MirrorTarget) -> str:
    """Return what a sentence calls the container of a target."""
    return f"{KINDS[target.name].place} {target.container}"
