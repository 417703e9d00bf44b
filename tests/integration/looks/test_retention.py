"""Retention deletes exactly what its preview lists, and nothing that another list keeps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.watch.retention import Retainer
from services.watch.settings import WatchSettings
from shared.catalog.connection import Catalog
from shared.catalog.documents import Source
from shared.catalog.operator import retention
from shared.catalog.operator.decisions import expire_video
from shared.catalog.operator.retention import delete_expired, expired_recordings, followers
from shared.catalog.playlists.acceptance import accept_playlist
from shared.catalog.sources.definitions import change_source, get_source
from shared.catalog.sources.members import follow_playlist
from shared.catalog.videos.lookup import get_video
from tests.integration.looks.conftest import Follow

LIST, OTHER = "PLkept00000001", "PLkept00000002"


async def one(catalog: Catalog, name: str) -> Source:
    source = await get_source(catalog, name)
    assert source is not None
    return source


async def store(catalog: Catalog, number: int, playlists: Sequence[str], *, now: datetime) -> str:
    """A stored recording; the higher its number, the newer it is."""
    video_id = f"youtube:kept-{number:04}"
    moment = now - timedelta(days=1000 - number)
    document: Any = {
        "_id": video_id,
        "accession": number + 1,
        "state": "stored",
        "state_since": moment,
        "token": 1,
        "playlists": [f"youtube:{each}" for each in playlists],
        "metadata": {"upload_date": f"{moment:%Y%m%d}"},
        "audio": {"stored_at": moment, "bucket": "b", "key": f"audio/{number}.mp3"},
    }
    await catalog.videos.insert_one(document)
    return video_id


@pytest.fixture
async def stored(catalog: Catalog) -> list[str]:
    """Thirty recordings of the list, the oldest first."""
    now = await catalog.now()
    return [await store(catalog, number, [LIST], now=now) for number in range(30)]


async def expiring(catalog: Catalog, name: str) -> list[str]:
    found = await expired_recordings(catalog, await one(catalog, name), await followers(catalog))
    return [each.recording.video_id for each in found]


async def delete(catalog: Catalog, name: str, limit: int = 1000) -> list[str]:
    source = await one(catalog, name)
    found = await expired_recordings(catalog, source, await followers(catalog))
    return await delete_expired(catalog, source, found[:limit])


async def add_to(catalog: Catalog, video_ids: Sequence[str], playlist: str) -> None:
    await catalog.videos.update_many({"_id": {"$in": list(video_ids)}}, {"$push": {"playlists": f"youtube:{playlist}"}})


@pytest.mark.parametrize(("keep", "expected"), [("20", 10), ("30", 0), ("985d", 16), ("1d", 20), ("all", 0)])
async def test_the_run_deletes_what_the_preview_lists(
    catalog: Catalog, follow: Follow, stored: list[str], keep: str, expected: int
) -> None:
    await follow("kept", LIST, keep=keep)
    preview = await expiring(catalog, "kept")
    assert preview == stored[:expected]
    assert await delete(catalog, "kept", 7) == preview[:7]
    assert await expiring(catalog, "kept") == preview[7:]
    assert await delete(catalog, "kept") == preview[7:]
    assert await delete(catalog, "kept") == []
    deleted = [video["_id"] async for video in catalog.videos.find({"tombstone.at": {"$exists": True}}).sort("_id", 1)]
    assert deleted == preview
    if preview:
        video = await get_video(catalog, preview[0])
        assert video is not None
        assert (video["state"], video["retry"]["failure"]["reason"]) == ("abandoned", "expired")
        assert f"The source kept keeps {keep}" in video["retry"]["failure"]["detail"]
        assert video["tombstone"]["bucket"] == "b"


async def test_what_a_submitted_playlist_has_stays(catalog: Catalog, follow: Follow, stored: list[str]) -> None:
    await follow("kept", LIST, keep="10")
    await add_to(catalog, stored[3:6], "PLsubmitted01")
    assert await delete(catalog, "kept") == stored[:3] + stored[6:20]


async def test_a_list_that_is_submitted_and_followed_keeps_all(
    catalog: Catalog, follow: Follow, stored: list[str]
) -> None:
    await follow("kept", LIST, keep="10")
    await follow_playlist(catalog, f"youtube:{LIST}", "https://www.youtube.com/playlist?list=x", {})
    assert len(await expiring(catalog, "kept")) == 20, "it is only followed"
    await accept_playlist(catalog, f"youtube:{LIST}", "https://www.youtube.com/playlist?list=x")
    assert await expiring(catalog, "kept") == []
    assert await Retainer(catalog, WatchSettings(retention_grace_seconds=0), "one").delete() == 0


async def test_what_another_source_of_another_list_keeps_under_a_second_address_stays(
    catalog: Catalog, follow: Follow, stored: list[str]
) -> None:
    await follow("kept", LIST, keep="10")
    await follow("other", OTHER, keep="10")
    await follow("same", "PLkept00000003", keep="all")
    await catalog.sources.update_one(
        {"_id": "same"}, {"$set": {"identity_id": (await one(catalog, "other"))["identity_id"]}}
    )
    await add_to(catalog, stored[:20], OTHER)
    assert await expiring(catalog, "kept") == []


async def test_a_new_definition_of_another_source_deletes_nothing_for_a_while(
    catalog: Catalog, follow: Follow, stored: list[str]
) -> None:
    await follow("kept", LIST, keep="10")
    await follow("other", OTHER, keep="10")
    await add_to(catalog, stored[:20], OTHER)
    long_ago = await catalog.now() - timedelta(days=30)
    await catalog.sources.update_one({"_id": "kept"}, {"$set": {"updated_at": long_ago}})
    prompt = Retainer(catalog, WatchSettings(retention_grace_seconds=86_400), "one")
    assert await prompt.delete() == 0, "the other source was changed just now"
    await catalog.sources.update_one({"_id": "other"}, {"$set": {"updated_at": long_ago}})
    assert await prompt.delete() == 10


@pytest.mark.parametrize("change", [{"keep": "all"}, {"enabled": False}])
async def test_a_run_ends_when_a_person_changes_the_source(
    catalog: Catalog, follow: Follow, stored: list[str], change: dict[str, Any]
) -> None:
    definition = await follow("kept", LIST, keep="10")
    source = await one(catalog, "kept")
    found = await expired_recordings(catalog, source, await followers(catalog))
    assert len(await delete_expired(catalog, source, found[:5])) == 5
    assert await change_source(catalog, source, definition.model_copy(update=change)) is not None
    assert await delete_expired(catalog, source, found[5:]) == []


async def test_a_day_that_the_source_makes_up_keeps_nothing(
    catalog: Catalog, follow: Follow, stored: list[str]
) -> None:
    await follow("kept", LIST, keep="10")
    made_up = ("99991231", "2026-01-01", "20269999", "soon", "")
    for video_id, day in zip(stored, made_up, strict=False):
        await catalog.videos.update_one({"_id": video_id}, {"$set": {"metadata.upload_date": day}})
    assert await expiring(catalog, "kept") == stored[:20]


@pytest.mark.parametrize("more", [{}, {"enabled": False}, {"keep": "all"}])
async def test_what_another_source_keeps_whole_stays(
    catalog: Catalog, follow: Follow, stored: list[str], more: dict[str, Any]
) -> None:
    await follow("kept", LIST, keep="10")
    await follow("other", OTHER, **more)
    await add_to(catalog, stored[:5], OTHER)
    assert await expiring(catalog, "kept") == stored[5:20]


async def test_what_all_its_sources_let_go_is_deleted(catalog: Catalog, follow: Follow, stored: list[str]) -> None:
    await follow("kept", LIST, keep="10")
    await follow("other", OTHER, keep="12")
    await add_to(catalog, stored[:14], OTHER)
    # Of the other list's fourteen recordings it keeps the newest twelve.
    assert await expiring(catalog, "kept") == stored[:2] + stored[14:20]


async def test_the_more_generous_of_two_sources_of_one_list_counts(
    catalog: Catalog, follow: Follow, stored: list[str]
) -> None:
    await follow("kept", LIST, keep="10")
    await follow("again", f"https://www.youtube.com/playlist?list={LIST}", keep="25")
    assert (await one(catalog, "again"))["same_as"] == "kept"
    assert await expiring(catalog, "kept") == stored[:5]


async def test_what_joins_another_list_meanwhile_stays(
    catalog: Catalog, follow: Follow, stored: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await follow("kept", LIST, keep="28")

    async def late(catalog: Catalog, video_id: str) -> Any:
        video = await get_video(catalog, video_id)
        # Somebody submits a playlist with it between the decision and the deletion.
        await add_to(catalog, [video_id], "PLsubmitted01")
        return video

    monkeypatch.setattr(retention, "get_video", late)
    assert await delete(catalog, "kept") == []
    assert await catalog.videos.count_documents({"state": "stored"}) == len(stored)


async def test_what_runs_again_is_not_deleted(catalog: Catalog, follow: Follow, stored: list[str]) -> None:
    await follow("kept", LIST, keep="28")
    video = await get_video(catalog, stored[0])
    assert video is not None
    await catalog.videos.update_one({"_id": stored[0]}, {"$inc": {"token": 1}})
    assert await expire_video(catalog, video, "too late") is None


async def test_it_waits_for_the_grace_and_for_its_turn(catalog: Catalog, follow: Follow, stored: list[str]) -> None:
    await follow("kept", LIST, keep="20")
    await follow("paused", OTHER, keep="20", enabled=False)
    patient = Retainer(catalog, WatchSettings(retention_grace_seconds=86_400), "one")
    assert await patient.delete() == 0, "the definition is new"
    prompt = Retainer(catalog, WatchSettings(retention_grace_seconds=0), "one")
    assert await prompt.delete() == 10
    assert await catalog.videos.count_documents({"state": "stored"}) == len(stored) - 10
    later = await store(catalog, 900, [LIST], now=await catalog.now())
    assert await Retainer(catalog, WatchSettings(retention_grace_seconds=0), "two").delete() == 0, "one has the lock"
    assert await prompt.delete() == 1
    assert await catalog.videos.count_documents({"_id": later, "state": "stored"}) == 1
