"""The version of a catalog, which defines the shapes of its documents. The catalog stores it; every start checks it.

A program works on a catalog of its own version only. It refuses a newer one, whose documents it might damage, and
waits for an older one to be migrated (`fonoteca migrate`): a document that lacks the field by which a list is sorted
would be missing from it.
"""

from __future__ import annotations

from datetime import datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict

from shared.errors import AlreadyThere, CatalogError, CatalogUnavailable, Misconfigured, Unavailable
from shared.waiting import wait_until_ready

if TYPE_CHECKING:
    from shared.catalog.connection import Catalog

#: The version that this code reads and writes: one for each entry of `migrations.MIGRATIONS`.
CURRENT = 2
#: The version of a catalog that notes none: it was written before there were versions.
UNNOTED = 0
_ID = "catalog"
#: Collections whose documents make a catalog not empty. Those of the others come and go by themselves.
_KEPT = ("videos", "playlists", "logs", "parked", "keys", "breakers", "deleted_playlists", "sources")


class MigrationUnderWay(TypedDict):
    """The step of a migration that was begun and has not ended."""

    to: int
    step: str


class Schema(TypedDict):
    """The one document of `schema`."""

    _id: str
    version: int
    #: When it became this version, and by what.
    at: datetime
    by: str
    under_way: NotRequired[MigrationUnderWay]


def program() -> str:
    """Return the name and version of this program."""
    return f"fonoteca {version('fonoteca')}"


async def noted(catalog: Catalog) -> Schema | None:
    """Return what the catalog notes of its version; None if it notes nothing."""
    found: Any = await catalog.schema.find_one({"_id": _ID})
    return found if found is not None and isinstance(found.get("version"), int) else None


async def version_of(catalog: Catalog) -> int:
    """Return the catalog's version; UNNOTED if it notes none."""
    found = await noted(catalog)
    return found["version"] if found is not None else UNNOTED


async def claim_fresh(catalog: Catalog) -> None:
    """Give an empty catalog the version of this code. Of several programs that start together, one does.

    No program writes anything before the version. So a catalog that has documents and no version is an older one,
    unless the version was written between the two reads; the next read of the version shows that.
    """
    if await noted(catalog) is not None:
        return
    for name in _KEPT:
        if await catalog.collection(name).find_one({}, {"_id": 1}) is not None:
            return
    fresh: Schema = {"_id": _ID, "version": CURRENT, "at": await catalog.now(), "by": program()}
    try:
        await catalog.schema.insert_one(dict(fresh))
    except AlreadyThere:
        # Another program that started at the same moment did.
        return


async def note_version(catalog: Catalog, reached: int) -> None:
    """Note that the catalog has reached a version. The version never decreases."""
    change = {"version": reached, "at": await catalog.now(), "by": program()}
    older = {"_id": _ID, "version": {"$not": {"$gte": reached}}}
    if (await catalog.schema.update_one(older, {"$set": change, "$unset": {"under_way": ""}})).matched_count == 0:
        try:
            await catalog.schema.insert_one({"_id": _ID, **change})
        except AlreadyThere:
            return


async def note_step(catalog: Catalog, to: int, step: str) -> None:
    """Note which step of a migration is under way, so that an interrupted migration can be explained."""
    under_way: MigrationUnderWay = {"to": to, "step": step}
    first = {"version": UNNOTED, "at": await catalog.now(), "by": program()}
    change = {"$set": {"under_way": under_way}, "$setOnInsert": first}
    await catalog.schema.update_one({"_id": _ID}, change, upsert=True)


async def require_current(catalog: Catalog, wait_seconds: float) -> None:
    """Return once the catalog has the version of this code; wait up to `wait_seconds` for its migration.

    Raises Misconfigured for a newer catalog, Unavailable for one that is still older.
    """

    cure = "run `fonoteca migrate` of this version (see Upgrading in docs/operating.md)"

    async def attempt() -> None:
        try:
            found = await version_of(catalog)
        except CatalogError as error:
            raise CatalogUnavailable(f"MongoDB: {str(error).partition(', Timeout:')[0]}", error.code) from error
        refuse_newer(catalog, found)
        if found < CURRENT:
            has = f"The catalog {catalog.name} has {_named(found)}, and this program needs version {CURRENT}"
            raise Unavailable(has if wait_seconds else f"{has}: {cure}.")

    if wait_seconds:
        await wait_until_ready("the migration of the catalog", cure, attempt, wait_seconds)
    else:
        await attempt()


def refuse_newer(catalog: Catalog, found: int) -> None:
    """Raise Misconfigured if a catalog has a later version than this code."""
    if found > CURRENT:
        raise Misconfigured(
            f"The catalog {catalog.name} has version {found}, and this program ({program()}) knows no later one than "
            f"{CURRENT}: a newer Fonoteca has migrated it. Upgrade this program, or restore a backup made before."
        )


def _named(found: int) -> str:
    return f"version {found}" if found != UNNOTED else "no version: it is older than any that has one"
