"""The bounds of subscriptions: what a hub may say of a lease, and how long a refusing one is left alone."""

from __future__ import annotations

import pytest

from services.watch.callback import lease_of
from services.watch.settings import WatchSettings
from services.watch.subscriber import by_https, wait_seconds
from shared.errors import Misconfigured
from shared.settings import load


@pytest.mark.parametrize(
    ("said", "lease"),
    [
        (None, 432_000),
        ("60", 60),
        ("1", 1),
        ("99999999999999999999", 432_000),
        ("0", None),
        ("-5", None),
        ("", None),
        ("1.5", None),
        ("٣", None),
        ("soon", None),
    ],
)
def test_a_lease_is_a_number_of_seconds(said: str | None, lease: int | None) -> None:
    assert lease_of(said, 432_000) == lease


def test_a_hub_that_refuses_is_asked_less_and_less_often() -> None:
    assert [wait_seconds(tries) for tries in (1, 2, 3, 4)] == [60, 120, 240, 480]
    assert wait_seconds(10) == wait_seconds(10_000) == 6 * 3600


def test_a_secret_goes_to_a_hub_by_https() -> None:
    assert by_https("http://hub.example/subscribe?a=http://b") == "https://hub.example/subscribe?a=http://b"
    assert by_https("https://hub.example/") == "https://hub.example/"
    assert by_https("http://hub.example:80/a") == "https://hub.example/a"
    assert by_https("http://hub.example:8080/a") == "https://hub.example:8080/a"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://push.example.org", "https://push.example.org"),
        ("https://push.example.org:8443/", "https://push.example.org:8443"),
        ("http://127.0.0.1:8010", "http://127.0.0.1:8010"),
        ("http://[::1]:8010", "http://[::1]:8010"),
    ],
)
def test_an_address_at_which_hubs_call(text: str, url: str) -> None:
    assert load(WatchSettings, {"callback_url": text}).callback_url == url


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("http://push.example.org", "must begin with https://"),
        ("http://10.0.0.1:8010", "must begin with https://"),
        ("https://push.example.org/hubs", "must not contain a path"),
        ("push.example.org", "must begin with http:// or https://"),
        ("https://me:secret@push.example.org", "must not contain a user"),
    ],
)
def test_a_wrong_address_is_refused(text: str, wrong: str) -> None:
    with pytest.raises(Misconfigured, match=rf"WATCH_CALLBACK_URL is wrong: .*{wrong}"):
        load(WatchSettings, {"callback_url": text})


def test_pushes_are_off_by_default() -> None:
    assert load(WatchSettings, {}).callback_url is None
