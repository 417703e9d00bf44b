"""The client of the API: one method per request; errors become sentences."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from cli.api.answers import Json
from cli.api.cures import describe_problem
from cli.api.trouble import not_reached, not_the_api
from cli.arguments.addresses import is_on_this_machine
from cli.errors import REFUSED, UNREACHABLE, CliError

#: Seconds for one request.
REQUEST_SECONDS = 30
#: Seconds for which an unused connection is kept: fewer than servers and proxies keep theirs. Source: Node's 5 s.
KEPT_SECONDS = 2
#: The header by which the API recognizes a request that is sent twice.
IDEMPOTENCY_KEY = "Idempotency-Key"
#: How many 429 answers in a row are waited out, and for how many seconds each at most.
PATIENT_WAITS, MAX_WAIT_SECONDS = 3, 70


class ApiProblem(CliError):
    """The API refused a request, and said why."""

    def __init__(self, text: str, code: int, status: int) -> None:
        super().__init__(text, code)
        #: HTTP status.
        self.status = status
        #: Seconds after which to send the request again; None: not stated.
        self.retry_after: float | None = None


@dataclass(frozen=True)
class Address:
    """The API's address, and a key for it."""

    url: str
    key: str
    #: The file that names both; None: the environment.
    file: Path | None = None


class Client:
    """Sends requests to the API. Every method raises CliError with a sentence that says what to do."""

    def __init__(self, address: Address, seconds: float = REQUEST_SECONDS) -> None:
        self._address = address
        # The environment's proxies lead to the internet, not to an API on this machine.
        self._http = httpx.Client(
            base_url=address.url,
            headers={"Authorization": f"Bearer {address.key}"},
            timeout=seconds,
            limits=httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=KEPT_SECONDS),
            trust_env=not is_on_this_machine(address.url),
        )

    def submit(self, url: str, options: Json | None = None) -> Json:
        """Submit one playlist; `options`: profiles, limit, priority. Returns the playlist."""
        # A request that is sent again because its answer was lost is still one submission.
        headers = {IDEMPOTENCY_KEY: uuid.uuid4().hex}
        return self.ask("POST", "/v1/playlists", json={"url": url, **(options or {})}, headers=headers)

    def playlist(self, playlist_id: str) -> Json:
        """Return a playlist with its counts."""
        return self.ask("GET", f"/v1/playlists/{part(playlist_id)}")

    def abandon_playlist(self, playlist_id: str) -> Json:
        """Abandon a playlist, and a portion of its videos."""
        return self.ask("POST", f"/v1/playlists/{part(playlist_id)}/abandon")

    def delete_playlist(self, playlist_id: str, *, videos: bool) -> Json:
        """Delete a playlist, and abandon a portion of its open videos; `videos`: delete a portion of all its videos."""
        query = {"videos": "true"} if videos else {}
        return self.ask("DELETE", f"/v1/playlists/{part(playlist_id)}", params=query)

    def playlists(self, state: str | None = None) -> Iterator[Json]:
        """Yield playlists with their counts, the newest submission first."""
        return self.pages("/v1/playlists", {"progress": "true", **({"state": state} if state else {})}, limit=100)

    def newest_playlists(self, number: int) -> list[Json]:
        """Return the playlists that were submitted last, at most `number`."""
        items: list[Json] = self.ask("GET", "/v1/playlists", params={"limit": number})["items"]
        return items

    def videos(self, state: str | None = None, playlist: str | None = None, **more: str | None) -> Iterator[Json]:
        """Yield the videos that meet all criteria; `more`: reason, channel, licence, text."""
        wanted = {"state": state, "playlist": playlist, **more}
        return self.pages("/v1/videos", {name: value for name, value in wanted.items() if value is not None})

    def running(self, playlist: str | None = None) -> list[Json]:
        """Return the videos on which scrapers work: one page, which is more than a person reads."""
        query = {"state": "running", **({"playlist": playlist} if playlist is not None else {})}
        items: list[Json] = self.ask("GET", "/v1/videos", params=query)["items"]
        return items

    def video(self, video_id: str) -> Json:
        """Return a video."""
        return self.ask("GET", f"/v1/videos/{part(video_id)}")

    @contextmanager
    def stored_file(self, video_id: str, name: str, headers: dict[str, str]) -> Iterator[httpx.Response]:
        """Yield the answer with a stored file of a video; its body is not read yet.

        Raises CliError; httpx.HTTPError if the connection breaks, since the reader can resume.
        """
        path = f"/v1/videos/{part(video_id)}/files/{part(name)}"
        with self._http.stream("GET", path, headers=headers) as response:
            if not response.is_success:
                response.read()
            try:
                self._good(response)
            except ApiProblem as problem:
                problem.retry_after = _named_pause(response)
                raise
            yield response

    def link(self, video_id: str, name: str) -> Json:
        """Return a presigned address of a stored file of a video."""
        return self.ask("GET", f"/v1/videos/{part(video_id)}/files/{part(name)}/link")

    def attempts(self, video_id: str) -> list[Json]:
        """Return the attempts of a video."""
        return list(self.pages(f"/v1/videos/{part(video_id)}/attempts", {}))

    def reasons(self, playlist: str | None = None) -> list[Json]:
        """Return the reasons why videos are not stored, with counts."""
        items: list[Json] = self.ask("GET", "/v1/reasons", params={"playlist": playlist} if playlist else {})["items"]
        return items

    def decide(self, decision: Json) -> Json:
        """Retry, abandon or delete videos. Returns the counts; `more`: whether to send the request again."""
        return self.ask("POST", "/v1/decisions", json=decision)

    def breakers(self) -> list[Json]:
        """Return the breakers: whether scrapers take work."""
        items: list[Json] = self.ask("GET", "/v1/breakers")["items"]
        return items

    def budgets(self) -> list[Json]:
        """Return how many requests each egress sent to each source within the hour, and its budget."""
        items: list[Json] = self.ask("GET", "/v1/breakers")["budgets"]
        return items

    def resume(self, egress: str, kind: str, source: str | None = None) -> list[Json]:
        """Let an egress try again now. `kind`: egress or storage; `source`: only this one. Returns the breakers."""
        path = f"/v1/breakers/{part(egress)}/{kind}/resume"
        items: list[Json] = self.ask("POST", path, params={"source": source} if source else {})["items"]
        return items

    def make_key(self, name: str, scope: str, days: int | None) -> Json:
        """Create a key. Only this answer contains the key itself."""
        return self.ask("POST", "/v1/keys", json={"name": name, "scope": scope, "days": days})

    def keys(self) -> list[Json]:
        """Return all keys, without the keys themselves."""
        return list(self.pages("/v1/keys", {}))

    def revoke(self, key_id: str) -> Json:
        """Revoke a key. Returns it."""
        return self.ask("DELETE", f"/v1/keys/{part(key_id)}")

    def parked(self, queue: str | None = None) -> Iterator[Json]:
        """Yield parked messages, with the beginnings of their bodies."""
        return self.pages("/v1/parked", {"queue": queue} if queue is not None else {}, limit=100)

    def parked_message(self, parked_id: str) -> Json:
        """Return a parked message, with as much of its body as was kept."""
        path = f"/v1/parked/{part(parked_id)}"
        message = self.ask("GET", path)
        if message["cut"]:
            message["body"] = self._send("GET", f"{path}/body").content.decode(errors="replace")
        return message

    def replay(self, parked_id: str) -> Json:
        """Send a parked message back to its queue."""
        return self.ask("POST", f"/v1/parked/{part(parked_id)}/replay")

    def drop_parked(self, parked_id: str) -> Json:
        """Drop a parked message. Returns it."""
        return self.ask("DELETE", f"/v1/parked/{part(parked_id)}")

    def status(self) -> Json:
        """Return the progress of the whole archive."""
        return self.ask("GET", "/v1/status")

    def mirror(self) -> Json:
        """Return how many of the stored videos are mirrored."""
        return self.ask("GET", "/v1/mirror")

    def needs_a_person(self) -> list[Json]:
        """Return the concerns that need a person."""
        items: list[Json] = self.ask("GET", "/v1/overview")["needs_a_person"]
        return items

    def pages(self, path: str, query: dict[str, str], limit: int = 500) -> Iterator[Json]:
        """Yield the items of all pages of a list. Raises CliError."""
        cursor: str | None = None
        while True:
            page = self.ask(
                "GET", path, params={**query, "limit": str(limit), **({"cursor": cursor} if cursor else {})}
            )
            yield from page["items"]
            cursor = page["next"]
            if cursor is None:
                return

    def ask(self, method: str, path: str, **options: Any) -> Json:
        """Send a request, with the options of httpx. Returns the JSON of its answer. Raises CliError."""
        response = self._send(method, path, **options)
        try:
            body: Json = response.json()
        except ValueError as error:
            raise self._no_json(response) from error
        return body

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Return a successful answer; waits out some 429 answers. Raises CliError."""
        try:
            response = self._request(method, path, **options)
            waits = 0
            while response.status_code == 429 and waits < PATIENT_WAITS:
                waits += 1
                time.sleep(_pause_of(response))
                response = self._request(method, path, **options)
        except httpx.HTTPError as error:
            raise CliError(not_reached(self._address.url, error, self._address.file), UNREACHABLE) from error
        return self._good(response)

    def _request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request, once more if its connection ends before the whole response, where that changes nothing.

        A server or a proxy may close a connection that it kept at the moment when a request is sent on it. Questions
        are repeated, and what has an Idempotency-Key: a second DELETE would be answered with 404, and a second PUT may
        be refused, although the first one worked. Raises httpx.HTTPError.
        """
        try:
            return self._http.request(method, path, **options)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            if method != "GET" and IDEMPOTENCY_KEY not in options.get("headers", {}):
                raise
            return self._http.request(method, path, **options)

    def _good(self, response: httpx.Response) -> httpx.Response:
        if response.is_success:
            return response
        try:
            problem: Json = response.json()
        except ValueError as error:
            raise self._no_json(response) from error
        if not isinstance(problem, dict) or "detail" not in problem:
            raise self._no_json(response)
        code = UNREACHABLE if response.status_code >= 500 else REFUSED
        raise ApiProblem(
            describe_problem(problem, response.status_code, self._address.file), code, response.status_code
        )

    def _no_json(self, response: httpx.Response) -> CliError:
        return CliError(not_the_api(self._address.url, response, self._address.file), UNREACHABLE)


def part(id_: str) -> str:
    """Return an id as one segment of a path. Raises CliError for other texts, which would lead to another path."""
    if "/" in id_ or id_ in ("", ".", ".."):
        raise CliError(
            f"{id_!r} is not an id: ids are not empty, not . or .., and contain no slash. `fonoteca videos`, `fonoteca "
            "playlists`, `fonoteca keys list` and `fonoteca parked list` show ids.",
            REFUSED,
        )
    return quote(id_, safe=":")


def _pause_of(response: httpx.Response) -> float:
    """Return the seconds to wait before a request that was answered with 429 is sent again."""
    return _named_pause(response) or 1.0


def _named_pause(response: httpx.Response) -> float | None:
    named = response.headers.get("Retry-After", "")
    return min(float(named), MAX_WAIT_SECONDS) if named.isdigit() else None
