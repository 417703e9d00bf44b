"""Stored objects: the audit finds those from another address, and no two ids share a folder."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from cli.audit.repairing import Repairer
from cli.audit.rules import Limits, Repair, violations_of
from shared.storage.keys import folder_of, video_of
from tests.hostile.scraping import WATCH, Scraping
from tests.hostile.sources.identity.victim import ATTACK, VICTIM


@pytest.mark.parametrize("where", ["url", "webpage_url"])
@pytest.mark.parametrize("url", [WATCH + ATTACK, f"https://youtu.be/{ATTACK}", "https://example.org/x"])
def test_the_audit_finds_what_is_stored_from_another_address(where: str, url: str) -> None:
    video: Any = {
        "_id": f"youtube:{VICTIM}",
        "state": "stored",
        "url": WATCH + VICTIM,
        "playlists": ["x"],
        "token": 1,
        "attempts": 1,
        "audio": {"key": "k"},
        "metadata": {"webpage_url": WATCH + VICTIM},
    }
    assert violations_of(video, [1], datetime.now(UTC), Limits(60, 8)) == []
    (video if where == "url" else video["metadata"])[where] = url
    (found,) = violations_of(video, [1], datetime.now(UTC), Limits(60, 8))
    assert (found.rule, found.repair) == ("other-video", Repair.FETCH)


async def test_the_audits_repair_fetches_it_again_from_its_own_address(rig: Scraping) -> None:
    await rig.accept(VICTIM, url=WATCH + ATTACK)
    audio = {"key": folder_of(f"youtube:{VICTIM}") + "mp3-320.mp3", "sha256": "0" * 64, "size_bytes": 1}
    change = {"state": "stored", "audio": audio, "metadata": {"webpage_url": WATCH + ATTACK}}
    await rig.catalog.videos.update_one({"_id": f"youtube:{VICTIM}"}, {"$set": change})
    (found,) = violations_of(await rig.video(VICTIM), [], datetime.now(UTC), Limits(60, 8))
    repairer = Repairer(rig.catalog, rig.store, (), rig.scraper.submissions.publisher)
    assert await repairer.repair(found)
    video = await rig.video(VICTIM)
    assert (video["state"], video["url"], "audio" in video) == ("queued", WATCH + VICTIM, False)
    assert violations_of(video, [], datetime.now(UTC), Limits(60, 8)) == []


IDS = [
    *("a:b", "A:b".lower() + "B", "a:B", "a:b.", "a:b..", "a:.b", "a:..", "a:.", "a:%2E", "a:%2E%2E", "a:~2E"),
    *("a:é", "a:e\u0301", "a:%C3%A9", "a:~C3~A9", "..:b", ".:b", "a.:b", "a..:b", "a:b%2F", "a:b~2F", "a:b\\", "a:b+"),
    *("a+:b", "a:\u212a", "a:K", "a:k", "a:ß", "a:ss", "a:ﬁ", "a:fi", "a:b?x", "a:b#x", "a:b:c", "a:b;c"),
]


def test_no_two_ids_share_a_folder(inputs: Callable[[int], None]) -> None:
    inputs(len(IDS))
    folders = {folder_of(id_): id_ for id_ in IDS}
    assert len(folders) == len(set(IDS)) == len(IDS)
    for folder, id_ in folders.items():
        assert video_of(f"{folder}mp3-320.mp3") == id_
        steps = folder.rstrip("/").split("/")
        assert len(steps) == 4
        # No step means the folder above, and Azure's clients would drop a dot at the end of one.
        assert not any(step.endswith(".") for step in steps)
