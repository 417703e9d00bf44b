"""The API's requests about measurements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cli.api.answers import Json
from cli.api.client import Client


class Measurements:
    """How downloads went, through the API."""

    def __init__(self, api: Client) -> None:
        self._api = api

    def newest(self, wanted: Mapping[str, str]) -> Iterator[Json]:
        """Yield measurements, the newest first. `wanted`: since, until, egress, provider, source, purpose, video_id."""
        return self._api.pages("/v1/measurements", dict(wanted))

    def hours(self, wanted: Mapping[str, str]) -> Iterator[Json]:
        """Yield the hours in which something was downloaded, the earliest first."""
        return self._api.pages("/v1/measurements/hours", dict(wanted))

    def rates(self) -> list[Json]:
        """Return how fast each egress downloads from each source now, and usually."""
        items: list[Json] = self._api.ask("GET", "/v1/measurements/rates")["items"]
        return items
