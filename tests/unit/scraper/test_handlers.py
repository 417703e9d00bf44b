"""What the handlers decide before anything is looked up: addresses, breakers, a full disk. Without servers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from services.scraper.builders import new_admission
from services.scraper.engines.work import Work
from services.scraper.handlers import HANDLERS, Scraper, playlist_submitted, video_requested
from services.scraper.sources.admission import Admission
from services.scraper.sources.breaker import State
from services.scraper.sources.shares.request_shares import ShareExceeded
from services.scraper.sources.shares.shares import Shares
from services.scraper.workspace.work_folder import WorkFolder
from shared.addresses.youtube import PlaylistAddress
from shared.catalog.documents import Submitter
from shared.contracts import PlaylistSubmitted, VideoRequested
from shared.errors import TryLater, Unprocessable
from shared.topology import ROUTES
from tests.scraper_parts import any_source

LIST = "https://www.youtube.com/playlist?list=PLhandlers001"
TEAM: Submitter = {"key": "team", "limited": True}
VIDEO = VideoRequested(video_id="youtube:handlersvid", url="https://www.youtube.com/watch?v=handlersvid")


class Submissions:
    """In the place of what asks the catalog about a submission: notes it, and answers as a test says."""

    def __init__(self) -> None:
        self.handled: list[tuple[str, str]] = []
        self.listed = False
        #: Called while a submission is handled, with what is listed and whom that asks.
        self.meanwhile: Callable[[str, str], None] = lambda playlist_id, source: None

    async def handle(self, message: PlaylistSubmitted, address: PlaylistAddress, source: str) -> bool:
        self.handled.append((address.url, source))
        self.meanwhile(address.playlist_id, source)
        return self.listed


class Requests:
    """In the place of what asks the catalog about a request."""

    def __init__(self) -> None:
        self.handled: list[str] = []
        self.owner: Submitter | None = None

    async def check_identity(self, message: VideoRequested) -> None:
        pass

    async def submitter(self, message: VideoRequested) -> Submitter | None:
        return self.owner

    async def handle(self, message: VideoRequested) -> None:
        self.handled.append(message.video_id)


@pytest.fixture
def admission() -> Admission:
    return new_admission(any_source())


@pytest.fixture
def work_folder(tmp_path: Path) -> WorkFolder:
    return WorkFolder(tmp_path, 0)


@pytest.fixture
def submissions() -> Submissions:
    return Submissions()


@pytest.fixture
def requests() -> Requests:
    return Requests()


@pytest.fixture
async def scraper(admission: Admission, work_folder: WorkFolder, submissions: Submissions, requests: Requests) -> Any:
    parts = cast("Any", submissions), cast("Any", requests), cast("Any", None), cast("Any", None)
    yield Scraper(*parts, admission, Shares(), work_folder, private_hosts=False)
    await work_folder.close()


def test_every_message_that_is_routed_to_a_scraper_has_a_handler() -> None:
    mine = {"playlist.submitted.v1", "video.requested.v1", "source.check_requested.v1", "probe.requested.v1"}
    assert mine <= set(ROUTES)
    assert {message.type for message in HANDLERS} == mine


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/list", "http://[::1]/", "https://10.0.0.1/list", "http://localhost/list"]
)
async def test_an_address_of_the_inner_network_is_parked(scraper: Scraper, submissions: Submissions, url: str) -> None:
    with pytest.raises(Unprocessable):
        await playlist_submitted(scraper, PlaylistSubmitted(url=url))
    assert submissions.handled == []


async def test_an_operator_may_allow_hosts_of_the_inner_network(scraper: Scraper, submissions: Submissions) -> None:
    url = "http://127.0.0.1/list"
    await playlist_submitted(replace(scraper, private_hosts=True), PlaylistSubmitted(url=url))
    assert [address for address, _ in submissions.handled] == [url]


async def test_a_submission_knows_whom_it_asks(scraper: Scraper, submissions: Submissions) -> None:
    await playlist_submitted(scraper, PlaylistSubmitted(url=LIST))
    assert submissions.handled == [(LIST, "youtube")]


async def test_nothing_is_looked_up_while_its_source_rests(
    scraper: Scraper, admission: Admission, submissions: Submissions, requests: Requests
) -> None:
    admission.refused("youtube", "bot-check", "Sign in")
    with pytest.raises(TryLater, match="youtube rests: bot-check"):
        await playlist_submitted(scraper, PlaylistSubmitted(url=LIST))
    with pytest.raises(TryLater, match="youtube rests: bot-check"):
        await video_requested(scraper, VIDEO)
    assert (submissions.handled, requests.handled) == ([], [])


@pytest.mark.parametrize(("listed", "state"), [(True, State.CLOSED), (False, State.HALF_OPEN)])
async def test_only_a_playlist_that_was_listed_shows_that_its_source_serves_again(
    scraper: Scraper, admission: Admission, submissions: Submissions, listed: bool, state: State
) -> None:
    culprit = Work.playlist("youtube:PLother000001", LIST)
    admission.refused("youtube", "too-many-requests", "429", culprit=culprit)
    breaker = admission.sources.of("youtube")
    breaker.half_open(0)

    submissions.listed = listed
    submissions.meanwhile = lambda playlist_id, source: admission.check(source, playlist_id)
    await playlist_submitted(scraper, PlaylistSubmitted(url=LIST))
    assert admission.state_of("youtube") is state


async def test_a_full_disk_lets_everything_rest(
    scraper: Scraper, admission: Admission, work_folder: WorkFolder, requests: Requests
) -> None:
    work_folder.wanted_bytes = 2**62
    with pytest.raises(TryLater, match="the storage rests: disk-full"):
        await video_requested(scraper, VIDEO)
    assert admission.storage.state is State.OPEN
    assert requests.handled == []


async def test_a_video_is_fetched_out_of_the_share_of_its_submitter(scraper: Scraper, requests: Requests) -> None:
    requests.owner = TEAM
    async with scraper.shares.download("youtube:anothervide", TEAM):
        with pytest.raises(ShareExceeded):
            await video_requested(scraper, VIDEO)
    requests.owner = None
    await video_requested(scraper, VIDEO)
    assert requests.handled == [VIDEO.video_id]
