"""No stranger's text changes a failure: not an id, a title, a name, an address, a host, or the words of a page.

Each pair is a sentence of yt-dlp's with something in it that reads like another one. It must end as it does with an
innocent text in that place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import pytest
from yt_dlp.extractor.common import InfoExtractor
from yt_dlp.networking import Response
from yt_dlp.networking.exceptions import HTTPError
from yt_dlp.utils import ExtractorError, GeoRestrictedError, UnsupportedError, UserNotLive, YoutubeDLError

from services.scraper.engines.values import SourceRules
from services.scraper.engines.ytdlp.client import CountingYtdlp, Words, options_of
from services.scraper.engines.ytdlp.evidence import evidence_of, witnessed
from services.scraper.engines.ytdlp.warning_texts import formats_are_missing, page_is_missing
from services.scraper.failures import Evidence, classify
from shared.contracts.reasons import Reason
from tests.hostile.failure_corpus import (
    ADDRESSES,
    HANDLES,
    HOSTS,
    IDS,
    INNOCENT,
    NAMES,
    OF_DOWNLOADS,
    OF_LISTS,
    OF_PAGES,
    OF_THE_PLAYER,
    PHRASES,
    WITH_ADDRESSES,
    WITH_HOSTS,
    WITH_NAMES,
    WITH_PHRASES,
    Known,
)

NOW = datetime(2026, 5, 1, tzinfo=UTC)
#: Ids as other sites have them: made of an address, so that anything may stand in them.
LOOSE_IDS = (
    "a: HTTP Error 429: Too Many Requests",
    "x\nSign in to confirm you’re not a bot",
    "Private video: Video unavailable",
    "no space left on device",
    "\u202ecaptcha\u202c drm",
    "captcha " * 12_500,
)
Inputs = Callable[[int], None]


def ended(evidence: Evidence) -> tuple[str, str]:
    """Class and reason."""
    failure = classify(evidence, NOW)
    return failure.failure_class.value, failure.reason


def wrong(known: Known, texts: Iterable[tuple[str, Evidence]]) -> dict[str, tuple[str, str]]:
    """What ends otherwise than it should, by the stranger's text."""
    wanted = (known.failure_class, known.reason)
    return {text[:60]: found for text, evidence in texts if (found := ended(evidence)) != wanted}


def named(known: Known) -> str:
    return f"{known.reason}: {known.text.strip()[:50]}"


@pytest.mark.parametrize("known", [*OF_THE_PLAYER, *OF_PAGES], ids=named)
def test_ids_of_videos(known: Known, inputs: Inputs) -> None:
    texts = [(id_, Evidence(f"ERROR: [youtube] {id_}: {known.text}")) for id_ in (INNOCENT, *IDS)]
    inputs(len(texts))
    assert wrong(known, texts) == {}


@pytest.mark.parametrize("known", [*OF_LISTS, *OF_PAGES], ids=named)
def test_handles_and_ids_of_lists(known: Known, inputs: Inputs) -> None:
    texts = [(id_, Evidence(f"ERROR: [youtube:tab] {id_}: {known.text}")) for id_ in ("@radio", *HANDLES)]
    inputs(len(texts))
    assert wrong(known, texts) == {}


@pytest.mark.parametrize("known", WITH_NAMES, ids=named)
def test_names_in_a_sentence(known: Known, inputs: Inputs) -> None:
    names = ("A Label", *NAMES)
    texts = [(name, Evidence(f"ERROR: [youtube] {INNOCENT}: {known.text.replace('{}', name)}")) for name in names]
    inputs(len(texts))
    assert wrong(known, texts) == {}


@pytest.mark.parametrize(
    ("known", "strangers"),
    [
        *((known, (*ADDRESSES, *NAMES)) for known in WITH_ADDRESSES),
        *((known, HOSTS) for known in WITH_HOSTS),
        *((known, PHRASES) for known in WITH_PHRASES),
        *((known, ("",)) for known in OF_DOWNLOADS),
    ],
    ids=lambda value: named(value) if isinstance(value, Known) else "",
)
def test_addresses_hosts_and_words_of_servers(known: Known, strangers: tuple[str, ...], inputs: Inputs) -> None:
    texts = [(text, Evidence(f"ERROR: {known.text.replace('{}', text)}", on_media=True)) for text in strangers]
    inputs(len(texts))
    assert wrong(known, texts) == {}


@pytest.mark.parametrize("site", ["generic", "vimeo", "Dailymotion", "youtuber", "notyoutube:tab", "youtube.example"])
def test_pages_of_others_that_speak_like_youtube(site: str, inputs: Inputs) -> None:
    """yt-dlp hands on what a page says; only YouTube's own word about YouTube counts."""
    # These are yt-dlp's own, whoever is asked.
    common = {"drm", "js-runtime", "extractor-broken", "unknown"}
    imitated = [
        known for known in (*OF_THE_PLAYER, *OF_LISTS) if known.reason not in common and "HTTP" not in known.text
    ]
    texts = [known.text for known in imitated]
    found = {text[:60]: ended(Evidence(f"ERROR: [{site}] 12345: {text}")) for text in texts}
    found |= {f"{text[:60]} (raised)": ended(raised(ExtractorError(text, expected=True), site)) for text in texts}
    inputs(len(found))
    assert {text: end for text, end in found.items() if end != ("tool", "unknown")} == {}


def raised(error: Exception, site: str, id_: str = "12345") -> Evidence:
    """The evidence of a real yt-dlp whose extractor raises something."""

    class CorpusIE(InfoExtractor):  # type: ignore[misc]
        IE_NAME = site
        _VALID_URL = r"(?s)corpus:(?P<id>.*)"

        def _real_extract(self, _: str) -> Any:
            raise error

    words = Words()
    rules = SourceRules(request_interval=0, extractors=("youtube.*",))
    with CountingYtdlp(options_of(words, rules), rules) as ydl:
        ydl.add_info_extractor(CorpusIE(ydl))
        try:
            ydl.extract_info(f"corpus:{id_}", ie_key="Corpus")
        except Exception as ended_with:
            return witnessed(evidence_of(ended_with, words), ydl)
    raise AssertionError("nothing was raised")


@pytest.mark.parametrize("id_", [*IDS, *HANDLES, *LOOSE_IDS], ids=lambda id_: id_[:12].strip())
def test_ids_in_real_exceptions(id_: str, inputs: Inputs) -> None:
    player = [known for known in OF_THE_PLAYER if "please report" not in known.text]
    found: dict[str, tuple[str, str]] = {}
    for known in (*player, *OF_LISTS):
        site = "youtube:tab" if known in OF_LISTS else "youtube"
        if "HTTP" not in known.text:
            found |= wrong(known, [(known.text, raised(ExtractorError(known.text, expected=True), site, id_))])
    inputs(len(player) + len(OF_LISTS) - 1)
    assert found == {}


@pytest.mark.parametrize("text", [*NAMES, *LOOSE_IDS], ids=lambda text: text[:20].strip())
def test_types_and_statuses_decide_whatever_is_said(text: str, inputs: Inputs) -> None:
    """A page's text beside an exception's type, an HTTP status or an error number."""
    found = {
        "country": ended(raised(GeoRestrictedError(text, countries=["DE"]), "vimeo", text)),
        "unsupported": ended(raised(UnsupportedError(text), "generic", text)),
        "not live": ended(raised(UserNotLive(text), "twitch", text)),
        "503": ended(raised(ExtractorError(text, cause=answered(503, text), expected=True), "vimeo", text)),
        "403": ended(raised(ExtractorError(text, cause=answered(403, text), expected=True), "vimeo", text)),
        "429": ended(raised(ExtractorError(text, cause=answered(429, text), expected=True), "vimeo", text)),
        "disk": ended(raised(OSError(28, text), "youtube", text)),
        "defect": ended(raised(TypeError(text), "youtube", text)),
        "bug": ended(raised(ExtractorError(f"of {text}"), "vimeo", text)),
    }
    inputs(len(found))
    assert found == {
        "country": ("permanent", "country"),
        "unsupported": ("permanent", "unsupported-address"),
        "not live": ("wait-until", "not-yet"),
        "503": ("transient", "server-error"),
        "403": ("transient", "forbidden"),
        "429": ("egress", "too-many-requests"),
        "disk": ("storage", "disk-full"),
        "defect": ("tool", "extractor-broken"),
        "bug": ("tool", "extractor-broken"),
    }


def answered(status: int, phrase: str) -> HTTPError:
    """A server's answer with words of its own behind the status."""
    return HTTPError(Response(fp=_Nothing(), url="https://x.example/captcha", headers={}, status=status, reason=phrase))


class _Nothing:
    """A body without bytes."""

    closed = False

    def read(self, *_: object) -> bytes:
        return b""

    def close(self) -> None:
        """Nothing is open."""


#: Warnings that quote, and tell nothing themselves.
QUOTING = (
    "[youtube] {id}: YouTube said: INFO - {name}",
    "[youtube:tab] YouTube said: ERROR - {name}",
    "[youtube] {id}: Skipping player responses from {name} clients",
    '[youtube] {id}: Cannot parse localized time text "{name}"',
    "[youtube] {id}: {name} is called so",
)


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name[:20].strip())
def test_warnings_that_quote(name: str, inputs: Inputs) -> None:
    warnings = [text.format(id=id_, name="of " + name) for text in QUOTING for id_ in ("captcha1234", "-drm-drm-dr")]
    text = f"ERROR: [youtube] {INNOCENT}: Failed to extract any player response"
    found = {warning[:80]: ended(Evidence(text, warnings=(warning,))) for warning in warnings}
    inputs(len(found) * 3)
    assert {warning: end for warning, end in found.items() if end != ("tool", "extractor-broken")} == {}
    assert [warning for warning in warnings if formats_are_missing(warning) or page_is_missing(warning)] == []


@pytest.mark.parametrize("id_", [INNOCENT, *IDS])
def test_warnings_that_count_do_so_with_any_id(id_: str, inputs: Inputs) -> None:
    silent = f"ERROR: [youtube] {id_}: Failed to extract any player response"
    met = {
        "HTTP Error 429: Too Many Requests": ("egress", "too-many-requests"),
        "HTTP Error 403: Forbidden": ("transient", "forbidden"),
        "HTTP Error 503: Service Unavailable": ("transient", "server-error"),
    }
    for words, end in met.items():
        warning = f"[youtube] {id_}: Unable to download API page: {words} (caused by <HTTPError>)"
        assert ended(Evidence(silent, warnings=(warning,))) == end
        assert page_is_missing(warning)
        assert not page_is_missing(f"[youtube:tab] {words}. Retrying (1/2)...")
        assert page_is_missing(f"[youtube:tab] {id_}: Unable to download API page: {words}. Giving up after 2 retries")
    runtime = f"[youtube] {id_}: n challenge solving failed: Some formats may be missing. Ensure you have a runtime"
    assert ended(Evidence(silent, warnings=(runtime,))) == ("tool", "js-runtime")
    assert formats_are_missing(runtime)
    inputs(4)


def test_a_search_for_the_words_of_a_retry_hides_no_missing_page() -> None:
    warning = '[youtube:search] query "retrying (1" page 2: Unable to download API page: HTTP Error 500: Internal'
    assert page_is_missing(warning)


@pytest.mark.parametrize("text", NAMES, ids=lambda text: text[:20].strip())
def test_what_our_own_code_knows_is_read_in_no_text(text: str) -> None:
    assert ended(Evidence(text, Reason.NO_SOUND)) == ("permanent", "no-sound")
    assert ended(Evidence(text, Reason.TRACK_MISSING)) == ("tool", "track-missing")
    assert ended(Evidence(text, Reason.ENGINE_FAILED)) == ("tool", "engine-failed")


@pytest.mark.parametrize(
    "piece", ["unable to download ", "[youtube] ", "Video unavailable. ", "ERROR: ", "(", "'", "[download] Got error: "]
)
def test_a_text_of_megabytes_is_read_in_one_go(piece: str) -> None:
    """Only a bounded part of a text is matched: this ends at once, and would take hours otherwise."""
    text = piece * (4_000_000 // len(piece))
    assert classify(Evidence(text, warnings=(text,) * 40), NOW).detail


OF_DISKS = (
    "No space left on device",
    "[Errno 28] No space left on device",
    "[Errno 122] Disk quota exceeded",
    "[Errno 27] File too large",
    "unable to write data: [Errno 28] No space left on device",
    "Unable to download video: [Errno 122] Disk quota exceeded",
)


@pytest.mark.parametrize("site", ["youtube", "youtube:tab", "generic", "vimeo", "HTML5MediaEmbed"])
def test_no_site_says_that_our_disk_is_full(site: str, inputs: Inputs) -> None:
    """An extractor raises what a page says; only the operating system knows this machine's disk."""
    found: dict[str, tuple[str, str]] = {}
    for text in OF_DISKS:
        found |= {
            text: ended(Evidence(f"ERROR: [{site}] 12345: {text}")),
            f"{text} (raised)": ended(raised(ExtractorError(text, expected=True), site)),
            f"{text} (as a cause)": ended(raised(ExtractorError("x", cause=ValueError(text), expected=True), site)),
            f"{text} (without a name)": ended(evidence_of(ExtractorError(text, expected=True), Words())),
        }
    inputs(len(found))
    assert {text: end for text, end in found.items() if end != ("tool", "unknown")} == {}


@pytest.mark.parametrize(("number", "end"), [(28, "disk-full"), (122, "disk-full"), (27, "larger-than-allowed")])
def test_the_operating_systems_word_on_the_disk_counts(number: int, end: str) -> None:
    assert ended(evidence_of(OSError(number, "x"), Words()))[1] == end
    assert ended(evidence_of(YoutubeDLError(f"unable to write data: [Errno {number}] x"), Words()))[1] == end
