"""The engine `converter`: a web service like SaveTube, which fetches and converts videos.

GET <base>/info?url=ADDRESS             → {"data": {"key": …, "title": …, "duration": seconds, "id": …, "url": …}}
GET <base>/download/audio/KBITS/KEY     → {"data": {"downloadUrl": …}}
GET downloadUrl                         → the file

`id` and `url` may be missing; if present, they are compared with the requested video. The service has encoded the file,
and it is recorded as such, so that nobody takes it for the source's own audio.
"""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from services.scraper.engines.permits import NotPermitted, Permits
from services.scraper.engines.values import Downloaded, SourceRules
from services.scraper.failures import Evidence
from services.scraper.media.length import PromisedLength
from shared.addresses.hosts import is_inner_host
from shared.addresses.video_addresses import YOUTUBE, source_ids_in
from shared.addresses.video_ids import video_id as id_of
from shared.contracts.reasons import Reason
from shared.untrusted.bounds import MAX_SECONDS, number_within

#: Seconds without a byte after which a connection counts as dead.
READ_SECONDS = 60
#: The requested kbit/s: the most that such services offer.
BITRATE_KBPS = 320
#: Maximum bytes of an answer that is not a file.
MAX_ANSWER = 10**6
_CHUNK = 2**18


class _FoundOther(Exception):
    """The converter found another video than the requested one; the text is evidence."""

    def __init__(self, found_id: str) -> None:
        super().__init__(f"The converter found {found_id} instead")
        self.found_id = found_id


class _Unusable(Exception):
    """The converter gave an answer without a usable file; the text is evidence."""


def fetch(url: str, folder: Path, rules: SourceRules) -> Downloaded | Evidence:
    """Let the converter fetch one video, and download the file that it made."""
    if rules.converter_url is None:
        return Evidence("The converter has no address: set SCRAPER_CONVERTER_URL", Reason.ENGINE_FAILED)
    try:
        # The converter requests pages of the source on our behalf.
        Permits(rules.permits).ask(url)
        return _fetch(rules.converter_url.rstrip("/"), url, folder / "source", rules)
    except NotPermitted as denied:
        return Evidence(str(denied), not_permitted=(denied.seconds, denied.why))
    except _FoundOther as error:
        return Evidence(str(error), requests=1, other_id=error.found_id)
    except urllib.error.HTTPError as error:
        return Evidence(f"The converter: HTTP Error {error.code}", Reason.ENGINE_FAILED, requests=1)
    except (OSError, ValueError, _Unusable) as error:
        return Evidence(f"The converter: {error}", Reason.ENGINE_FAILED, requests=1)


def _fetch(base: str, url: str, path: Path, rules: SourceRules) -> Downloaded:
    opener = _opener(base, rules)
    found = _ask(opener, f"{base}/info?{urlencode({'url': url})}")
    found_id = _id_told(found, rules.video_id)
    if not (key := str(found.get("key") or "")):
        raise _Unusable("it named no key")
    made = _ask(opener, f"{base}/download/audio/{BITRATE_KBPS}/{quote(key, safe='')}")
    address = str(made.get("downloadUrl") or "")
    if urlsplit(address).scheme not in ("http", "https"):
        raise _Unusable("it named no address of a file")
    size = _download(_opener(address, rules), address, path, rules.largest_bytes)
    seconds = number_within(found.get("duration"), 0, MAX_SECONDS) or None
    return Downloaded(
        path=path,
        metadata={"title": str(found["title"]) if found.get("title") else None, "webpage_url": url},
        promised=PromisedLength(seconds),
        source_codec="mp3",
        source_bitrate_kbps=None,
        source_format=f"converter-{BITRATE_KBPS}",
        size_bytes=size,
        requests=2,
        found_id=found_id,
    )


def _id_told(found: dict[str, Any], asked: str | None) -> str | None:
    """The id of the video that the converter names; None if it names none. Raises _FoundOther."""
    if asked is None:
        return None
    source, told = asked.partition(":")[0], found.get("id")
    ids = [id_of(source, told)] if isinstance(told, str) and told else []
    if isinstance(address := found.get("url"), str):
        ids += [id_of(YOUTUBE, each) for each in source_ids_in(address) or ()]
    for each in ids:
        if each != asked:
            raise _FoundOther(each)
    return ids[0] if ids else None


def _opener(address: str, rules: SourceRules) -> urllib.request.OpenerDirector:
    """The opener for requests to an address: a converter in the operator's own network is reached without the proxy."""
    handlers: list[urllib.request.BaseHandler] = [urllib.request.HTTPSHandler(context=ssl.create_default_context())]
    if is_inner_host(urlsplit(address).hostname or ""):
        handlers.append(urllib.request.ProxyHandler({}))
    elif rules.proxy is not None:
        handlers.append(urllib.request.ProxyHandler({"http": rules.proxy, "https": rules.proxy}))
    return urllib.request.build_opener(*handlers)


def _ask(opener: urllib.request.OpenerDirector, address: str) -> dict[str, Any]:
    with opener.open(address, timeout=READ_SECONDS) as answer:
        found = json.loads(answer.read(MAX_ANSWER))
    data = found.get("data") if isinstance(found, dict) else None
    if not isinstance(data, dict):
        raise _Unusable("it answered without data")
    return data


def _download(opener: urllib.request.OpenerDirector, address: str, path: Path, largest: int) -> int:
    size = 0
    with opener.open(address, timeout=READ_SECONDS) as answer, path.open("wb") as file:
        promised = answer.headers.get("Content-Length")
        while block := answer.read(_CHUNK):
            size += len(block)
            if 0 < largest < size:
                raise _Unusable(f"the file is larger than SCRAPER_LARGEST_MEGABYTES ({largest // 10**6})")
            file.write(block)
    if size == 0 or (promised is not None and str(size) != promised.strip()):
        raise _Unusable(f"the file has {size} bytes of {promised}")
    return size
