"""Makes the record of an attempt's download, as the log keeps it and an event tells it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from services.scraper.engines.values import Downloaded, Fetched
from services.scraper.measuring.transfer import Media, MediaRequest, Transfer
from shared.catalog.documents import Video
from shared.contracts import DownloadMeasured, Failure
from shared.contracts.measurement import (
    MAX_REDIRECTS,
    MeasuredMedia,
    MeasuredPlayback,
    MeasuredRedirect,
    MeasuredRequest,
    MeasuredTransfer,
)
from shared.logs import logger

log = logger(__name__)


@dataclass
class DownloadRun:
    """A download that began; `fetched` is what its worker returned, None if it has not, or died."""

    source: str
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    fetched: Fetched | None = None


@dataclass(frozen=True)
class Egress:
    """Where measurements are made."""

    name: str
    provider: str
    scraper: str
    #: The first engine, which is named if none has succeeded.
    engine: str
    proxied: bool
    #: Whether the public address is kept out.
    no_ip: bool = True


def measured(
    video: Video, run: DownloadRun | None, failure: Failure | None, egress: Egress | None
) -> dict[str, Any] | None:
    """Return the data of the measurement of an attempt that ended; None if nothing is measured, or nothing was begun.

    `failure`: why the attempt failed. One that failed after its download has a good download all the same.
    """
    if run is None or egress is None:
        return None
    try:
        return _message(video, run, failure, egress).model_dump(mode="python", exclude_none=True)
    except ValidationError as error:
        # What a source made of it must not keep the attempt from ending.
        log.warning("measurement.malformed", video_id=video["_id"], error=str(error)[:500])
        return None


def _message(video: Video, run: DownloadRun, failure: Failure | None, egress: Egress) -> DownloadMeasured:
    fetched = run.fetched
    result = fetched.result if fetched is not None else None
    transfer = fetched.transfer if fetched is not None else None
    good = isinstance(result, Downloaded)
    engine = result.engine if isinstance(result, Downloaded) else egress.engine
    return DownloadMeasured(
        video_id=video["_id"],
        url=video["url"],
        token=video["token"],
        measured_at=datetime.fromtimestamp(transfer.began_at, UTC) if transfer is not None else run.began,
        source=run.source,
        egress=egress.name,
        provider=egress.provider,
        scraper=egress.scraper,
        engine=engine,
        engine_version=fetched.engine_version if fetched is not None and engine == fetched.engine else None,
        result="downloaded" if good else "failed",
        reason=failure.reason if failure is not None and not good else None,
        title=video["title"],
        public_address=fetched.public_address if fetched is not None and not egress.no_ip else None,
        media=_media(transfer.media) if transfer is not None and transfer.media is not None else None,
        transfer=_transfer(transfer, proxied=egress.proxied) if transfer is not None else None,
        playback=_playback(transfer) if transfer is not None else None,
    )


def _media(media: Media) -> MeasuredMedia:
    return MeasuredMedia(
        format=media.format,
        extension=media.extension,
        protocol=media.protocol,
        codec=media.codec,
        encoding_kbps=media.encoding_rate,
        duration_seconds=media.duration,
        size_bytes=media.size,
    )


def _transfer(transfer: Transfer, *, proxied: bool) -> MeasuredTransfer:
    return MeasuredTransfer(
        requests=tuple(_request(request, proxied=proxied) for request in transfer.requests),
        request_count=transfer.request_count,
        bytes=transfer.bytes,
        seconds=transfer.seconds,
        waited_seconds=transfer.waited,
        transfer_seconds=transfer.transferring,
        average_rate=transfer.average_rate,
        peak_rate=transfer.peak_rate,
        interruptions=transfer.interruptions,
        proxied=proxied,
        resolver=None if proxied else "system",
    )


def _request(request: MediaRequest, *, proxied: bool) -> MeasuredRequest:
    """With a proxy between, the connection and its address are the proxy's."""
    return MeasuredRequest(
        host=request.host,
        address=None if proxied else request.address,
        redirects=tuple(MeasuredRedirect(status=r.status, host=r.host) for r in request.redirects[:MAX_REDIRECTS]),
        status=request.status,
        offset_bytes=request.offset,
        bytes=request.bytes,
        redirect_seconds=request.redirecting,
        resolve_seconds=None if proxied else request.resolving,
        connect_seconds=request.connecting,
        tls_seconds=request.securing,
        first_byte_seconds=request.first_byte,
        seconds=request.seconds,
        reused=request.reused,
        broken=request.broken,
    )


def _playback(transfer: Transfer) -> MeasuredPlayback | None:
    if (playback := transfer.playback) is None:
        return None
    return MeasuredPlayback(
        startup_seconds=playback.startup_delay,
        startup_bytes=transfer.bytes_at_start,
        startup_buffer_seconds=playback.buffered_at_start,
        stalls=len(playback.stalls),
        stalled_seconds=playback.stalled,
        played_seconds=playback.played,
        buffered_seconds=playback.buffered_at_end,
    )
