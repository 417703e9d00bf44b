"""The API's requests about notifications."""

from __future__ import annotations

from collections.abc import Iterator

from cli.api.answers import Json
from cli.api.client import Client, part


class Notifications:
    """Endpoints, their deliveries and open notices, through the API."""

    def __init__(self, api: Client) -> None:
        self._api = api

    def all(self) -> Iterator[Json]:
        """Yield all endpoints by name."""
        return self._api.pages("/v1/notifications", {})

    def one(self, name: str) -> Json:
        """Return an endpoint."""
        return self._api.ask("GET", f"/v1/notifications/{part(name)}")

    def deliveries(self, name: str, limit: int) -> list[Json]:
        """Return the latest deliveries to an endpoint, the newest first."""
        path = f"/v1/notifications/{part(name)}/deliveries"
        items: list[Json] = self._api.ask("GET", path, params={"limit": str(limit)})["items"]
        return items

    def test(self, name: str) -> Json:
        """Send a test to an endpoint. Returns the id of its event."""
        return self._api.ask("POST", f"/v1/notifications/{part(name)}/test")

    def resume(self, name: str) -> Json:
        """Resume a paused endpoint. Returns it."""
        return self._api.ask("POST", f"/v1/notifications/{part(name)}/resume")

    def notices(self) -> list[Json]:
        """Return the conditions that are going on, the newest first."""
        items: list[Json] = self._api.ask("GET", "/v1/notices")["items"]
        return items
