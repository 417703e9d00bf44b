"""Names the network (autonomous system) of a server: by a table in a file, and if that is wanted by a question online.

Only servers that are measured are looked up, and never at the source: the table is a file, and the online answers are
those of Team Cymru's DNS service (https://www.team-cymru.com/ip-asn-mapping), whose terms ask for few questions.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path

import dns.asyncresolver
import dns.exception
import dns.reversename
import maxminddb

from shared.addresses.public_addresses import is_public_address
from shared.catalog.measurements.records import Network
from shared.errors import Misconfigured
from shared.logs import logger

log = logger(__name__)

#: Prefixes whose network is remembered. A source has a few hundred.
MAX_PREFIXES = 10_000
#: Seconds for which an online answer is waited for.
ANSWER_SECONDS = 5.0
#: Prefixes that are remembered where nothing was answered: addresses beside one another are of one network.
_UNKNOWN_PREFIX = {4: 24, 6: 48}
#: Names of the two values in the tables that are made of MaxMind's format.
_NUMBERS, _NAMES = ("autonomous_system_number", "asn"), ("autonomous_system_organization", "as_name", "name", "org")
_ORIGIN = re.compile(r"^(\d{1,10})(?: \d{1,10})* \| ([0-9a-fA-F.:]{2,39}/\d{1,3}) ")

Prefix = IPv4Network | IPv6Network


@dataclass
class Networks:
    """Names networks, and remembers them by prefix."""

    #: The table; None: there is none.
    table: maxminddb.Reader | None = None
    #: Whether what the table does not have is asked for online.
    online: bool = False
    _known: OrderedDict[Prefix, Network | None] = field(default_factory=OrderedDict)

    async def of(self, address: str | None) -> Network | None:
        """Return the network of an IP address; None: it is unknown."""
        if address is None:
            return None
        try:
            asked = ip_address(address)
        except ValueError:
            return None
        for prefix, network in self._known.items():
            if asked.version == prefix.version and asked in prefix:
                self._known.move_to_end(prefix)
                return network
        prefix, network = await self._looked_up(address)
        self._known[prefix] = network
        if len(self._known) > MAX_PREFIXES:
            self._known.popitem(last=False)
        return network

    async def _looked_up(self, address: str) -> tuple[Prefix, Network | None]:
        version = ip_address(address).version
        own = ip_network(f"{address}/{_UNKNOWN_PREFIX[version]}", strict=False)
        if self.table is not None and not (version == 6 and self.table.metadata().ip_version == 4):
            record, length = self.table.get_with_prefix_len(address)
            if isinstance(record, Mapping) and (network := _network_in(record)) is not None:
                return ip_network(f"{address}/{length}", strict=False), network
        if self.online and is_public_address(address):
            try:
                return await _ask(address)
            except (dns.exception.DNSException, ValueError) as error:
                log.warning("network.unknown", error=str(error)[:300])
        return own, None


def open_networks(file: Path | None, *, online: bool) -> Networks:
    """Open the table that the settings name. Raises Misconfigured."""
    if file is None:
        return Networks(None, online)
    try:
        return Networks(maxminddb.open_database(file), online)
    except (OSError, maxminddb.InvalidDatabaseError) as error:
        raise Misconfigured(
            f"PROBE_AS_FILE names {file}, which cannot be read: {error}. It must be a table of networks in MaxMind's "
            "format, such as GeoLite2-ASN.mmdb or dbip-asn-lite.mmdb. Correct the path, or leave it empty."
        ) from error


def _network_in(record: Mapping[str, object]) -> Network | None:
    number = next((record[name] for name in _NUMBERS if name in record), None)
    name = next((record[name] for name in _NAMES if name in record), "")
    # Some tables write AS15169.
    digits = str(number).upper().removeprefix("AS")
    if not digits.isascii() or not digits.isdecimal() or int(digits) >= 2**32:
        return None
    return Network(int(digits), str(name)[:200])


async def _ask(address: str) -> tuple[Prefix, Network | None]:
    """Ask online. Raises DNSException or ValueError."""
    zone = "origin.asn.cymru.com" if ip_address(address).version == 4 else "origin6.asn.cymru.com"
    reverse = dns.reversename.from_address(address).to_text(omit_final_dot=True)
    asked = reverse.removesuffix(".in-addr.arpa").removesuffix(".ip6.arpa")
    origin = _ORIGIN.match(await _text(f"{asked}.{zone}"))
    if origin is None:
        raise ValueError("the answer names no network")
    number = int(origin[1])
    holder = (await _text(f"AS{number}.asn.cymru.com")).rpartition(" | ")[2]
    return ip_network(origin[2], strict=False), Network(number, holder[:200])


async def _text(name: str) -> str:
    answer = await dns.asyncresolver.resolve(name, "TXT", lifetime=ANSWER_SECONDS)
    return b"".join(answer[0].strings).decode("utf-8", "replace")
