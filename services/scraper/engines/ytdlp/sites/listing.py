"""Lists what a site's `list` yields, as entries arrive."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

from services.scraper.engines.site_packages import SiteCodeFailed
from services.scraper.engines.values import Listed, ListedPlaylist, ListedVideo, ListingEnded, ListingGap, SourceRules
from services.scraper.engines.ytdlp.client import CountingYtdlp, Words, options_of
from services.scraper.engines.ytdlp.evidence import witnessed
from services.scraper.engines.ytdlp.sites.evidence import site_evidence
from services.scraper.engines.ytdlp.sites.moments import moment_of
from services.scraper.engines.ytdlp.sites.running import RunningSite
from services.scraper.sites import Entry, Head
from services.scraper.sites.routes import SiteRoute
from shared.addresses.video_ids import video_id


def list_site(
    route: SiteRoute, url: str, rules: SourceRules, limit: int | None, until: Callable[[str], bool]
) -> Iterator[Listed]:
    """Yield what a site lists, as `list_videos` does. It is complete only if the site's function returned."""
    words = Words()
    ydl = CountingYtdlp(options_of(words, rules), rules)
    try:
        with ydl:
            yield from _listed(RunningSite(route, ydl), ydl, url, limit, until)
    except SiteCodeFailed as failed:
        yield witnessed(site_evidence(failed, words), ydl)


def _listed(
    site: RunningSite, ydl: CountingYtdlp, url: str, limit: int | None, until: Callable[[str], bool]
) -> Iterator[Listed]:
    head, found, stopped = Head(), 0, limit == 0
    distinct: set[str] = set()
    with closing(site.items(url)) as items:
        for item in () if stopped else items:
            if isinstance(item, Head):
                head = _merged(head, item)
                wanted = head.count if head.count is None or limit is None else min(head.count, limit)
                yield ListedPlaylist(head.title, head.channel, wanted)
                continue
            video = _video(site.route, item)
            yield video
            found += 1
            distinct.add(video.video_id)
            if found == limit or until(video.video_id):
                stopped = True
                break
    yield ListingEnded(ydl.asked, None if stopped else _gap(head.count or 0, found, len(distinct)), stopped=stopped)


def _merged(head: Head, later: Head) -> Head:
    """What is known of the list: a later page may say less of it, and counts perhaps only itself."""
    counts = [one.count for one in (head, later) if one.count is not None]
    return Head(later.title or head.title, later.channel or head.channel, max(counts, default=None))


def _gap(count: int, found: int, distinct: int) -> ListingGap | None:
    """Why a list of so many entries is not complete; None if it is."""
    if found < count:
        return ListingGap(f"The source says that the list has {count} entries, but {found} came")
    if distinct < count:
        # Perhaps the same page came twice instead of the next one; perhaps the list does repeat itself.
        detail = f"The source says that the list has {count} entries, but {distinct} different ones came"
        return ListingGap(detail, proven=False)
    return None


def _video(route: SiteRoute, entry: Entry) -> ListedVideo:
    id_ = video_id(route.extractor, entry.id)
    moment = moment_of(entry.published) if entry.published is not None else None
    return ListedVideo(id_, entry.address, entry.title, entry.seconds, entry.channel, moment)
