from __future__ import annotations

import io
import json
import logging

import pytest

from shared import logs
from shared.redaction import HIDDEN, MAX_TEXT, without_secrets

#: text, what stays of it, what must go
SECRETS = [
    ("amqp://fonoteca:opensesame@host:5672/v failed", "fonoteca:***@host:5672/v failed", "opensesame"),
    ("amqp://fonoteca:open@sesame@host/v", "***@host/v", "sesame"),
    ("https://opensesame@host/v", "***@host/v", "opensesame"),
    ("https://a.blob.core.windows.net/c?sv=1&sig=aBc%2F123&se=9", "se=9", "aBc%2F123"),
    ("GET /x?X-Amz-Signature=deadbeef&a=1", "a=1", "deadbeef"),
    ("GET /x?next=%2Fy%3Fsig%3Ddeadbeef&a=1", "a=1", "deadbeef"),
    ("{'Authorization': 'Bearer opensesame'}", "Authorization", "opensesame"),
    ("Authorization: Basic b3BlbnNlc2FtZQ==\r\nHost: a", "Host: a", "b3BlbnNlc2FtZQ"),
    ("Authorization: SharedKey account:opensesame+/=", "Authorization", "opensesame"),
    ("Authorization: SharedKeyLite account:opensesame=", "Authorization", "opensesame"),
    ('{"Authorization": "SharedKey account:open sesame=", "b": 2}', '"b": 2', "sesame"),
    ("[(b'authorization', b'Basic b3BlbnNlc2FtZQ=='), (b'host', b'a')]", "(b'host', b'a')", "b3BlbnNlc2FtZQ"),
    ('"{\\"Authorization\\": \\"Basic b3BlbnNlc2FtZQ\\", \\"b\\": 1}"', '\\"b\\": 1', "b3BlbnNlc2FtZQ"),
    ('Authorization: Digest username="a", response="opensesame"', "Authorization", "opensesame"),
    ("Proxy-Authorization: Basic b3BlbnNlc2FtZQ==", "Proxy-Authorization", "b3BlbnNlc2FtZQ"),
    ("authorization=Basic b3BlbnNlc2FtZQ==&x=1", "x=1", "b3BlbnNlc2FtZQ"),
    ("sent Basic b3BlbnNlc2FtZQ== to it", "to it", "b3BlbnNlc2FtZQ"),
    ("sent SharedKey account:opensesame= to it", "to it", "opensesame"),
    ("sent Bearer opensesame to it", "to it", "opensesame"),
    ("Cookie: SID=opensesame; HSID=two", "Cookie", "opensesame"),
    ("Set-Cookie: fonoteca_session=opensesame; Path=/", "Set-Cookie", "opensesame"),
    ("X-Api-Key: opensesame", "X-Api-Key", "opensesame"),
    ("AccountName=a;AccountKey=opensesame==;X=1", "X=1", "opensesame"),
    ("{'password': 'open sesame', 'a': 1}", "'a': 1", "sesame"),
    ("MINIO_SECRET_KEY='open sesame' a=1", "a=1", "sesame"),
    ("access_token=opensesame&a=1", "a=1", "opensesame"),
    ("Cookie: PREF=f6=4&tz=Europe.Berlin; SAPISID=opensesame; x=1", "Cookie", "opensesame"),
    ('{"password": "open\\"sesame", "b": 2}', '"b": 2', "sesame"),
    ('"{\\"password\\": \\"open\\\\\\"sesame\\", \\"b\\": 2}"', "b", "sesame"),
    ("mongodb://u:open/sesame@host/db", "u:***@host/db", "sesame"),
    ("amqp://u:open?sesame@host", "u:***@host", "sesame"),
    ("the password: opensesame is wrong", "is wrong", "opensesame"),
    ("token: opensesame", "token", "opensesame"),
    ("access_key=opensesame&po_token=opensesame&visitor_data=opensesame&jwt=opensesame&auth=opensesame", "", "sesame"),
    ("fonoteca_session=opensesame; a", "a", "opensesame"),
]
INNOCENT = [
    "plain text, user@example.org, a=1",
    "https://www.youtube.com/watch?v=dQw4w9WgXcQ took 3 s",
    "Basic mathematics for all",
    "he is a bearer of news: no more",
    "it needs authorization, and more",
    "the fencing token was 12",
    "https://www.youtube.com/@BigChannel/videos",
    "http://127.0.0.1:9000/@name",
    "https://example.org:8443/a@b",
]


@pytest.mark.parametrize(("text", "kept", "gone"), SECRETS)
def test_secrets_are_taken_out(text: str, kept: str, gone: str) -> None:
    cleaned = without_secrets(text)
    assert kept in cleaned
    assert gone not in cleaned


@pytest.mark.parametrize("text", INNOCENT)
def test_other_text_is_left_alone(text: str) -> None:
    assert without_secrets(text) == text


def test_a_text_without_end_is_cut_before_it_is_looked_through() -> None:
    assert len(without_secrets("a" * 10**7)) < MAX_TEXT + 100


class _Refused(Exception):
    pass


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_no_secret_and_no_control_character_reaches_a_log(monkeypatch: pytest.MonkeyPatch, log_format: str) -> None:
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    logs.configure("tests", log_format, "info")
    try:
        log = logs.logger("tests")
        error = _Refused("Authorization: Basic b3BlbnNlc2FtZQ==")
        log.info("one", title="a\x1b[2J\x07\x9b\u202eb\nc", error=error, deep={"urls": ["amqp://u:opensesame@h"]})
        logging.getLogger("another").warning("two \x1b]0;title\x07 Bearer opensesame")
    finally:
        monkeypatch.undo()
        logs.configure("tests", "text", "warning")
    text = written.getvalue()
    assert HIDDEN in text
    assert not [secret for secret in ("opensesame", "b3BlbnNlc2FtZQ") if secret in text]
    assert all(letter.isprintable() or letter == "\n" for letter in text)
    assert len(text.splitlines()) == 2
    if log_format == "json":
        assert json.loads(text.splitlines()[0])["title"] == "a\x1b[2J\x07\x9b\u202eb\nc"
