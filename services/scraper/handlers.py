"""The handlers of messages, in the table at the bottom. `shared.messaging.consuming.settlement` settles their messages.

The order in each is effect → state → publish, so that work interrupted in between is repeated or found again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from services.scraper.attempt.requests import Requests
from services.scraper.attempt.video_space import disk_full
from services.scraper.engines.work import Work
from services.scraper.listing.submissions import Submissions
from services.scraper.looks.looks import Looks
from services.scraper.probing.probes import Probes
from services.scraper.sources.admission import Admission
from services.scraper.sources.shares.shares import Shares
from services.scraper.workspace.work_folder import WorkFolder
from shared.addresses.parse import BadAddress, playlist_address, refuse_inner_host
from shared.addresses.youtube import PlaylistAddress
from shared.contracts import Message, PlaylistSubmitted, ProbeRequested, SourceCheckRequested, VideoRequested
from shared.contracts.reasons import Reason
from shared.errors import Unprocessable


@dataclass(frozen=True)
class Scraper:
    """The parts that the handlers use."""

    submissions: Submissions
    requests: Requests
    looks: Looks
    probes: Probes
    admission: Admission
    shares: Shares
    work_folder: WorkFolder
    #: Whether playlists may be on hosts that are not on the public internet.
    private_hosts: bool


async def playlist_submitted(scraper: Scraper, message: PlaylistSubmitted) -> None:
    """List the playlist and request its videos.

    Raises Unprocessable if its address may not be listed, and TryLater while its source or the storage rests.
    """
    address = _listable(message.url, private_hosts=scraper.private_hosts)
    with scraper.admission.admitted(Work.playlist(address.playlist_id, address.url)) as work:
        if await scraper.submissions.handle(message, address, work.source):
            scraper.admission.listed(work)


def _listable(url: str, *, private_hosts: bool) -> PlaylistAddress:
    try:
        address = playlist_address(url)
        if not private_hosts:
            refuse_inner_host(address.url)
    except BadAddress as error:
        raise Unprocessable(str(error)) from error
    return address


async def video_requested(scraper: Scraper, message: VideoRequested) -> None:
    """Fetch the video, unless it is stored, waiting, or claimed by another scraper.

    Raises Unprocessable if its address belongs to another video, and TryLater while its source or the storage rests, or
    its submitter's share is used up.
    """
    if scraper.work_folder.too_full():
        scraper.admission.storage_failed(Reason.DISK_FULL, disk_full().detail)
    await scraper.requests.check_identity(message)
    work = Work.video(message.video_id, message.url)
    with scraper.admission.admitted(work):
        whose = await scraper.requests.submitter(message)
        async with scraper.shares.download(message.video_id, whose, work.source):
            await scraper.requests.handle(message)


async def source_check_requested(scraper: Scraper, message: SourceCheckRequested) -> None:
    """Look at a followed source, and request what is new.

    Raises Unprocessable if its address is none that may be listed, and TryLater while its site rests.
    """
    address = _listable(message.url, private_hosts=scraper.private_hosts)
    with scraper.admission.admitted(Work.playlist(address.playlist_id, address.url)) as work:
        if await scraper.looks.handle(message):
            scraper.admission.listed(work)


async def probe_requested(scraper: Scraper, message: ProbeRequested) -> None:
    """Do a task of a crawl: list an address, or measure a download of which nothing is kept.

    Raises TryLater while its source rests, the crawls' share is spent, or archiving needs everything.
    """
    await scraper.probes.handle(message)


#: Type of message → its handler.
HANDLERS: Mapping[type[Message], Callable[[Scraper, Any], Awaitable[None]]] = {
    PlaylistSubmitted: playlist_submitted,
    VideoRequested: video_requested,
    SourceCheckRequested: source_check_requested,
    ProbeRequested: probe_requested,
}
