"""The API's requests about crawls."""

from __future__ import annotations

from collections.abc import Iterator

from cli.api.answers import Json
from cli.api.client import Client, part
from shared.crawling.definition import CrawlDefinition


class CrawlRequests:
    """Crawls, through the API."""

    def __init__(self, api: Client) -> None:
        self._api = api

    def start(self, definition: CrawlDefinition) -> Json:
        """Start a crawl. Returns it. Raises ApiProblem if its name is taken."""
        return self._api.ask("POST", "/v1/crawls", json=definition.stored())

    def newest(self) -> list[Json]:
        """Return crawls, the newest first."""
        items: list[Json] = self._api.ask("GET", "/v1/crawls", params={"limit": "500"})["items"]
        return items

    def one(self, name: str) -> Json:
        """Return a crawl."""
        return self._api.ask("GET", f"/v1/crawls/{part(name)}")

    def tasks(self, name: str) -> Iterator[Json]:
        """Yield the tasks of a crawl, in their order."""
        return self._api.pages(f"/v1/crawls/{part(name)}/tasks", {})

    def stop(self, name: str) -> Json:
        """Stop a crawl. Returns it."""
        return self._api.ask("POST", f"/v1/crawls/{part(name)}/stop")
