import json
from datetime import UTC, datetime

import pytest

from shared.contracts import PlaylistSubmitted, VideoFailed, VideoRequested, unwrap, wrap
from shared.contracts.envelope import MAX_BODY
from shared.errors import Unprocessable

NOW = datetime(2026, 5, 1, tzinfo=UTC)
URL = "https://www.youtube.com/playlist?list=PLabcdefghij1234"


def test_there_and_back() -> None:
    sent = VideoRequested(video_id="youtube:dQw4w9WgXcQ", url="https://youtu.be/dQw4w9WgXcQ", attempts=2)
    received = unwrap(wrap(sent, "api", NOW), (VideoRequested,))
    assert received.message == sent
    assert received.sent_at == NOW
    assert received.id == sent.message_id()


def test_a_bare_body_is_the_queues_first_message() -> None:
    received = unwrap(json.dumps({"url": URL}).encode(), (PlaylistSubmitted,))
    assert received.message == PlaylistSubmitted(url=URL)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        (f"\\t {URL}\\n", URL),
        ("HTTPS://M.YouTube.com/playlist?list=PLabcdefghij1234&si=x", URL),
        ("PLabcdefghij1234", URL),
        ("@Name", "https://www.youtube.com/@Name"),
        ("ytsearch2:a b", "https://www.youtube.com/results?search_query=a%20b#first=2"),
    ],
)
def test_a_submission_takes_what_people_write_and_has_the_canonical_address(text: str, url: str) -> None:
    message = unwrap(f'{{"url": "{text}"}}'.encode(), (PlaylistSubmitted,)).message
    assert isinstance(message, PlaylistSubmitted)
    assert message.url == url
    assert message.message_id() == PlaylistSubmitted(url=url).message_id()


def test_one_fact_has_one_id_and_another_another() -> None:
    first = VideoRequested(video_id="youtube:a", url="https://a.b/", attempts=1)
    assert first.message_id() == VideoRequested(video_id="youtube:a", url="https://a.b/c", attempts=1).message_id()
    assert first.message_id() != VideoRequested(video_id="youtube:a", url="https://a.b/", attempts=2).message_id()


def test_fields_of_a_newer_sender_are_ignored() -> None:
    assert unwrap(json.dumps({"url": URL, "new": 1}).encode(), (PlaylistSubmitted,)).message == PlaylistSubmitted(
        url=URL
    )


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[]", "not an object"),
        (b'"https://a.b/"', "not an object"),
        (b"{}", "url: Field required"),
        (b'{"url": 5}', "url: Input should be a valid string"),
        (b'{"url": "ftp://a.b/c"}', "url: 'ftp://a.b/c' begins with ftp: only http and https"),
        (b'{"url": "my favourite songs"}', "url: 'my favourite songs' is neither"),
        (b'{"url": "@name\\ud800"}', "url: "),
        (b'{"url": "  "}', "url: it contains only white space"),
        (b'{"specversion": "1.0", "type": "playlist.submitted.v9", "data": {}}', "takes playlist.submitted.v1"),
        (b'{"specversion": "1.0", "data": {}}', "unknown message type"),
        (b'{"specversion": "1.0", "type": "playlist.submitted.v1"}', "not a valid playlist.submitted.v1"),
        (b'{"url": "' + b"x" * MAX_BODY + b'"}', "at most"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_what_cannot_be_read_says_why(body: bytes, why: str) -> None:
    with pytest.raises(Unprocessable, match=why):
        unwrap(body, (PlaylistSubmitted,))


def test_a_type_of_another_queue_is_refused() -> None:
    body = wrap(VideoRequested(video_id="youtube:a", url="https://a.b/"), "api", NOW)
    with pytest.raises(Unprocessable, match=r"video\.failed\.v1"):
        unwrap(body, (VideoFailed,))
