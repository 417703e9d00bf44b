"""The texts are those that yt-dlp 2026.10.26 ends with."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.scraper.engines.clean_values import cleaned
from services.scraper.failures import Evidence, charge_repeated, classify
from shared.contracts import Failure
from shared.contracts.reasons import Reason
from shared.errors import FailureClass

NOW = datetime(2026, 5, 1, tzinfo=UTC)
LOGIN = ". Use --cookies-from-browser or --cookies for the authentication. See  https://github.com/yt-dlp/yt-dlp/wiki"
PREFIX = "ERROR: [youtube] dQw4w9WgXcQ: "


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        ("Private video. Sign in if you've been granted access to this video" + LOGIN, "permanent", "private"),
        ("Sign in to confirm you’re not a bot" + LOGIN, "egress", "bot-check"),
        ("Sign in to confirm your age. This video may be inappropriate" + LOGIN, "permanent", "age-restricted"),
        ("Video unavailable. This video has been removed by the uploader", "permanent", "removed"),
        (
            "Video unavailable. This video is no longer available because the YouTube account associated with this "
            "video has been terminated.",
            "permanent",
            "account-terminated",
        ),
        (
            "Video unavailable. This video contains content from X, who has blocked it on copyright grounds",
            "permanent",
            "copyright",
        ),
        ("The uploader has not made this video available in your country", "permanent", "country"),
        ("Join this channel to get access to members-only content like this video", "permanent", "members-only"),
        (
            "Video unavailable. This content isn't available, try again later. The current session has been "
            "rate-limited by YouTube for up to an hour.",
            "egress",
            "rate-limited",
        ),
        ("Video unavailable. YouTube is requiring a captcha challenge before playback", "egress", "captcha"),
        ("Video unavailable. This video is not available", "wait-until", "unavailable"),
        ("Premieres in 2 hours", "wait-until", "not-yet"),
        ("This live event will begin in 2 hours.", "wait-until", "not-yet"),
        ("This live stream recording is not available.", "wait-until", "live"),
        ("This video is DRM protected", "permanent", "drm"),
        ("Requested format is not available. Use --list-formats", "tool", "js-runtime"),
        ("No video formats found!; please report this issue on https://github.com", "tool", "extractor-broken"),
        ("Something nobody has ever read", "tool", "unknown"),
    ],
)
def test_the_extractors_texts(text: str, kind: str, reason: str) -> None:
    failure = classify(Evidence(PREFIX + text), NOW)
    assert (failure.failure_class.value, failure.reason) == (kind, reason)
    assert "cookies-from-browser" not in failure.detail
    assert not failure.detail.startswith("ERROR")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "ERROR: \r[download] Got error: HTTP Error 503: Service Unavailable. Giving up after 2 retries",
            "server-error",
        ),
        ("ERROR: unable to download video data: 30000 bytes read, 49645 more expected", "short-read"),
        ("ERROR: HTTPSConnectionPool(host='r1.googlevideo.com', port=443): Read timed out.", "timeout"),
        ("ERROR: [Errno 104] Connection reset by peer", "connection"),
        (
            "ERROR: Failed to resolve 'a.b' ([Errno -3] Temporary failure in name resolution)",
            "connection",
        ),
        ("ERROR: ('Unable to connect to proxy', RemoteDisconnected('Remote end closed connection'))", "connection"),
    ],
)
def test_failures_of_the_way_there_are_transient(text: str, reason: str) -> None:
    failure = classify(Evidence(text, on_media=True), NOW)
    assert (failure.failure_class, failure.reason) == (FailureClass.TRANSIENT, reason)
    assert "\r" not in failure.detail


def test_a_429_that_only_a_warning_names_is_the_egress_and_not_the_tool() -> None:
    evidence = Evidence(
        PREFIX + "Failed to extract any player response; please report this issue on …",
        warnings=("Unable to download API page: HTTP Error 429: Too Many Requests (caused by <HTTPError 429>)",),
    )
    assert classify(evidence, NOW).failure_class is FailureClass.EGRESS


def test_retry_after_becomes_a_time() -> None:
    failure = classify(Evidence("HTTP Error 429", http_status=429, retry_after=120), NOW)
    assert failure.retry_at == NOW + timedelta(seconds=120)


@pytest.mark.parametrize(("status", "reason"), [(403, "forbidden"), (404, "media-not-found")])
def test_a_refused_media_address_is_tried_again_with_a_fresh_one(status: int, reason: str) -> None:
    evidence = Evidence(f"HTTP Error {status}", http_status=status, on_media=True)
    assert (classify(evidence, NOW).failure_class, classify(evidence, NOW).reason) == (FailureClass.TRANSIENT, reason)


def test_a_premiere_waits_for_the_time_it_names() -> None:
    begins = NOW + timedelta(hours=3)
    failure = classify(Evidence("Premieres in 3 hours", begins_at=begins), NOW)
    assert (failure.failure_class, failure.retry_at) == (FailureClass.WAIT_UNTIL, begins)


def test_a_plain_unavailable_charges_nobody_until_a_witness_has_spoken() -> None:
    evidence = Evidence(PREFIX + "Video unavailable. This video is not available")
    assert classify(evidence, NOW).failure_class is FailureClass.WAIT_UNTIL


def before(reason: str, in_a_row: int, sha256: str | None = None) -> Any:
    return {"failure": {"reason": reason, "media_sha256": sha256}, "in_a_row": in_a_row}


def test_media_that_is_bad_the_same_way_a_third_time_is_charged_to_our_tools() -> None:
    cut = Failure(failure_class=FailureClass.TRANSIENT, reason="cut-short")
    assert charge_repeated(cut, None) is cut
    for in_a_row, last, blamed in ((1, "cut-short", False), (2, "cut-short", True), (2, "timeout", False)):
        assert (charge_repeated(cut, before(last, in_a_row)).failure_class is FailureClass.TOOL) is blamed


@pytest.mark.parametrize("reason", ["cut-short", "damaged-media", "too-long"])
def test_the_same_bad_bytes_twice_are_the_sources(reason: str) -> None:
    bad = Failure(failure_class=FailureClass.TRANSIENT, reason=reason, media_sha256="a" * 64)
    twice = charge_repeated(bad, before(reason, 1, "a" * 64))
    assert (twice.failure_class, twice.reason) == (FailureClass.PERMANENT, "broken-at-source")
    assert charge_repeated(bad, before(reason, 1, "b" * 64)) is bad
    assert charge_repeated(bad, before(reason, 1)) is bad


@pytest.mark.parametrize("reason", Reason)
def test_a_reason_that_our_code_knows_is_the_failures(reason: Reason) -> None:
    failure = classify(Evidence(PREFIX + "Private video", reason), NOW)
    assert (failure.failure_class, failure.reason) == (reason.failure_class, reason)


def test_a_reason_stays_one_on_its_way_out_of_a_worker() -> None:
    left = cleaned(Evidence("x", Reason.NO_SOUND, network_troubles=(Reason.TIMEOUT,)))
    assert left.reason is Reason.NO_SOUND
    assert left.network_troubles[0] is Reason.TIMEOUT


def test_a_source_that_sends_nothing_is_given_up_after_few_tries() -> None:
    nothing = classify(Evidence("HTTP Error 416: Requested range not satisfiable", http_status=416, on_media=True), NOW)
    assert (nothing.failure_class, nothing.reason) == (FailureClass.TRANSIENT, "empty-media")
    assert charge_repeated(nothing, before("empty-media", 1)).failure_class is FailureClass.TRANSIENT
    assert charge_repeated(nothing, before("empty-media", 2)).failure_class is FailureClass.PERMANENT


@pytest.mark.parametrize(
    ("text", "warnings", "reason"),
    [
        (
            "Unable to extract initial data; please report this issue on …",
            ("ProxyError: ('Unable to connect to proxy', OSError('Tunnel connection failed: 502'))",),
            "proxy-away",
        ),
        (
            "TypeError: 'NoneType' is not subscriptable; please report this issue",
            ("HTTP Error 502: Bad Gateway",),
            "server-error",
        ),
        ("Requested format is not available", ("TransportError: [Errno 104] Connection reset by peer",), "connection"),
        ("[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in violation of protocol (_ssl.c:1006)", (), "connection"),
        ("Something nobody has ever said", ("IncompleteRead: 30000 bytes read, 49645 more expected",), "short-read"),
    ],
)
def test_what_the_network_did_is_never_the_tools_fault(text: str, warnings: tuple[str, ...], reason: str) -> None:
    assert classify(Evidence(PREFIX + text, warnings=warnings), NOW).reason == reason
    if warnings:
        assert classify(Evidence(PREFIX + text), NOW).failure_class is FailureClass.TOOL


@pytest.mark.parametrize(
    "trouble", [Reason.PROXY_AWAY, Reason.SERVER_ERROR, Reason.CONNECTION, Reason.TOO_MANY_REQUESTS, Reason.CAPTCHA]
)
def test_what_happened_on_the_wire_explains_a_broken_page(trouble: Reason) -> None:
    evidence = Evidence(PREFIX + "Unable to extract initial data", network_troubles=(trouble,))
    assert classify(evidence, NOW).reason == trouble


def test_a_certificate_that_is_wrong_is_still_the_tools() -> None:
    text = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate (_ssl.c:1006)"
    failure = classify(Evidence(text, warnings=(f"CertificateVerifyError: {text}",)), NOW)
    assert (failure.failure_class, failure.reason) == (FailureClass.TOOL, "tls")


def test_a_server_error_that_only_a_warning_names_is_not_charged_to_the_tool() -> None:
    text = PREFIX + "Failed to extract any player response; please report this issue on …"
    noise = "unable to extract JS player signature timestamp; please report this issue on …"
    said = ("Unable to download API page: HTTP Error 503: Service Unavailable (caused by …)", noise)
    failure = classify(Evidence(text, warnings=said), NOW)
    assert (failure.failure_class, failure.reason) == (FailureClass.TRANSIENT, "server-error")
    assert classify(Evidence(text, warnings=(noise,)), NOW).failure_class is FailureClass.TOOL


@pytest.mark.parametrize(
    "text",
    [
        "('Unable to connect to proxy', NewConnectionError(\"HTTPSConnection(host='10.0.0.1', port=3128): Failed …\"))",
        "Unable to download webpage: Tunnel connection failed: 407 Proxy Authentication Required",
        "Tunnel connection failed: 502 Bad Gateway",
    ],
)
def test_a_proxy_that_is_away_is_the_egresss_and_charged_to_no_video(text: str) -> None:
    failure = classify(Evidence(PREFIX + text), NOW)
    assert (failure.failure_class.value, failure.reason) == ("egress", "proxy-away")


def test_no_password_of_a_proxy_is_told() -> None:
    failure = classify(Evidence("Failed to parse: http://user:secret@127.0.0.1:99999/x and //u@h"), NOW)
    assert failure.detail == "Failed to parse: http://…@127.0.0.1:99999/x and //…@h"


def test_what_a_tool_says_of_itself_is_its_own_failure() -> None:
    """Whatever words are in it: a converter that is down must not charge the video, or open a breaker."""
    failure = classify(Evidence("The converter: HTTP Error 429", Reason.ENGINE_FAILED), NOW)
    assert (failure.failure_class.value, failure.reason) == ("tool", "engine-failed")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[youtube] xDrM1234567: Unable to download API page: HTTP Error 503: Service Unavailable", "server-error"),
        ("[youtube] aSSL1234567: Video unavailable", "unavailable"),
        ("[youtube] captcha1234: Video unavailable", "unavailable"),
        ("[youtube] copyrightxx: Read timed out.", "timeout"),
        ("[vimeo] a-DRM-b: HTTP Error 502: Bad Gateway", "server-error"),
    ],
)
def test_what_an_id_spells_is_no_reason(text: str, reason: str) -> None:
    assert classify(Evidence(f"ERROR: {text}"), NOW).reason == reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Premiere will begin shortly", "not-yet"),
        ("This video is no longer available", "unavailable"),
        ("[download] Got error: HTTP Error 404: Not Found. Giving up after 2 retries", "fragment-missing"),
        ("[download] fragment 7 not found, unable to continue", "fragment-missing"),
    ],
)
def test_further_texts(text: str, reason: str) -> None:
    assert classify(Evidence(f"ERROR: {text}", on_media=True), NOW).reason == reason
