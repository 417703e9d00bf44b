"""Endpoints: applied from a file, found by what they want to know, paused after failures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from pymongo import ReturnDocument

from shared.catalog.connection import Catalog
from shared.catalog.documents import StoredEndpoint
from shared.catalog.reading.bounded import Page, page_of
from shared.errors import AlreadyThere
from shared.notifications.endpoints_file import Endpoint
from shared.notifications.times import AT_ONCE, NEVER


async def get_endpoint(catalog: Catalog, name: str) -> StoredEndpoint | None:
    """Read an endpoint. Returns None if there is none of this name."""
    return await catalog.endpoints.find_one({"_id": name})


async def endpoint_page(catalog: Catalog, after: str | None, limit: int) -> Page[StoredEndpoint]:
    """Return up to `limit` endpoints by name, those after a name."""
    query = {"_id": {"$gt": after}} if after is not None else {}
    return await page_of(catalog.endpoints.find(query).sort("_id", 1), limit)


async def endpoints_for(catalog: Catalog, event_type: str) -> list[StoredEndpoint]:
    """Return the endpoints that are told of events of a type: neither disabled nor paused."""
    return await catalog.endpoints.find({"types": event_type, **_TOLD}).sort("_id", 1).to_list()


async def told_people(catalog: Catalog) -> list[StoredEndpoint]:
    """Return the people who are told of anything: neither disabled nor paused."""
    return await catalog.endpoints.find({"kind": "people", **_TOLD}).sort("_id", 1).to_list()


def wants(people: StoredEndpoint, kind: str, labels: Mapping[str, str] | None) -> bool:
    """Return whether people are told of a kind of notice. Pure.

    `labels`: those of the followed source that it is about; None if it is about none, which concerns all people.
    """
    rule = people["rule"]
    return kind in rule["tell"] and (labels is None or rule["labels"].items() <= labels.items())


async def plan(catalog: Catalog, name: str, what: Literal["digest", "summary"], due: datetime) -> datetime:
    """Note that a digest or summary up to `due` is to be sent. Returns the planned one: an earlier plan stays."""
    field = f"{what}_due"
    await catalog.endpoints.update_one({"_id": name, field: {"$exists": False}}, {"$set": {field: due}})
    found: Any = await catalog.endpoints.find_one({"_id": name})
    planned: datetime = (found or {}).get(field, due)
    return planned


async def set_reached(catalog: Catalog, name: str, what: Literal["digest", "summary"], until: datetime) -> None:
    """Note until when the digest or the summary of people reaches. It never goes back."""
    change = {"$max": {f"{what}_until": until}, "$unset": {f"{what}_due": ""}}
    await catalog.endpoints.update_one({"_id": name}, change)


#: Endpoints that are told of anything.
_TOLD: dict[str, Any] = {"enabled": True, "paused_at": {"$exists": False}}


async def apply_endpoints(catalog: Catalog, endpoints: Sequence[Endpoint]) -> list[str]:
    """Make the webhooks and people those of a file. Returns the names of those that were added, changed or removed.

    A change of an endpoint also resumes it.
    """
    return await _apply(catalog, {each.definition.name: _stored(each) for each in endpoints}, {"$ne": "hook"})


async def apply_hooks(catalog: Catalog, hooks: Mapping[str, str], types: Sequence[str]) -> list[str]:
    """Make the hooks those that are installed. `hooks`: name → module and function. Returns what differed."""
    wanted = {
        name: {"kind": "hook", "url": where, "types": list(types), "secret": "", "enabled": True, "resume": 0}
        for name, where in hooks.items()
    }
    return await _apply(catalog, wanted, "hook")


async def _apply(catalog: Catalog, wanted: Mapping[str, dict[str, Any]], kind: Any) -> list[str]:
    changed = [name for name, fields in wanted.items() if await _apply_one(catalog, name, fields)]
    for other in await catalog.endpoints.find({"kind": kind}).to_list():
        if other["_id"] not in wanted:
            await catalog.endpoints.delete_one({"_id": other["_id"]})
            changed.append(other["_id"])
    return changed


async def _apply_one(catalog: Catalog, name: str, wanted: dict[str, Any]) -> bool:
    """Add or change one endpoint, whoever changes it at the same time. Returns whether it differed."""
    while True:
        seen = await get_endpoint(catalog, name)
        if seen is None:
            document: Any = {
                "_id": name,
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
        # One of an earlier version has no kind.
        if all({"kind": "webhook", **seen}.get(field) == value for field, value in wanted.items()):
            return False
        result = await catalog.endpoints.update_one(
            {"_id": seen["_id"], "version": seen["version"]},
            {
                "$set": {**wanted, **(await _begun(catalog, seen)), "version": seen["version"] + 1, "failures": 0},
                "$unset": {"paused_at": "", "paused_why": ""},
            },
        )
        if result.matched_count == 1:
            return True


async def _begun(catalog: Catalog, seen: StoredEndpoint) -> dict[str, Any]:
    """Return from when digests count after a change: what was not to be told before is not told now."""
    rule = seen.get("rule")
    if rule is None:
        return {}
    silent = [what for what in ("digest", "summary") if rule.get(what) in (AT_ONCE, NEVER)]
    return {f"{what}_until": await catalog.now() for what in silent}


def _stored(endpoint: Endpoint) -> dict[str, Any]:
    definition = endpoint.definition
    rule = {
        "tell": list(definition.tell),
        "digest": definition.digest,
        "summary": definition.summary,
        "labels": definition.labels,
    }
    return {
        **({"kind": "webhook"} if definition.is_webhook else {"kind": "people", "rule": rule}),
        "url": endpoint.where,
        "types": list(definition.types) if definition.is_webhook else [],
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


async def resume(catalog: Catalog, seen: StoredEndpoint) -> StoredEndpoint | None:
    """Resume an endpoint as it was seen. Returns it; None if it was changed, paused or removed meanwhile."""
    query = {
        "_id": seen["_id"],
        "version": seen["version"],
        "failures": seen["failures"],
        "paused_at": seen.get("paused_at", {"$exists": False}),
    }
    change = {"$set": {"failures": 0}, "$unset": {"paused_at": "", "paused_why": ""}}
    return await catalog.endpoints.find_one_and_update(query, change, return_document=ReturnDocument.AFTER)


async def count_paused(catalog: Catalog) -> int:
    """Return how many endpoints are paused after failures."""
    return await catalog.endpoints.count_documents({"paused_at": {"$exists": True}})


async def count_failing(catalog: Catalog) -> int:
    """Return how many endpoints are paused, or had a last delivery that failed for good."""
    return await catalog.endpoints.count_documents(
        {"$or": [{"paused_at": {"$exists": True}}, {"failures": {"$gt": 0}}]}
    )
