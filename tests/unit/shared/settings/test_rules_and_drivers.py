"""Whatever our rules take for an address, the libraries that connect to it take too."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import yarl
from minio import Minio
from minio.helpers import check_bucket_name
from pymongo.uri_parser import parse_uri

from shared.setting_rules import hosts, names, urls

#: Addresses put together, of which the rules take some.
TRIED, TAKEN = 6000, 300
_HOSTS = ["a", "h", "[::1]", "[fe80::1]", "::1", ":", "5672", "0", ".", "..", "1.2.3.4", "1", "_", "-", "com", "x--y"]
_URL = [*_HOSTS, "u:p@", "@", "/", "?", "&", "=", "%40", "%2F", "%", ";", "+", "~"]


def _minio(text: str) -> None:
    Minio(text, access_key="a", secret_key="b", region="us-east-1")


def _mongo(text: str) -> None:
    # As the client parses it: unknown options bring a warning and no more.
    parse_uri(text, warn=True)


def _amqp(text: str) -> None:
    url = yarl.URL(text).update_query(heartbeat=15)
    assert (url.host, url.port, url.user, url.password) != (None, None, None, None)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("rule", "driver", "begin", "pieces"),
    [
        (hosts.host_and_port, _minio, "", _HOSTS),
        (urls.mongo_address, _mongo, "mongodb://", [*_URL, "x.sock", ",", "db", "tls=true", "w=majority", "a.b.c"]),
        (urls.amqp_address, _amqp, "amqp://", [*_URL, "v", "heartbeat=5", "name=x", "'", "(", "!"]),
        (names.bucket_name, check_bucket_name, "", ["a", "b", "9", ".", "-", "..", "A", "_", "10", "xn--", "s3alias"]),
    ],
)
def test_what_is_taken_can_be_used(
    rule: Callable[[str], str], driver: Callable[[str], Any], begin: str, pieces: Sequence[str]
) -> None:
    rng = random.Random(7)
    taken = 0
    for _ in range(TRIED):
        text = begin + "".join(rng.choice(pieces) for _ in range(rng.randint(1, 6)))
        try:
            rule(text)
        except ValueError:
            continue
        taken += 1
        driver(text)
    assert taken > TAKEN
