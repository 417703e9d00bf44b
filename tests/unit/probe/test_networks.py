"""The network of a server comes from a table, once for each prefix."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from services.probe import networks
from services.probe.networks import Networks, open_networks
from shared.catalog.measurements.records import Network
from shared.errors import Misconfigured

GOOGLE = {"autonomous_system_number": 15169, "autonomous_system_organization": "GOOGLE"}


def table(folder: Path, rows: dict[str, dict[str, Any]], version: int = 4) -> Path:
    writer = MMDBWriter(version, "test", languages=["en"], description="test")
    for prefix, record in rows.items():
        writer.insert_network(IPSet([prefix]), record)
    path = folder / "networks.mmdb"
    writer.to_db_file(str(path))
    return path


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (GOOGLE, Network(15169, "GOOGLE")),
        ({"asn": "AS15169", "name": "Google LLC"}, Network(15169, "Google LLC")),
        ({"asn": 15169}, Network(15169, "")),
        ({"country": "BJ"}, None),
        ({"asn": "none"}, None),
        ({"asn": 2**32}, None),
    ],
)
async def test_tables_of_several_makers_are_read(
    tmp_path: Path, record: dict[str, Any], expected: Network | None
) -> None:
    found = open_networks(table(tmp_path, {"198.51.100.0/24": record}), online=False)
    assert await found.of("198.51.100.7") == expected
    assert await found.of("203.0.113.1") is None


@pytest.mark.parametrize("address", [None, "", "rr1.example", "2001:db8::1"])
async def test_what_a_table_cannot_have_is_unknown(tmp_path: Path, address: str | None) -> None:
    assert await open_networks(table(tmp_path, {"198.51.100.0/24": GOOGLE}), online=False).of(address) is None


async def test_a_prefix_is_looked_up_once_online(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    answers = {
        "8.8.8.8.origin.asn.cymru.com": "15169 | 8.8.8.0/24 | US | arin | 1992-12-01",
        "AS15169.asn.cymru.com": "15169 | US | arin | 2000-03-30 | GOOGLE - Google LLC, US",
    }

    async def answer(name: str) -> str:
        asked.append(name)
        return answers[name]

    monkeypatch.setattr(networks, "_text", answer)
    found = Networks(None, online=True)
    for address in ("8.8.8.8", "8.8.8.4", "8.8.8.8"):
        assert await found.of(address) == Network(15169, "GOOGLE - Google LLC, US")
    assert asked == list(answers)
    # Nobody online knows the addresses of an inner network, and nobody is told them.
    assert await found.of("10.0.0.1") is None
    assert asked == list(answers)


async def test_an_answer_that_says_nothing_is_not_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def answer(name: str) -> str:
        asked.append(name)
        return "no such prefix"

    monkeypatch.setattr(networks, "_text", answer)
    found = Networks(None, online=True)
    assert [await found.of("1.1.1.1"), await found.of("1.1.1.2")] == [None, None]
    assert asked == ["1.1.1.1.origin.asn.cymru.com"]


@pytest.mark.parametrize("content", [None, b"no table"])
def test_a_table_that_cannot_be_read_is_refused_at_the_start(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "networks.mmdb"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Misconfigured, match=r"PROBE_AS_FILE names .* which cannot be read"):
        open_networks(path, online=False)
