"""Addresses that nothing can be at are refused before anything is looked up; a post never raises for them."""

from __future__ import annotations

import pytest

from shared.outbound.posting import Poster, new_client


@pytest.mark.parametrize(
    "url",
    [
        "https://1.1.1.1:99999/",
        "https://hub.example:65536/",
        "https://[2606:4700::1]:70000/x",
        "http://hub.example:4294967295/",
        "https://hub.example:port/",
    ],
)
async def test_a_port_that_there_is_not(url: str) -> None:
    async with new_client(5) as client:
        posted = await Poster(client, 5, private_hosts=False).post(url, {}, b"")
    assert posted.status is None
    assert "InvalidURL" in str(posted.error)
