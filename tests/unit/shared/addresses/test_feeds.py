"""Feeds that sites are known to have, and ids that are the same under all addresses of a list."""

from __future__ import annotations

import pytest

from shared.addresses.feeds import feed_of, identity_of
from shared.addresses.parse import playlist_address

CHANNEL = "UCabcdefghijklmnopqrstuv"
FEEDS = "https://www.youtube.com/feeds/videos.xml"


@pytest.mark.parametrize(
    ("address", "identity", "feed"),
    [
        (CHANNEL, None, f"{FEEDS}?channel_id={CHANNEL}"),
        ("@name", None, None),
        ("@name", f"youtube:{CHANNEL}", f"{FEEDS}?channel_id={CHANNEL}"),
        # The feed of a channel has all its tabs, so it is not that of one.
        ("@name/videos", f"youtube:{CHANNEL}:videos", None),
        ("PLabcdefghij1234", None, f"{FEEDS}?playlist_id=PLabcdefghij1234"),
        (f"{FEEDS}?channel_id={CHANNEL}", None, f"{FEEDS}?playlist_id=UU{CHANNEL[2:]}"),
        ("dQw4w9WgXcQ", None, None),
        ("ytsearch5:fon", None, None),
        ("https://example.org/list", None, None),
    ],
)
def test_the_feed_of_a_list(address: str, identity: str | None, feed: str | None) -> None:
    assert feed_of(playlist_address(address).url, identity) == feed


@pytest.mark.parametrize(
    ("addresses", "channel_id"),
    [
        (["@Name", "https://youtube.com/@name/featured", CHANNEL, f"{FEEDS}?channel_id={CHANNEL}"], CHANNEL),
        (["https://www.youtube.com/c/Name", "https://www.youtube.com/user/Name", CHANNEL], CHANNEL),
        (["@name/videos", f"https://www.youtube.com/channel/{CHANNEL}/videos"], CHANNEL),
        (["PLabcdefghij1234", "https://youtu.be/dQw4w9WgXcQ?list=PLabcdefghij1234"], CHANNEL),
    ],
)
def test_addresses_of_one_list_have_one_identity(addresses: list[str], channel_id: str) -> None:
    assert len({identity_of(playlist_address(each).playlist_id, channel_id) for each in addresses}) == 1


def test_lists_that_differ_have_different_identities() -> None:
    others = ["@name", "@name/videos", "@name/streams", "PLabcdefghij1234", "https://example.org/x"]
    assert len({identity_of(playlist_address(each).playlist_id, CHANNEL) for each in others}) == len(others)
