"""The API's requests about followed sources."""

from __future__ import annotations

from collections.abc import Iterator

from cli.api.answers import Json
from cli.api.client import ApiProblem, Client, part
from cli.errors import CliError
from shared.following.definition import SourceDefinition

#: HTTP statuses: there is none of this name; it was changed meanwhile.
NOT_FOUND, CHANGED = 404, 412


class Sources:
    """Followed sources, through the API."""

    def __init__(self, api: Client) -> None:
        self._api = api

    def all(self) -> Iterator[Json]:
        """Yield all followed sources by name."""
        return self._api.pages("/v1/sources", {})

    def one(self, name: str) -> Json:
        """Return a followed source."""
        return self._api.ask("GET", f"/v1/sources/{part(name)}")

    def looks(self, name: str, limit: int) -> list[Json]:
        """Return the latest looks at a source, the newest first."""
        items: list[Json] = self._api.ask("GET", f"/v1/sources/{part(name)}/looks", params={"limit": str(limit)})[
            "items"
        ]
        return items

    def add(self, definition: SourceDefinition) -> Json:
        """Follow a source. Returns it. Raises ApiProblem if its name is taken."""
        return self._put(definition, None)

    def change(self, definition: SourceDefinition) -> Json:
        """Give a followed source another definition. Returns it; somebody else's change in between is overwritten."""
        while True:
            try:
                return self._put(definition, self.one(definition.name)["version"])
            except ApiProblem as problem:
                if problem.status != CHANGED:
                    raise

    def remove(self, name: str) -> Json:
        """Follow a source no longer. Returns it."""
        return self._api.ask("DELETE", f"/v1/sources/{part(name)}")

    def check(self, name: str, *, full: bool) -> Json:
        """Look at a source now. Returns it."""
        return self._api.ask("POST", f"/v1/sources/{part(name)}/check", json={"full": full})

    def retention(self, name: str) -> Json:
        """Return what a source keeps, and what its retention deletes next."""
        return self._api.ask("GET", f"/v1/sources/{part(name)}/retention", params={"limit": "5000"})

    def delete_expired(self, name: str, version: int) -> Iterator[list[str]]:
        """Delete what a source keeps no longer. Yields the ids of the deleted videos, a portion at a time.

        Raises ApiProblem if its definition has another version by now.
        """
        more = True
        while more:
            headers = {"If-Match": f'"{version}"'}
            done = self._api.ask("POST", f"/v1/sources/{part(name)}/retention", headers=headers)
            yield done["deleted"]
            more = done["more"]

    def enable(self, name: str, *, enabled: bool) -> Json:
        """Pause or resume a source. Returns it."""
        return self._api.ask("POST", f"/v1/sources/{part(name)}/{'resume' if enabled else 'pause'}")

    def _put(self, definition: SourceDefinition, version: int | None) -> Json:
        headers = {"If-Match": f'"{version}"'} if version is not None else {}
        path = f"/v1/sources/{part(definition.name)}"
        return self._api.ask("PUT", path, json=definition.stored(), headers=headers)


def definition_in(source: Json) -> SourceDefinition:
    """Return the definition of a source as the API gives it. Raises CliError for one of a newer version."""
    try:
        return SourceDefinition.model_validate(source["definition"])
    except ValueError as error:
        raise CliError(
            f"{source['name']} has a definition that this version cannot read: {error}. Upgrade it.", 70
        ) from error
