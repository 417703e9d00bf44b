"""Watch and notify are killed while channels publish: nothing is missed, asked for twice, or told under two ids."""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import Any

from cli.api.sources import Sources
from dev.demo.receiver import receiving
from shared.following.definition import SourceDefinition
from tests.faults.numbers import DIE, many
from tests.faults.rig import Rig, wait_for
from tests.faults.scenario import Row, settle
from tests.site import add_playlist_to_site, requests_of, site_requests

#: Entries of each list before anything is published.
ENTRIES = 200
#: What the site counts of the pages of lists.
LISTS = ("playlist", "continuation")


class Channels:
    """Lists of the local site that are followed."""

    def __init__(self, rig: Rig, number: int) -> None:
        self._rig = rig
        self._sources = Sources(rig.client)
        stem = uuid.uuid4().hex[:5]
        self.names = [f"{stem}-{n}" for n in range(number)]
        self._lists = {name: f"PL{stem}{n:05}" for n, name in enumerate(self.names)}
        self.ids: dict[str, list[str]] = {
            name: [f"{stem[:4]}{n:03x}{k:04x}" for k in range(ENTRIES)] for n, name in enumerate(self.names)
        }
        #: Ids of the lists.
        self.lists = tuple(self._lists.values())
        for name in self.names:
            self._put(name)
            url = f"https://www.youtube.com/playlist?list={self._lists[name]}"
            self._sources.add(SourceDefinition(name=name, address=url, every="1d", first=1))

    def publish(self, name: str) -> str:
        """Publish one more entry. Returns its id."""
        known = self.ids[name]
        known.append(f"{known[0][:7]}{len(known):04x}")
        self._put(name)
        return known[-1]

    def _put(self, name: str) -> None:
        videos: list[dict[str, Any]] = [
            {"id": id_, "title": id_, "seconds": 1, "codecs": ["opus"], "published_at": 1_770_000_000 + 60 * n}
            for n, id_ in enumerate(self.ids[name])
        ]
        add_playlist_to_site(self._rig.stack, self._lists[name], videos[::-1])

    def make_due(self) -> None:
        """Let the next look at each be due now, as if a day had passed."""
        with self._rig.mongo() as mongo:
            sources = mongo[self._rig.direct["MONGO_DATABASE"]]["sources"]
            sources.update_many({"_id": {"$in": self.names}}, [{"$set": {"due_at": "$$NOW"}}])

    def looks(self) -> dict[str, int]:
        """Source → looks at it that ended."""
        with self._rig.mongo() as mongo:
            looks = mongo[self._rig.direct["MONGO_DATABASE"]]["looks"]
            counted = looks.aggregate(
                [{"$match": {"source": {"$in": self.names}}}, {"$group": {"_id": "$source", "n": {"$sum": 1}}}]
            )
            return {row["_id"]: row["n"] for row in counted}

    def when_looked(self, rounds: int) -> None:
        """Wait until each was looked at in every round."""

        def all_looked() -> bool:
            found = self.looks()
            return all(found.get(name, 0) >= rounds for name in self.names)

        wait_for(all_looked, f"looks of round {rounds}")

    def forget(self) -> None:
        """Follow them no longer."""
        for name in self.names:
            self._sources.remove(name)


def test_watch_and_notify_killed(rig: Rig, row: Row, tmp_path: Path) -> None:
    """kill -9 of watch and notify at random while followed channels publish."""
    with receiving(tmp_path) as (receiver, settings), rig.with_settings("notify", **settings):
        published = while_killing(rig, row)
        wait_for(lambda: receiver.webhooks_about(set(published)) >= len(published), "webhooks about all")
        assert receiver.webhooks_about(set(published)) == len(published), "each event has one id, however often it came"
        assert receiver.forged == 0
    with rig.mongo() as mongo:
        # The receiver is gone.
        mongo[rig.direct["MONGO_DATABASE"]]["endpoints"].delete_many({})


def while_killing(rig: Rig, row: Row) -> list[str]:
    """Follow channels, and let some publish while the services are killed. Returns the videos that were published."""
    before, kills, rounds, each = rig.states(), many(30, 3), many(2, 3), many(20, 4)
    channels = Channels(rig, many(1000, 12))
    channels.when_looked(1)
    counts = site_requests(rig.stack)["counts"]
    asked_before = {kind: sum(counts.get(kind, {}).get(id_, 0) for id_ in channels.lists) for kind in LISTS}
    published: list[str] = []
    for round_ in range(1, rounds + 1):
        published += [channels.publish(name) for name in DIE.sample(channels.names, each)]
        channels.make_due()
        for _ in range(kills // rounds):
            time.sleep(DIE.uniform(0, 1))
            for name in ("watch", "notify"):
                rig.kill(name)
                rig.start_again(name)
            row.runs += 1
        channels.when_looked(1 + round_)
    # The first look took one of each.
    settle(rig, row, before, len(channels.names) + len(published))
    assert {requests_of(rig.stack, "page", id_) for id_ in published} == {1}, "each was asked for once"
    counts = site_requests(rig.stack)["counts"]
    looks = sum(channels.looks().values()) - len(channels.names)
    asked = {kind: sum(counts.get(kind, {}).get(id_, 0) for id_ in channels.lists) for kind in ("feed", *LISTS)}
    first = {kind: asked_before[kind] for kind in LISTS}
    lists = sum(asked[kind] - first[kind] for kind in LISTS)
    print(f"{looks} looks: {asked['feed']} requests for feeds, {lists} for pages of lists")
    assert asked["feed"] + lists <= 1.1 * looks + row.runs, "a look that is asked for again costs one request more"
    channels.forget()
    return [f"youtube:{id_}" for id_ in published]
