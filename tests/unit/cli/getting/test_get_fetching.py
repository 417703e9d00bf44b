"""Fetching one file: what is asked for, and what is made of answers of every kind."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest

from cli.api.client import Address, ApiProblem, Client
from cli.errors import UNREACHABLE, CliError
from cli.getting import fetching
from cli.getting.fetching import Changed, Fetcher, Job, Stopped
from cli.getting.wanted import NotFetched, WantedFile

WHOLE = bytes(range(256)) * 100
SHA256 = hashlib.sha256(WHOLE).hexdigest()
ETAG = {"ETag": f'"{SHA256}"'}


class Api:
    """Answers one after the other, and what was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.asked: list[httpx.Headers] = []
        self._left = iter(answers)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.headers)
        answer = next(self._left)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Breaking(httpx.SyncByteStream):
    """A body that breaks off."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __iter__(self) -> Iterator[bytes]:
        yield self._data
        raise httpx.ReadError("connection reset")


def sent(data: bytes = WHOLE, status: int = 200, *, breaks: bool = False, **headers: str) -> httpx.Response:
    stream = Breaking(data) if breaks else httpx.ByteStream(data)
    return httpx.Response(status, headers={**ETAG, **headers}, stream=stream)


def problem(status: int, **headers: str) -> httpx.Response:
    return httpx.Response(status, headers=headers, json={"detail": f"Problem {status}."})


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that would have been made."""
    made: list[float] = []

    def wait(_: Event, seconds: float) -> bool:
        made.append(seconds)
        return False

    monkeypatch.setattr(Event, "wait", wait)
    return made


Fetch = Callable[..., Path]


@pytest.fixture
def fetch(tmp_path: Path, pauses: list[float]) -> Fetch:
    def call(api: Api, stop: Event | None = None) -> Path:
        client = Client(Address("http://api.example.org", "key"))
        client._http = httpx.Client(base_url="http://api.example.org", transport=httpx.MockTransport(api))
        video: Any = {"id": "youtube:aaaaaaaaaaa"}
        wanted = WantedFile(video, "mp3-320.mp3", "mp3", "mp3-320", SHA256, len(WHOLE))
        Fetcher(client, stop or Event(), lambda _: None).fetch(Job(wanted, tmp_path / "folder" / "a.mp3"))
        return tmp_path / "folder" / "a.mp3"

    return call


def part_of(tmp_path: Path) -> Path:
    return tmp_path / "folder" / f"a.mp3.{SHA256[:8]}.part"


def left(tmp_path: Path, data: bytes) -> None:
    """What an earlier run left."""
    part_of(tmp_path).parent.mkdir()
    part_of(tmp_path).write_bytes(data)


def test_a_file_is_fetched_whole(fetch: Fetch, tmp_path: Path) -> None:
    api = Api(sent())
    assert fetch(api).read_bytes() == WHOLE
    assert "Range" not in api.asked[0]
    assert api.asked[0]["Accept-Encoding"] == "identity"
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["a.mp3"]


def test_it_resumes_where_it_broke_off(fetch: Fetch, pauses: list[float]) -> None:
    api = Api(sent(WHOLE[:1000], breaks=True), sent(WHOLE[1000:5000], 206, breaks=True), sent(WHOLE[5000:], 206))
    assert fetch(api).read_bytes() == WHOLE
    assert [asked.get("Range") for asked in api.asked] == [None, "bytes=1000-", "bytes=5000-"]
    assert [asked.get("If-Range") for asked in api.asked] == [None, ETAG["ETag"], ETAG["ETag"]]
    assert pauses == [1, 1]


def test_it_resumes_what_an_earlier_run_left(fetch: Fetch, tmp_path: Path) -> None:
    left(tmp_path, WHOLE[:7777])
    api = Api(sent(WHOLE[7777:], 206))
    assert fetch(api).read_bytes() == WHOLE
    assert api.asked[0]["Range"] == "bytes=7777-"


def test_what_is_left_whole_needs_no_request(fetch: Fetch, tmp_path: Path) -> None:
    left(tmp_path, WHOLE)
    assert fetch(Api()).read_bytes() == WHOLE


@pytest.mark.parametrize("broken", [WHOLE + b"x", b"x" * len(WHOLE)])
def test_what_is_left_and_wrong_is_fetched_again(fetch: Fetch, tmp_path: Path, broken: bytes) -> None:
    left(tmp_path, broken)
    api = Api(sent())
    assert fetch(api).read_bytes() == WHOLE
    assert "Range" not in api.asked[0]


def test_a_beginning_that_is_wrong_is_found_out(fetch: Fetch, tmp_path: Path) -> None:
    left(tmp_path, b"x" * 100)
    assert fetch(Api(sent(WHOLE[100:], 206), sent())).read_bytes() == WHOLE


def test_a_whole_answer_to_a_part_begins_again(fetch: Fetch, tmp_path: Path) -> None:
    left(tmp_path, WHOLE[:100])
    assert fetch(Api(sent())).read_bytes() == WHOLE


def test_another_content_gets_no_name(fetch: Fetch, tmp_path: Path) -> None:
    other = b"y" * len(WHOLE)
    with pytest.raises(NotFetched, match="has another SHA-256"):
        fetch(Api(sent(other), sent(other)))
    assert not (tmp_path / "folder" / "a.mp3").exists()
    assert part_of(tmp_path).read_bytes() == b""


def test_a_file_that_changed_is_told(fetch: Fetch) -> None:
    with pytest.raises(Changed):
        fetch(Api(httpx.Response(200, headers={"ETag": '"another"'}, content=WHOLE)))


def test_more_than_there_is_is_not_taken(fetch: Fetch) -> None:
    assert fetch(Api(sent(WHOLE + b"x"), sent())).read_bytes() == WHOLE


def test_an_answer_that_ends_early_is_resumed(fetch: Fetch) -> None:
    api = Api(sent(WHOLE[:10]), sent(WHOLE[10:], 206))
    assert fetch(api).read_bytes() == WHOLE


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_api_is_asked_again_when_it_says(fetch: Fetch, pauses: list[float], status: int) -> None:
    busy = problem(status, **{"Retry-After": "7"})
    assert fetch(Api(busy, problem(status), httpx.ConnectError("refused"), sent())).read_bytes() == WHOLE
    assert pauses == [7, 2, 4]


def test_an_api_that_is_away_ends_it(fetch: Fetch, tmp_path: Path, pauses: list[float]) -> None:
    left(tmp_path, WHOLE[:10])
    with pytest.raises(CliError, match="again to resume") as ended:
        fetch(Api(*(httpx.ConnectError("refused") for _ in range(fetching.TRIES))))
    assert ended.value.code == UNREACHABLE
    assert pauses == [1, 2, 4, 8, 16]
    assert part_of(tmp_path).read_bytes() == WHOLE[:10]


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_ends_it(fetch: Fetch, status: int) -> None:
    with pytest.raises(ApiProblem) as refused:
        fetch(Api(problem(status)))
    assert refused.value.code == 2


def test_what_is_missing_is_told_and_nothing_is_left_under_its_name(fetch: Fetch, tmp_path: Path) -> None:
    with pytest.raises(NotFetched, match=r"Problem 404\."):
        fetch(Api(problem(404)))
    assert not (tmp_path / "folder" / "a.mp3").exists()


def test_it_stops_when_it_is_told_to(fetch: Fetch, tmp_path: Path) -> None:
    stop = Event()
    stop.set()
    with pytest.raises(Stopped):
        fetch(Api(sent()), stop)
    assert not (tmp_path / "folder" / "a.mp3").exists()


def test_a_part_that_is_a_link_is_not_written_through(fetch: Fetch, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"precious")
    part_of(tmp_path).parent.mkdir()
    part_of(tmp_path).symlink_to(precious)
    with pytest.raises(NotFetched, match="is a link: remove it"):
        fetch(Api(sent()))
    assert precious.read_bytes() == b"precious"


def test_a_part_that_is_no_file_is_told(fetch: Fetch, tmp_path: Path) -> None:
    part_of(tmp_path).parent.mkdir()
    os.mkfifo(part_of(tmp_path))
    with pytest.raises(NotFetched, match="is not a regular file: remove it"):
        fetch(Api(sent()))


def test_a_part_that_another_run_finishes_meanwhile_is_left_alone(
    fetch: Fetch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked_late(*_: object) -> None:
        # Between the opening and the lock the other run gives it its name.
        part_of(tmp_path).rename(tmp_path / "finished")

    monkeypatch.setattr("fcntl.flock", locked_late)
    with pytest.raises(NotFetched, match="another fonoteca get is downloading it"):
        fetch(Api(sent()))


def test_two_runs_do_not_write_one_part(fetch: Fetch, tmp_path: Path) -> None:
    left(tmp_path, b"")
    with fetching._locked(part_of(tmp_path)), pytest.raises(NotFetched, match="another fonoteca get"):
        fetch(Api(sent()))
