"""The one place where an archive meets the version of the catalog's schema."""

from __future__ import annotations

from shared.catalog.connection import Catalog

#: HOOK: the collection that says which shapes documents have. It is restored first, in the place of what a fresh
#: installation has noted of itself.
VERSION_COLLECTIONS: tuple[str, ...] = ()


async def schema_version_to_archive(catalog: Catalog) -> int | None:
    """HOOK: the schema version of a catalog, as its archive names it; None while catalogs have none."""
    del catalog
    return None


def check_archived_schema_version(version: int | None) -> None:
    """HOOK: whether this version of Fonoteca may restore an archive of that schema version. Raises Misconfigured."""
    del version
