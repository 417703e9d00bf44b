"""Server-sent events of the running system: in order, complete, resumable at any replica."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import httpx
import pytest

from cli.api.client import Client
from dev.stack import Stack
from tests.e2e.conftest import SETTINGS
from tests.e2e.listening import Received, listen
from tests.e2e.pipeline import when_ended

STORED, MIRRORED = "audio.stored.v1", "audio.mirrored.v1"
LISTENERS = 200


@pytest.fixture
def second_replica(stack: Stack) -> Iterator[str]:
    """A second API on the same servers; the name of its variable."""
    stack.start_services(("api-2",), SETTINGS)
    yield "API_2"
    stack.stop_programs(["api-2"])


def videos(name: str, number: int) -> list[dict[str, object]]:
    return [{"id": f"{name:_<8}{n:03}", "title": f"{name} {n}", "seconds": 1} for n in range(number)]


async def submitted(client: Client, url: str) -> str:
    answer = await asyncio.to_thread(client.submit, url)
    return str(answer["id"])


async def test_two_hundred_listeners_miss_nothing(
    stack: Stack, client: Client, add_to_site: Callable[..., str]
) -> None:
    entries = videos("listen", 40)
    url = add_to_site("PLlisten00001", entries)
    wanted = {f"youtube:{entry['id']}" for entry in entries}

    def all_mirrored(received: Received) -> bool:
        return wanted <= set(received.videos(MIRRORED))

    connected = [asyncio.Event() for _ in range(LISTENERS)]
    async with asyncio.TaskGroup() as group:
        listeners = [group.create_task(listen(stack, all_mirrored, connected=event)) for event in connected]
        for event in connected:
            await event.wait()
        id_ = await submitted(client, url)
    for received in (listener.result() for listener in listeners):
        assert received.resets == 0
        of_this = [each for each in received.happened if id_ in each["playlists"]]
        # Each once, and none mirrored before it was stored.
        for type_ in (STORED, MIRRORED):
            assert sorted(e["video"] for e in of_this if e["type"] == type_) == sorted(wanted)
        for video in wanted:
            assert [e["type"] for e in of_this if e["video"] == video] == [STORED, MIRRORED]


async def test_a_listener_that_reconnects_to_another_replica_receives_what_it_missed(
    stack: Stack, client: Client, add_to_site: Callable[..., str], second_replica: str
) -> None:
    first_url, second_url = (
        add_to_site("PLresume0001", videos("resume", 3)),
        add_to_site("PLresume0002", videos("again", 3)),
    )
    connected = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        first = group.create_task(listen(stack, lambda received: bool(received.videos(STORED)), connected=connected))
        await connected.wait()
        first_id = await submitted(client, first_url)
    await asyncio.to_thread(when_ended, client, first_id, videos=3)
    second_id = await submitted(client, second_url)
    await asyncio.to_thread(when_ended, client, second_id, videos=3)
    before = first.result()
    assert before.last_id is not None

    def enough(received: Received) -> bool:
        return len(set(received.videos(MIRRORED))) == 6

    after = await listen(stack, enough, replica=second_replica, last_id=before.last_id)
    assert after.resets == 0
    seen = [(e["type"], e["video"]) for e in before.happened + after.happened]
    ids = [f"youtube:{entry['id']}" for name in ("resume", "again") for entry in videos(name, 3)]
    assert sorted(seen) == sorted((type_, id_) for type_ in (STORED, MIRRORED) for id_ in ids)


async def test_a_playlist_s_listener_is_told_of_it_alone(
    stack: Stack, client: Client, add_to_site: Callable[..., str]
) -> None:
    entries = [*videos("alone", 2), {"id": "alonepriv01", "title": "x", "trouble": "private"}]
    url, other = add_to_site("PLalone00001", entries), add_to_site("PLalone00002", videos("other", 2))
    id_ = await submitted(client, url)

    def ended(received: Received) -> bool:
        counts = received.progress[-1]["progress"]["counts"] if received.progress else {}
        return (
            counts.get("stored") == 2 and received.progress[-1]["progress"]["mirrored"] == 2 and bool(received.happened)
        )

    other_id = await submitted(client, other)
    received = await listen(stack, ended, playlist=id_)
    await asyncio.to_thread(when_ended, client, other_id, videos=2)
    assert all(id_ in each["playlists"] for each in received.happened)
    assert received.progress[-1]["playlist"]["state"] == "expanded"
    assert received.progress[-1]["progress"]["counts"]["waiting"] == 1
    assert received.progress[-1]["progress"]["stored_hours"] > 0


@pytest.mark.parametrize("last_id", ["99999999-abcdef01", "0-notthisone", "made up"])
async def test_a_place_that_nobody_has_is_told_as_a_reset(stack: Stack, last_id: str) -> None:
    received = await listen(stack, lambda received: received.resets > 0, last_id=last_id)
    assert (received.resets, received.happened) == (1, [])


def test_an_unknown_playlist_is_a_problem_and_no_stream(stack: Stack) -> None:
    headers = {"Authorization": f"Bearer {stack.exports['API_KEY']}"}
    answer = httpx.get(f"{stack.exports['API_URL']}/v1/events?playlist=youtube:none", headers=headers, trust_env=False)
    assert answer.status_code == 404
    assert "There is no playlist" in answer.json()["detail"]
