"""What was measured of a download, as messages say it."""

from __future__ import annotations

from dataclasses import dataclass

from services.scraper.measuring.transfer import Media, MediaRequest, Transfer
from shared.addresses.resolvers import SYSTEM
from shared.contracts.measurement import (
    MAX_REDIRECTS,
    MeasuredMedia,
    MeasuredPlayback,
    MeasuredRedirect,
    MeasuredRequest,
    MeasuredTransfer,
)


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


def measured_media(media: Media) -> MeasuredMedia:
    """The chosen format."""
    return MeasuredMedia(
        format=media.format,
        extension=media.extension,
        protocol=media.protocol,
        codec=media.codec,
        encoding_kbps=media.encoding_rate,
        duration_seconds=media.duration,
        size_bytes=media.size,
    )


def measured_transfer(transfer: Transfer, *, proxied: bool, resolver: str = SYSTEM) -> MeasuredTransfer:
    """All requests for media. `proxied`: a proxy stands between, so that connection and address are the proxy's."""
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
        resolver=None if proxied else resolver,
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


def measured_playback(transfer: Transfer) -> MeasuredPlayback | None:
    """What a player would have done; None: nobody can say."""
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
