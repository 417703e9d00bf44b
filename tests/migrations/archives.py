"""The archives that earlier versions have written, and putting one into real servers."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bson.json_util import loads
from pymongo import IndexModel

from shared.catalog.connection import Catalog
from shared.storage.s3.objects import ObjectStore

#: What an archive holds that is no collection.
OBJECTS = "objects"
FOLDER = Path(__file__).parent / "archives"
#: By the day and the revision of the code that wrote them, the oldest first. That of 2026-11-21-b37c27f is from before
#: accession numbers, that of 2026-11-26-5135aa7 from before versions.
NAMES = ("2026-11-21-b37c27f", "2026-11-21-82bf8cc", "2026-11-26-5135aa7")


def documents_of(name: str, collection: str) -> list[dict[str, Any]]:
    """The documents of a collection, as they were written."""
    file = FOLDER / name / f"{collection}.jsonl"
    return [loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []


async def load(name: str, catalog: Catalog) -> None:
    """Put the documents of an archive, and its indexes, into an empty database."""
    for file in sorted((FOLDER / name).glob("*.jsonl")):
        if file.stem != OBJECTS:
            await catalog.collection(file.stem).insert_many(documents_of(name, file.stem))
    indexes: Mapping[str, Any] = json.loads((FOLDER / name / "indexes.json").read_text())
    for collection, of_collection in indexes.items():
        models = [
            IndexModel([(field, order) for field, order in about["key"]], name=index, **_options(about))
            for index, about in of_collection.items()
        ]
        if models:
            await catalog.collection(collection).create_indexes(models)


def _options(about: Mapping[str, Any]) -> dict[str, Any]:
    return {option: about[option] for option in ("sparse", "expireAfterSeconds") if option in about}


async def load_objects(name: str, store: ObjectStore) -> None:
    """Put objects of the sizes and with the metadata that were there into the bucket; their bytes are all zero."""
    for line in (FOLDER / name / f"{OBJECTS}.jsonl").read_text(encoding="utf-8").splitlines():
        found = json.loads(line)
        content = io.BytesIO(bytes(found["size_bytes"]))
        store.client.put_object(store.bucket, found["key"], content, found["size_bytes"], metadata=found["metadata"])


async def everything_in(catalog: Catalog) -> dict[str, list[dict[str, Any]]]:
    """All documents of a database but those of locks and of the version, in the order of their ids."""
    names = sorted(set(await catalog.collection_names()) - {"turns", "schema"})
    found = {name: await catalog.collection(name).find().sort("_id", 1).to_list() for name in names}
    return {name: documents for name, documents in found.items() if documents}
