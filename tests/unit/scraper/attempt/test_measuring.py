"""The record of an attempt's download: whatever a source makes of it, the attempt can end."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.scraper.attempt.measuring import DownloadRun, measured
from services.scraper.engines.values import Downloaded, Fetched
from services.scraper.failures import Evidence
from services.scraper.measuring.message_parts import Egress
from services.scraper.measuring.player import Playback, Thresholds
from services.scraper.measuring.recorder import MAX_HOST, Recorder
from services.scraper.measuring.transfer import MAX_REQUESTS, Media, MediaRequest, Redirect, Transfer
from services.scraper.media.length import PromisedLength
from shared.catalog.delivery.outbox import pending_events
from shared.catalog.documents import Video
from shared.contracts import DownloadMeasured, Failure, wrap
from shared.contracts.envelope import MAX_BODY
from shared.contracts.reasons import Reason

HERE = Egress("cotonou", "fibre", "scraper-1", "yt-dlp", proxied=False)
MEDIA = Media("251", "webm", "https", "opus", 128.0, 60.0, 960_000)
REQUEST = MediaRequest(
    host="cache.example",
    address="203.0.113.7",
    redirects=(Redirect(302, "first.example"),),
    status=206,
    offset=0,
    bytes=960_000,
    redirecting=0.1,
    resolving=0.01,
    connecting=0.02,
    securing=0.03,
    first_byte=0.04,
    seconds=2.0,
    reused=False,
    broken=False,
)
TRANSFER = Transfer(
    began_at=1_790_000_000.0,
    media=MEDIA,
    requests=(REQUEST,),
    request_count=1,
    bytes=960_000,
    seconds=2.0,
    waited=0.1,
    transferring=1.5,
    average_rate=640_000.0,
    peak_rate=900_000.0,
    interruptions=0,
    playback=Playback(0.5, (), 0.0, 1.5, 58.5, 2.1),
    bytes_at_start=33_600,
)
_NOTHING_SAID: Any = {}
GOOD = Downloaded(Path("source.webm"), _NOTHING_SAID, PromisedLength(), "opus", 128.0, "251", 960_000, 2)
REMOVED = Failure.of(Reason.REMOVED, "gone")


def video(**more: Any) -> Video:
    url = "https://www.youtube.com/watch?v=measured001"
    document: Any = {"_id": "youtube:measured001", "url": url, "title": "Une", "token": 3, **more}
    found: Video = document
    return found


def of(fetched: Fetched | None, failure: Failure | None = None, egress: Egress = HERE) -> dict[str, Any]:
    found = measured(video(), DownloadRun("youtube", fetched=fetched), failure, egress)
    assert found is not None
    return found


def test_a_good_download_is_described() -> None:
    found = DownloadMeasured.model_validate(of(Fetched(GOOD, TRANSFER, engine_version="2026.10.26")))
    assert (found.result, found.reason, found.token, found.engine_version) == ("downloaded", None, 3, "2026.10.26")
    assert found.transfer is not None
    assert (found.transfer.bytes, found.transfer.resolver) == (960_000, "system")
    [request] = found.transfer.requests
    assert (request.host, request.address) == ("cache.example", "203.0.113.7")
    assert [redirect.host for redirect in request.redirects] == ["first.example"]
    assert found.playback is not None
    assert (found.playback.startup_seconds, found.playback.startup_bytes) == (0.5, 33_600)


def test_an_attempt_that_fails_after_its_download_has_a_good_download() -> None:
    found = of(Fetched(GOOD, TRANSFER), REMOVED)
    assert (found["result"], found.get("reason")) == ("downloaded", None)


@pytest.mark.parametrize("fetched", [None, Fetched(Evidence("gone"))])
def test_a_download_that_failed_has_its_reason_and_perhaps_nothing_else(fetched: Fetched | None) -> None:
    found = of(fetched, REMOVED)
    assert (found["result"], found["reason"], found.get("transfer")) == ("failed", "removed", None)


def test_nothing_is_recorded_where_nothing_began_or_nothing_is_measured() -> None:
    assert measured(video(), None, REMOVED, HERE) is None
    assert measured(video(), DownloadRun("youtube"), REMOVED, None) is None


def test_through_a_proxy_no_address_of_a_server_is_known() -> None:
    found = of(Fetched(GOOD, TRANSFER), egress=replace(HERE, proxied=True))
    [request] = found["transfer"]["requests"]
    assert (request.get("address"), request.get("resolve_seconds"), found["transfer"].get("resolver")) == (None,) * 3


def test_the_public_address_is_left_out_unless_it_is_wanted() -> None:
    fetched = Fetched(GOOD, TRANSFER, public_address="203.0.113.9")
    assert "203.0.113.9" not in str(of(fetched))
    assert of(fetched, egress=replace(HERE, no_ip=False))["public_address"] == "203.0.113.9"


@pytest.mark.parametrize(
    "request_",
    [replace(REQUEST, host="h" * 5000), replace(REQUEST, status=42), replace(REQUEST, redirects=(Redirect(7, "h"),))],
    ids=["host", "status", "redirect"],
)
def test_what_no_message_may_say_is_left_out_and_the_attempt_can_end(request_: MediaRequest) -> None:
    fetched = Fetched(GOOD, replace(TRANSFER, requests=(request_,)))
    assert measured(video(), DownloadRun("youtube", fetched=fetched), None, HERE) is None


def test_names_of_hosts_are_cut_before_they_are_recorded() -> None:
    recorder = Recorder()
    request = recorder.begin(f"https://{'h' * 5000}/media", None)
    recorder.redirected(302, f"https://{'é' * 5000}.example/")
    recorder.refused(request)
    transfer = recorder.transfer(Thresholds(2.0, 0.1, 1.0))
    assert transfer is not None
    [told] = transfer.requests
    assert (told.host, [redirect.host for redirect in told.redirects]) == ("?" * MAX_HOST, ["h" * MAX_HOST])
    assert told.broken


def test_the_largest_measurement_fits_into_a_message() -> None:
    far = replace(REQUEST, host="h" * MAX_HOST, redirects=(Redirect(302, "?" * MAX_HOST),) * 50)
    found = of(Fetched(GOOD, replace(TRANSFER, requests=(far,) * MAX_REQUESTS)))
    assert len(wrap(DownloadMeasured.model_validate(found), "scraper", datetime.now(UTC))) < MAX_BODY


def test_the_outbox_tells_of_the_download_beside_the_outcome() -> None:
    entry: Any = {"token": 3, "measured": of(Fetched(Evidence("gone")), REMOVED)}
    retry: Any = {"failure": json.loads(REMOVED.model_dump_json()), "decided": False}
    retry["last_failed_at"] = datetime.now(UTC)
    waiting = video(state="waiting", attempts=1, retry=retry, unannounced=entry)
    assert [event.type for event in pending_events(waiting)] == ["video.failed.v1", "download.measured.v1"]
    # Whoever has decided has had the failure; the download may not have been told.
    retry["decided"] = True
    assert [event.type for event in pending_events(waiting)] == ["download.measured.v1"]
    del waiting["unannounced"]
    assert pending_events(waiting) == []
