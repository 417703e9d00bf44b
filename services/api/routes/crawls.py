"""/v1/crawls: start, watch and stop crawls, which measure downloads."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from fastapi import APIRouter, Path, Query

from services.api.auth.dependencies import needs
from services.api.backend import Backend, BackendDep
from services.api.http import cursor
from services.api.http.parameters import Cursor
from services.api.http.problems import Problem, documented
from services.api.http.public_hosts import reject_private_host
from services.api.schemas.crawls import CrawlIn, CrawlOut, CrawlsOut, CrawlTaskPage
from services.api.schemas.fields import Text
from services.api.serializers.crawls import crawl_out, task_out
from shared.addresses.parse import BadAddress, not_public
from shared.catalog.crawls.definitions import CrawlExists, add_crawl, get_crawl, newest_crawls, stop_crawl
from shared.catalog.crawls.tasks import crawl_counts, tasks_page
from shared.catalog.documents import Crawl, Scope
from shared.contracts.crawl import CRAWL_NAME_PATTERN
from shared.crawling.definition import CrawlDefinition

router = APIRouter(prefix="/v1/crawls", tags=["measurements"])

Name = Annotated[Text, Path(description="e.g. cotonou-evening", pattern=CRAWL_NAME_PATTERN)]
#: Hosts of a crawl that are looked up before it begins. The scrapers check every one.
_CHECKED_HOSTS = 20


class TaskPosition(NamedTuple):
    """Loop and number of the last task of a page."""

    loop: int
    number: int


@router.get("")
async def crawls(backend: BackendDep, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> CrawlsOut:
    """List crawls, the newest first."""
    return CrawlsOut(items=[await _out(backend, each) for each in await newest_crawls(backend.catalog, limit)])


@router.post("", status_code=201, dependencies=[needs(Scope.ADMIN)], responses=documented(400, 409))
async def start(body: CrawlIn, backend: BackendDep) -> CrawlOut:
    """Start a crawl: downloads are made to measure them, and nothing of them is kept.

    It asks its sources within a small share of each egress's hourly budget, and only where no archiving waits.
    """
    await _reject_private_hosts(body, backend)
    try:
        return await _out(backend, await add_crawl(backend.catalog, body))
    except CrawlExists as error:
        raise Problem(409, f"There is a crawl {body.name} already. Choose another name.") from error


@router.get("/{name}", responses=documented(404))
async def read(name: Name, backend: BackendDep) -> CrawlOut:
    """Read one crawl."""
    return await _out(backend, await _found(backend, name))


@router.get("/{name}/tasks", responses=documented(400, 404))
async def tasks(
    name: Name, backend: BackendDep, cursor_: Cursor = None, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> CrawlTaskPage:
    """List what a crawl does and has done, in that order."""
    crawl = await _found(backend, name)
    after = cursor.decode(cursor_, TaskPosition)
    found = await tasks_page(backend.catalog, crawl, limit + 1, after)
    shown = found[:limit]
    following = cursor.encode(TaskPosition(shown[-1]["loop"], shown[-1]["number"])) if len(found) > limit else None
    return CrawlTaskPage(items=[task_out(task) for task in shown], next=following)


@router.post("/{name}/stop", dependencies=[needs(Scope.ADMIN)], responses=documented(404))
async def stop(name: Name, backend: BackendDep) -> CrawlOut:
    """Stop a crawl. The measurement under way may still come; what was measured stays."""
    await _found(backend, name)
    stopped = await stop_crawl(backend.catalog, name)
    if stopped is None:
        raise _no_such_crawl(name)
    return await _out(backend, stopped)


async def _out(backend: Backend, crawl: Crawl) -> CrawlOut:
    return crawl_out(crawl, await crawl_counts(backend.catalog, crawl))


async def _found(backend: Backend, name: str) -> Crawl:
    crawl = await get_crawl(backend.catalog, name)
    if crawl is None:
        raise _no_such_crawl(name)
    return crawl


def _no_such_crawl(name: str) -> Problem:
    return Problem(404, f"There is no crawl {name!r}. Check its name.", code="no-such-crawl", see="/v1/crawls")


async def _reject_private_hosts(definition: CrawlDefinition, backend: Backend) -> None:
    """Raise a Problem (400) for a crawl that leads off the public internet."""
    if backend.sources.private_hosts:
        return
    try:
        for seed in definition.seeds[:_CHECKED_HOSTS]:
            await reject_private_host(seed.url)
        if (host := definition.inner_host()) is not None:
            raise not_public(host)
    except BadAddress as error:
        raise Problem(400, str(error), code="bad-address") from error
