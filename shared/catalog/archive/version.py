"""The schema version of archives and of the catalogs they are restored into."""

from __future__ import annotations

from shared.catalog.connection import Catalog
from shared.catalog.schema import CURRENT, program, refuse_newer, version_of
from shared.errors import Misconfigured

#: The collection that says which shapes documents have. It is restored first and replaces that of the fresh
#: installation: a restored archive of an older version is an older catalog, to be migrated.
VERSION_COLLECTIONS: tuple[str, ...] = ("schema",)


async def schema_version_to_archive(catalog: Catalog) -> int | None:
    """Return the schema version of a catalog, as its archive notes it."""
    return await version_of(catalog)


async def forget_version(catalog: Catalog) -> None:
    """Remove the version from a catalog, for the restore of an archive that is older than versions."""
    for name in VERSION_COLLECTIONS:
        await catalog.collection(name).delete_many({})


async def is_older(catalog: Catalog) -> bool:
    """Return whether a catalog must be migrated. Raises Misconfigured for a newer one."""
    found = await version_of(catalog)
    refuse_newer(catalog, found)
    return found < CURRENT


def check_archived_schema_version(version: int | None) -> None:
    """Raise Misconfigured if an archive is of a later version than this code."""
    if version is not None and version > CURRENT:
        raise Misconfigured(
            f"The archive is of a catalog of version {version}, and this program ({program()}) knows no later one than "
            f"{CURRENT}. Upgrade this program, then restore."
        )
