"""Lists the videos of a playlist while its pages arrive."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from services.scraper.engines.foreign_code import ForeignError, foreign_code
from services.scraper.engines.values import (
    CHANNEL_TABS,
    Listed,
    ListedPlaylist,
    ListedVideo,
    ListingEnded,
    ListingGap,
    SourceRules,
)
from services.scraper.engines.ytdlp import facts
from services.scraper.engines.ytdlp.client import CountingYtdlp, Words, load_plugins, options_of
from services.scraper.engines.ytdlp.completeness import ListAccount
from services.scraper.engines.ytdlp.evidence import evidence_of, witnessed
from services.scraper.engines.ytdlp.identity import id_at, identified
from services.scraper.engines.ytdlp.sites import list_site
from services.scraper.failures import Evidence, classify
from services.scraper.network.cookies import borrow, merge_back
from services.scraper.sites.routes import route_to
from shared.addresses import youtube
from shared.contracts.reasons import Reason
from shared.errors import FailureClass
from shared.untrusted.bounds import MAX_SECONDS, number_within
from shared.untrusted.excerpts import MAX_SENTENCE, Excerpts

#: Maximum depth of nested lists: a channel, its tab of playlists, a playlist.
NESTED_LISTS = 2
#: Classes of failures that concern a single entry, so that the listing is complete without it. All others may affect
#: every entry: network, egress, a dead login, a full disk, and answers that only a second request can explain.
_OF_THE_ENTRY = (FailureClass.PERMANENT, FailureClass.TOOL)
#: Reasons to wait that concern a single entry: otherwise a list with a live event would never be listed to its end.
_OF_ITS_TIME = (Reason.LIVE, Reason.NOT_YET)


def list_videos(
    url: str, rules: SourceRules, limit: int | None = None, until: Callable[[str], bool] = lambda _: False
) -> Iterator[Listed]:
    """Yield a playlist's head, then its videos as pages arrive. The last item is the end of the listing, or evidence.

    The address of a single video is a playlist of one, which takes no request. Nested lists, as in a channel's tab of
    playlists, are followed. `limit`: maximum number of videos; None: all.
    `until`: receives the id of each entry; when it returns True, that entry is the last one that is wanted.
    """
    if (route := route_to(url, rules.sites)) is not None:
        yield from list_site(route, url, rules, limit, until)
        return
    words = Words()
    options = options_of(words, rules) | {"extract_flat": "in_playlist", "lazy_playlist": True}
    address, wanted = youtube.wanted_of(url)
    wanted = min((number for number in (wanted, limit) if number is not None), default=None)
    load_plugins(rules)
    with tempfile.TemporaryDirectory(prefix="fonoteca-listing-") as folder:
        copy = borrow(rules.cookies_file, Path(folder)) if rules.cookies_file is not None else None
        ydl = CountingYtdlp(options if copy is None else options | {"cookiefile": str(copy)}, rules)
        yield from _Lister(ydl, words, rules, until).listed(address, wanted)
        if copy is not None and rules.cookies_file is not None:
            with suppress(OSError):
                merge_back(copy, rules.cookies_file)


@dataclass
class _Lister:
    """One listing."""

    ydl: CountingYtdlp
    words: Words
    rules: SourceRules
    until: Callable[[str], bool]
    gaps: list[ListingGap] = field(default_factory=list)
    left_out: Excerpts = field(default_factory=Excerpts)

    def listed(self, address: str, wanted: int | None) -> Iterator[Listed]:
        """Yield all items of the listing."""
        try:
            with foreign_code(), self.ydl:
                yield from self._listed(address, wanted)
        except ForeignError as failed:
            yield witnessed(evidence_of(failed.error, self.words), self.ydl)

    def _listed(self, address: str, wanted: int | None) -> Iterator[Listed]:
        if (single := self.ydl.single_video_of(address)) is not None:
            yield ListedPlaylist(None, None, 1)
            yield ListedVideo(single, address, None)
            yield ListingEnded(0)
            return
        info = self._found(address)
        if info is None:
            yield Evidence("Nothing found at this address", Reason.EXTRACTOR_BROKEN, requests=self.ydl.asked)
            return
        if (video := _single(info, address)) is not None:
            yield ListedPlaylist(video.title, info.get("channel"), 1)
            yield video
            yield ListingEnded(self.ydl.asked)
            return
        account = ListAccount(self.ydl, self.words, info)
        expected = account.expected if wanted is None else min(account.expected or wanted, wanted)
        # yt-dlp gives a list without a title its id as the title.
        title = info.get("title") if info.get("title") != info.get("id") else None
        channel_id = info.get("channel_id") or info.get("uploader_id")
        yield ListedPlaylist(title, info.get("channel") or info.get("uploader"), expected, channel_id)
        stopped = wanted == 0
        for taken, video in enumerate(itertools.islice(self._videos(info, account, NESTED_LISTS), wanted), 1):
            yield video
            stopped = taken == wanted
            if self.until(video.video_id):
                stopped = True
                break
        gap = None if stopped or not self.gaps else _summed(self.gaps)
        yield ListingEnded(self.ydl.asked, gap, self.left_out.sentences, stopped)

    def _found(self, url: str, ie_key: str | None = None) -> dict[str, Any] | None:
        """The description of an address, after following a few references. Its entries are fetched when iterated."""
        info: dict[str, Any] | None = self.ydl.extract_info(url, download=False, process=False, ie_key=ie_key)
        for _ in range(5):
            if info is None or info.get("_type") not in ("url", "url_transparent") or _flat_video(info) is not None:
                break
            info = self.ydl.extract_info(info["url"], download=False, process=False, ie_key=info.get("ie_key"))
        return info

    def _videos(self, info: dict[str, Any], account: ListAccount, deeper: int) -> Iterator[ListedVideo]:
        # The entries of a channel's tab have no channel, and would otherwise look like placeholders.
        channel = info.get("channel") or info.get("uploader") if _tab_of(info) is not None else None
        for entry in account.entries(info):
            if (video := _flat_video(entry)) is not None:
                yield video if video.channel is not None else replace(video, channel=channel)
            elif (tab := _tab_of(entry)) is not None and tab not in self.rules.channel_tabs:
                self.left_out.add(f"The channel's tab {tab} is left out: SCRAPER_CHANNEL_TABS does not name it.")
            elif deeper > 0:
                yield from self._inside(entry, deeper - 1)
            else:
                name = entry.get("title") or entry.get("url") or entry.get("id")
                self.left_out.add(f"The list {name} is left out: it is nested more than {NESTED_LISTS} lists deep.")
        if (gap := account.gap()) is not None:
            self.gaps.append(gap)

    def _inside(self, entry: dict[str, Any], deeper: int) -> Iterator[ListedVideo]:
        """Yield the videos that an entry other than a video leads to: those of a list, or a single video."""
        inner: dict[str, Any] | None = entry
        if entry.get("_type") != "playlist":
            try:
                with foreign_code():
                    inner = self._found(entry["url"], entry.get("ie_key")) if entry.get("url") else None
            except ForeignError as failed:
                self._leave_out(entry, failed.error)
                return
        if inner is None:
            detail = f"The entry {entry.get('title') or entry.get('id')} leads nowhere"
            self.gaps.append(ListingGap(detail[:MAX_SENTENCE]))
        elif (video := _single(inner, entry.get("url") or "")) is not None:
            yield video
        else:
            yield from self._videos(inner, ListAccount(self.ydl, self.words, inner), deeper)

    def _leave_out(self, entry: dict[str, Any], error: BaseException) -> None:
        """Leave out an entry whose failure concerns only itself; raise a failure that may affect all entries."""
        evidence = witnessed(evidence_of(error, self.words), self.ydl)
        failure = classify(evidence, datetime.now(UTC))
        its_own = failure.failure_class in _OF_THE_ENTRY or failure.reason in _OF_ITS_TIME
        if evidence.not_permitted is not None or not its_own:
            raise error
        self.left_out.add(f"{entry.get('title') or entry.get('url')} is left out: {failure.detail}")


def _summed(gaps: list[ListingGap]) -> ListingGap:
    more = f" (and {len(gaps) - 1} more like it)" if len(gaps) > 1 else ""
    return ListingGap(f"{gaps[0].detail}{more}", any(gap.proven for gap in gaps))


def _tab_of(entry: dict[str, Any]) -> str | None:
    """The name of the channel's tab that a nested list is; None for any other list."""
    if entry.get("_type") != "playlist":
        return None
    last = urlsplit(str(entry.get("webpage_url") or "")).path.rpartition("/")[2]
    return last if last in CHANNEL_TABS else None


def _single(info: dict[str, Any], url: str) -> ListedVideo | None:
    """The video that an address leads to; None if it leads to a list."""
    if info.get("_type") in ("url", "url_transparent"):
        return _flat_video(info)
    if info.get("_type", "video") == "video":
        return _listed_video(*identified(info, url), info)
    return None


def _flat_video(entry: dict[str, Any]) -> ListedVideo | None:
    """A flat entry as a video; None if it is not one, such as a nested playlist."""
    key = entry.get("ie_key") or ""
    if not entry.get("id") or not entry.get("url") or not key or "tab" in key.lower() or "playlist" in key.lower():
        return None
    return _listed_video(id_at(key, str(entry["id"]), entry["url"]), entry["url"], entry)


def _listed_video(video_id: str, url: str, info: dict[str, Any]) -> ListedVideo:
    channel = info.get("channel") or info.get("uploader")
    published, live = facts.published(info), facts.live(info)
    return ListedVideo(video_id, url, info.get("title"), _duration(info), channel, published, live)


def _duration(info: dict[str, Any]) -> float | None:
    """The duration in seconds; None if the source says 0 or nothing."""
    return number_within(info.get("duration"), 0, MAX_SECONDS) or None
