"""Makes the record of an attempt's download, as the log keeps it and an event tells it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from services.scraper.engines.values import Downloaded, Fetched
from services.scraper.measuring.message_parts import (
    Egress,
    measured_media,
    measured_playback,
    measured_transfer,
)
from shared.catalog.documents import Video
from shared.contracts import DownloadMeasured, Failure
from shared.logs import logger

log = logger(__name__)


@dataclass
class DownloadRun:
    """A download that began; `fetched` is what its worker returned, None if it has not, or died."""

    source: str
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    fetched: Fetched | None = None


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
        media=measured_media(transfer.media) if transfer is not None and transfer.media is not None else None,
        transfer=measured_transfer(transfer, proxied=egress.proxied) if transfer is not None else None,
        playback=measured_playback(transfer) if transfer is not None else None,
    )
