"""Takes a recording of the local site through download, encoding and verification, as an attempt does."""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from services.scraper.engines import ytdlp
from services.scraper.engines.values import SourceRules
from services.scraper.failures import Evidence, classify
from services.scraper.media.encoding import Encoder
from services.scraper.media.ffmpeg import Ffmpeg
from services.scraper.media.integrity import MediaInvalid
from services.scraper.media.length import check_length
from services.scraper.media.verification import verify
from shared.profiles import parse_profiles

#: Where a hole can be, and its length in seconds.
PLACES, HOLES = ("begin", "middle", "end"), (0.5, 2.0, 6.0)
#: Seconds of a fragment of a stream.
FRAGMENT_SECONDS = 6


class Outcome(NamedTuple):
    """What became of a recording."""

    #: Why it was refused. None: it would have been stored.
    refused: str | None
    #: Seconds that the encoding and the comparison of lengths took.
    encode_seconds: float = 0
    compare_seconds: float = 0


def recordings(id_prefix: str, seconds: float) -> dict[str, dict[str, Any]]:
    """Return a whole recording and one with each hole, plain and in fragments: description → video of the site."""
    found: dict[str, dict[str, Any]] = {}
    for form, fragment in (("plain", 0), ("fragments", FRAGMENT_SECONDS)):
        video = {"title": form, "seconds": seconds, "fragment_seconds": fragment, "sound": "music"}
        found[f"{form} whole"] = video
        for hole in HOLES:
            for place in PLACES:
                found[f"{form} {hole:g} s at the {place}"] = {**video, "hole_seconds": hole, "hole_at": place}
    return {name: {"id": f"{id_prefix}{number:02}", **video} for number, (name, video) in enumerate(found.items())}


async def try_recording(ffmpeg: Ffmpeg, url: str, profiles: str) -> Outcome:
    """Fetch, encode and verify the video at an address. The environment must lead the process to the site."""
    with tempfile.TemporaryDirectory(prefix="fonoteca-recording-") as folder:
        rules = SourceRules(request_interval=0, extractors=("youtube.*",))
        fetched = ytdlp.fetch(url, Path(folder), rules)
        if isinstance(fetched, Evidence):
            return Outcome(classify(fetched, datetime.now(UTC)).reason)
        began = time.perf_counter()
        try:
            made, heard = await Encoder(ffmpeg).encode(
                fetched.path, fetched.source_codec, parse_profiles(profiles), fetched.metadata
            )
            encoded = time.perf_counter()
            check_length(heard, fetched.promised)
            compared = time.perf_counter()
            for file in made:
                await verify(ffmpeg, file, fetched.source_codec, heard.seconds)
        except MediaInvalid as error:
            return Outcome(error.failure.reason, time.perf_counter() - began)
        return Outcome(None, encoded - began, compared - encoded)
