"""Creates, reads and stops crawls."""

from __future__ import annotations

from collections.abc import Mapping

from shared.catalog.connection import Catalog
from shared.catalog.documents import Crawl
from shared.crawling.definition import CrawlDefinition
from shared.errors import AlreadyThere


class CrawlExists(Exception):
    """There is a crawl of that name."""


async def add_crawl(catalog: Catalog, definition: CrawlDefinition) -> Crawl:
    """Create a crawl, which begins at once. Raises CrawlExists."""
    crawl: Crawl = {
        "_id": definition.name,
        "definition": definition.stored(),
        "created_at": await catalog.now(),
        "state": "running",
        "loop": 0,
    }
    try:
        await catalog.crawls.insert_one(crawl)
    except AlreadyThere as error:
        raise CrawlExists(definition.name) from error
    return crawl


def crawl_definition(crawl: Crawl) -> CrawlDefinition:
    """Return what a person said of a crawl."""
    return CrawlDefinition.model_validate(crawl["definition"])


async def get_crawl(catalog: Catalog, name: str) -> Crawl | None:
    """Return a crawl; None: there is none of that name."""
    return await catalog.crawls.find_one({"_id": name})


async def newest_crawls(catalog: Catalog, limit: int) -> list[Crawl]:
    """Return crawls, the newest first."""
    return await catalog.crawls.find().sort([("created_at", -1), ("_id", 1)]).limit(limit).to_list()


async def running_crawls(catalog: Catalog) -> list[Crawl]:
    """Return the crawls that run, the oldest first."""
    return await catalog.crawls.find({"state": "running"}).sort([("created_at", 1), ("_id", 1)]).to_list()


async def stop_crawl(catalog: Catalog, name: str) -> Crawl | None:
    """Stop a crawl: nothing more is requested for it. Returns it; None: there is none of that name."""
    change = {"$set": {"state": "stopped", "ended_at": await catalog.now()}}
    await catalog.crawls.update_one({"_id": name, "state": "running"}, change)
    return await get_crawl(catalog, name)


async def change_running(catalog: Catalog, seen: Crawl, change: Mapping[str, object]) -> bool:
    """Set fields of a crawl that still runs the same loop. Returns whether it does."""
    query = {"_id": seen["_id"], "state": "running", "loop": seen["loop"]}
    return (await catalog.crawls.update_one(query, {"$set": dict(change)})).matched_count == 1
