"""The one place where an archive meets the version of the catalog's schema."""

from __future__ import annotations

from shared.catalog.connection import Catalog
from shared.catalog.schema import CURRENT, program, refuse_newer, version_of
from shared.errors import Misconfigured

#: The collection that says which shapes documents have. It is restored first, in the place of what a fresh installation
#: has noted of itself: a restored archive of an older version is an older catalog, to be migrated.
VERSION_COLLECTIONS: tuple[str, ...] = ("schema",)


async def schema_version_to_archive(catalog: Catalog) -> int | None:
    """The schema version of a catalog, as its archive names it."""
    return await version_of(catalog)


async def forget_version(catalog: Catalog) -> None:
    """Let a catalog note no version: what is restored into it is from before there were any."""
    for name in VERSION_COLLECTIONS:
        await catalog.collection(name).delete_many({})


async def is_older(catalog: Catalog) -> bool:
    """Whether a catalog is to be migrated. Raises Misconfigured for a newer one."""
    found = await version_of(catalog)
    refuse_newer(catalog, found)
    return found < CURRENT


def check_archived_schema_version(version: int | None) -> None:
    """Refuse an archive of a catalog of a later version than this code. Raises Misconfigured."""
    if version is not None and version > CURRENT:
        raise Misconfigured(
            f"The archive is of a catalog of version {version}, and this program ({program()}) knows no later one than "
            f"{CURRENT}. Upgrade this program, then restore."
        )
