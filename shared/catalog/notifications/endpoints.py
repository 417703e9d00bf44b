"""Endpoints: applied from a file, found by what they want to know, paused after failures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shared.catalog.connection import Catalog
from shared.catalog.documents import StoredEndpoint
from shared.errors import AlreadyThere
from shared.notifications.endpoints_file import Endpoint


async def get_endpoint(catalog: Catalog, name: str) -> StoredEndpoint | None:
    """Read an endpoint. Returns None if there is none of this name."""
    return await catalog.endpoints.find_one({"_id": name})


async def endpoints_for(catalog: Catalog, event_type: str) -> list[StoredEndpoint]:
    """Return the endpoints that are told of events of a type: neither disabled nor paused."""
    query = {"types": event_type, "enabled": True, "paused_at": {"$exists": False}}
    return await catalog.endpoints.find(query).sort("_id", 1).to_list()


async def apply_endpoints(catalog: Catalog, endpoints: Sequence[Endpoint]) -> list[str]:
    """Make the endpoints those of a file. Returns the names of those that were added, changed or removed.

    A change of an endpoint also resumes it.
    """
    changed = [each.definition.name for each in endpoints if await _apply_one(catalog, each)]
    kept = {each.definition.name for each in endpoints}
    for other in await catalog.endpoints.find().to_list():
        if other["_id"] not in kept:
            await catalog.endpoints.delete_one({"_id": other["_id"]})
            changed.append(other["_id"])
    return changed


async def _apply_one(catalog: Catalog, endpoint: Endpoint) -> bool:
    """Add or change one endpoint, whoever changes it at the same time. Returns whether it differed."""
    wanted = _stored(endpoint)
    while True:
        seen = await get_endpoint(catalog, endpoint.definition.name)
        if seen is None:
            document: Any = {
                "_id": endpoint.definition.name,
                **wanted,
                "version": 1,
                "created_at": await catalog.now(),
                "failures": 0,
            }
            try:
                await catalog.endpoints.insert_one(document)
            except AlreadyThere:
                continue
            return True
        if all(seen.get(field) == value for field, value in wanted.items()):
            return False
        result = await catalog.endpoints.update_one(
            {"_id": seen["_id"], "version": seen["version"]},
            {
                "$set": {**wanted, "version": seen["version"] + 1, "failures": 0},
                "$unset": {"paused_at": "", "paused_why": ""},
            },
        )
        if result.matched_count == 1:
            return True


def _stored(endpoint: Endpoint) -> dict[str, Any]:
    definition = endpoint.definition
    return {
        "url": definition.url,
        "types": list(definition.types),
        "secret": endpoint.secret.get_secret_value(),
        "enabled": definition.enabled,
        "resume": definition.resume,
    }


async def note_success(catalog: Catalog, name: str) -> None:
    """Note that a delivery succeeded: the count of failures starts at zero again."""
    await catalog.endpoints.update_one({"_id": name, "failures": {"$gt": 0}}, {"$set": {"failures": 0}})


async def note_failure(catalog: Catalog, seen: StoredEndpoint) -> int:
    """Count a delivery that failed for good. Returns how many in a row there are; 0 if the endpoint has changed."""
    query = {"_id": seen["_id"], "version": seen["version"]}
    found = await catalog.endpoints.update_one(query, {"$inc": {"failures": 1}})
    after = await catalog.endpoints.find_one(query) if found.matched_count == 1 else None
    return after["failures"] if after is not None else 0


async def pause(catalog: Catalog, seen: StoredEndpoint, why: str) -> bool:
    """Pause an endpoint as it was seen. Returns whether this did: not if it is paused or was changed meanwhile."""
    query = {"_id": seen["_id"], "version": seen["version"], "paused_at": {"$exists": False}}
    change = {"$set": {"paused_at": await catalog.now(), "paused_why": why}}
    return (await catalog.endpoints.update_one(query, change)).matched_count == 1


async def count_paused(catalog: Catalog) -> int:
    """Return how many endpoints are paused after failures."""
    return await catalog.endpoints.count_documents({"paused_at": {"$exists": True}})


async def count_failing(catalog: Catalog) -> int:
    """Return how many endpoints are paused, or had a last delivery that failed for good."""
    return await catalog.endpoints.count_documents(
        {"$or": [{"paused_at": {"$exists": True}}, {"failures": {"$gt": 0}}]}
    )
