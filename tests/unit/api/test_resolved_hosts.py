"""Names that look public and resolve to something that is not."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from services.api.http.public_hosts import reject_private_host
from services.scraper.network import guard
from shared.addresses.parse import BadAddress


def resolving_to(*addresses: str) -> Any:
    def resolve(_: object, port: int, *__: object, **___: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    return resolve


@pytest.mark.parametrize("addresses", [["10.0.0.7"], ["8.8.8.8", "169.254.169.254"], ["::1"]])
async def test_the_api_refuses_a_name_that_resolves_inside(
    monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolving_to(*addresses))
    with pytest.raises(BadAddress, match=r"innocent\.example\.org is not on the public internet") as refused:
        await reject_private_host("https://innocent.example.org/list")
    assert not any(address in str(refused.value) for address in addresses), "it names what the host resolves to"


async def test_the_api_takes_what_it_cannot_resolve(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    await reject_private_host("https://behind-a-proxy.example.org/list")


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["8.8.8.8", "10.0.0.7"]])
def test_the_guard_refuses_a_name_that_resolves_inside(monkeypatch: pytest.MonkeyPatch, addresses: list[str]) -> None:
    monkeypatch.setattr(guard, "_resolve", resolving_to(*addresses))
    with pytest.raises(guard.NotPublic, match=r"rebound\.example\.org is not on the public internet"):
        guard._guarded_getaddrinfo("rebound.example.org", 443)


def test_the_guard_lets_a_configured_proxy_be_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example.org:3128")
    monkeypatch.setattr(guard, "_resolve", resolving_to("10.0.0.7"))
    assert guard._guarded_getaddrinfo("proxy.example.org", 3128)
    with pytest.raises(guard.NotPublic):
        guard._guarded_getaddrinfo("proxy.example.org", 22)
