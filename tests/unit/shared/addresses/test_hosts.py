import pytest

from shared.addresses.hosts import is_inner_host
from shared.addresses.parse import BadAddress, refuse_inner_host
from shared.addresses.public_addresses import is_public_address

# fmt: off
INNER = [
    "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1",
    "192.168.1.1", "169.254.169.254", "100.64.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "::1", "::",
    "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:a9fe:a9fe",
    "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:53aa:64c::1",
]
# fmt: on
INNER_NAMES = [
    "localhost",
    "LOCALHOST.",
    "a.localhost",
    "router",
    "metadata.google.internal",
    "nas.local",
    "x.home.arpa",
    "metadata.google\u3002internal",
    "nas\uff0elocal",
    "\uff4c\uff4f\uff43\uff41\uff4clhost",
    "\uff11\uff12\uff17\u30020.0.1",
]
PUBLIC = ["8.8.8.8", "151.101.1.1", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::808:808"]
PUBLIC_NAMES = ["www.youtube.com", "example.org", "3com.com", "xn--bcher-kva.example.com", "localhost.example.com"]


@pytest.mark.parametrize("host", INNER)
def test_inner_addresses_are_seen_in_any_notation(host: str) -> None:
    assert is_inner_host(f"[{host}]" if ":" in host else host)
    assert not is_public_address(host)


@pytest.mark.parametrize("host", INNER_NAMES)
def test_inner_names_are_seen(host: str) -> None:
    assert is_inner_host(host)
    with pytest.raises(BadAddress, match="is not on the public internet"):
        refuse_inner_host(f"https://{host}:8443/list")


@pytest.mark.parametrize("host", PUBLIC + PUBLIC_NAMES)
def test_public_hosts_are_taken(host: str) -> None:
    assert not is_inner_host(f"[{host}]" if ":" in host else host)
    refuse_inner_host(f"https://{f'[{host}]' if ':' in host else host}/list")


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_public(address: str) -> None:
    assert is_public_address(address)


def test_a_name_is_no_address() -> None:
    assert not is_public_address("example.org")
