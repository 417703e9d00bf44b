"""Makes the messages about the downloads of a task."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import ValidationError

from services.scraper.engines.values import Probed, ProbedDownload
from services.scraper.failures import classify
from services.scraper.measuring.message_parts import (
    Egress,
    measured_media,
    measured_playback,
    measured_transfer,
)
from services.scraper.measuring.pings import Ping
from shared.contracts import DownloadMeasured, Failure, ProbeRequested
from shared.contracts.measurement import MeasuredPing
from shared.logs import logger

log = logger(__name__)


def measurements_of(task: ProbeRequested, probed: Probed, source: str, egress: Egress) -> list[DownloadMeasured]:
    """Return a message for each resolver. What a source made unreadable is left out, and told in the log."""
    found: list[DownloadMeasured] = []
    for download in probed.downloads:
        failure = classify(download.trouble, datetime.now(UTC)) if download.trouble is not None else None
        try:
            found.append(_measurement(task, probed, download, failure, source, egress))
        except ValidationError as error:
            log.warning("measurement.malformed", video_id=task.video_id, error=str(error)[:500])
    return found


def failed_measurements(task: ProbeRequested, failure: Failure, source: str, egress: Egress) -> list[DownloadMeasured]:
    """Return the messages about a video whose download did not begin, one for each resolver."""
    nothing = Probed(tuple(ProbedDownload(resolver, None) for resolver in task.resolvers), None, None, 0)
    return [_measurement(task, nothing, download, failure, source, egress) for download in nothing.downloads]


def _measurement(
    task: ProbeRequested,
    probed: Probed,
    download: ProbedDownload,
    failure: Failure | None,
    source: str,
    egress: Egress,
) -> DownloadMeasured:
    assert task.video_id is not None, "only videos are measured"
    transfer = download.transfer
    return DownloadMeasured(
        video_id=task.video_id,
        url=task.url,
        token=1,
        measured_at=datetime.fromtimestamp(transfer.began_at, UTC) if transfer is not None else datetime.now(UTC),
        purpose="probe",
        source=source,
        egress=egress.name,
        provider=egress.provider,
        scraper=egress.scraper,
        engine="yt-dlp",
        engine_version=probed.engine_version,
        result="downloaded" if failure is None else "failed",
        reason=failure.reason if failure is not None else None,
        title=probed.title,
        public_address=probed.public_address if not egress.no_ip else None,
        media=measured_media(transfer.media) if transfer is not None and transfer.media is not None else None,
        transfer=measured_transfer(transfer, proxied=egress.proxied, resolver=download.resolver)
        if transfer is not None
        else None,
        playback=measured_playback(transfer) if transfer is not None else None,
        crawl=task.crawl,
        task=task.task,
        asked_resolver=download.resolver,
        wanted_seconds=task.seconds,
        ping=_ping(download.ping) if download.ping is not None else None,
    )


def _ping(ping: Ping) -> MeasuredPing:
    return MeasuredPing(
        method=ping.method,
        sent=ping.sent,
        received=ping.received,
        minimum_seconds=ping.minimum,
        average_seconds=ping.average,
        maximum_seconds=ping.maximum,
    )
