"""Every setting of every service and command refuses nonsense, and says so in one sentence with its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from pydantic_settings import BaseSettings

from cli.api.discovery import ClientSettings
from dev.generate import SETTINGS
from services.api.settings import ApiSettings
from services.retry.settings import RetrySettings
from services.scraper.settings.egress import EgressSettings
from services.scraper.settings.limits import LimitsSettings
from services.scraper.settings.media import MediaSettings
from services.scraper.settings.pace import PaceSettings
from services.scraper.settings.workspace import WorkspaceSettings
from shared.errors import Misconfigured
from shared.settings import (
    AzureSettings,
    BrokerSettings,
    MongoSettings,
    ObjectStoreSettings,
    RuntimeSettings,
    check,
    load,
    variable_name,
)

GROUPS: tuple[type[BaseSettings], ...] = (*SETTINGS, ClientSettings)
#: Wrong for whatever it is about.
FOR_ALL = [
    "\0",
    "a\0b",
    "1\n",
    "\n1",
    "a\tb",
    "\x1b[0m",
    "\udcff",
    "a\ud800",
    " ",
    " \u00a0 ",
    "9" * 40_000,
    "x" * 40_000,
]
FOR_NUMBERS = ["abc", "nan", "NaN", "inf", "-inf", "1e999", "-1", "-0.5", "1e30", "9" * 40, "1;2", "0x10", "½", "true"]
FOR_SWITCHES = ["maybe", "2", "-1", "nan", "[]"]
_HTTP = [
    *("proxy.example:3128", "ftp://h:1", "http//h", "http://", "http://:80", "//h:1", "http:/h:1", "HTTP:h"),
    *("http://h:0", "http://h:65536", "http://h:99999", "http://h:-1", "http://h:http", "http://h:", "http://h:1:2"),
    *("http://::1:80", "http://[::1", "http://[::1]x:80", "http://[::g]:80", "http://[v1.x]:80", "http://[]:80"),
    *("http://a b:80", "http://h:80/a b", "http://ü:80", "http://h_:80\\", "http://256.1.1.1:80", "http://1.2.3:80"),
    *(
        "http://-h:80",
        "http://h..x:80",
        f"http://{'h' * 64}:80",
        "http://h:80/?a=b",
        "http://h:80/#x",
        "http://h?",
        ".",
    ),
    *("http://u:p@w@h:80", "http://h:80/%zz", "http://0x7f000001:80", "http://h:٣"),
]
_LISTENING = [
    "a b",
    "http://h",
    "h:80",
    "h/x",
    "*",
    "256.0.0.1",
    "1.2.3",
    "[::1",
    "::g",
    "[h]",
    "-h",
    "h..x",
    "ü",
    "u@h",
    ":",
]
#: Variable → what it must not be, where its value is neither a number nor a switch.
TEXTS: dict[str, list[str]] = {
    "RABBITMQ_USERS": [
        "scraper",
        "=",
        "scraper=",
        "=alice",
        "scraper=alice,",
        ",",
        "scraper:alice",
        "scraper=alice,retry",
    ],
    "RABBITMQ_URL": [
        *(
            "localhost:5672",
            "amqp//x",
            "http://h",
            "amqp://",
            "amqp://h:0",
            "amqp://h:65536",
            "amqp://h:x",
            "amqp://h:",
        ),
        *(
            "amqp://::1:5672",
            "amqp://[::1",
            "amqp://a b@h",
            "amqp://u:p@w@h",
            "amqp://u:p/w@h",
            "amqp://u:p#w@h",
            "amqp:h",
        ),
        *("amqp://u:p?w@h", "amqp://u:%zz@h", "amqp://h/v/w", "amqp://h/v/", "amqp://h/" + "v" * 256, "amqp://h/v#f"),
        *("amqp://h?heartbeat=x", "amqps://h?cafile=/nope", "amqps://h?cafile=/", "amqps://h?capath=/etc/passwd"),
        *("amqp://h?timeout=-1", "amqp://h?cadata=%25", "amqp://h?auth=magic", "amqp://1.2.3.4.5", "amqp://ü"),
    ],
    "MONGO_URI": [
        *("localhost", "mongo://h", "mongodb:/h", "mongodb://", "mongodb://:1", "mongodb://h:0", "mongodb://h:65536"),
        *("mongodb://h:", "mongodb://h,", "mongodb://,h", "mongodb://a b", "mongodb://u:p@w@h", "mongodb://u:p/w@h"),
        *(
            "mongodb://::1",
            "mongodb://[::1",
            "mongodb://h/a.b",
            "mongodb://h/a/b",
            "mongodb://h/?x",
            "mongodb://h/?=x",
            "mongodb://h/?a=b=c",
        ),
        *(
            "mongodb://h/?tlsCAFile=/nope",
            "mongodb://h/?tls=maybe",
            "mongodb://h/?authMechanism=NOPE",
            "mongodb://%zz@h",
        ),
        *(
            "mongodb+srv://h",
            "mongodb+srv://a.b.c:1",
            "mongodb+srv://a.b.c,d.e.f",
            "mongodb://%2Ftmp%2Fx",
            "mongodb://@h",
        ),
    ],
    "MONGO_DATABASE": [
        *(
            "fonoteca.prod",
            "a/b",
            "a\\b",
            "a b",
            'a"b',
            "$a",
            "a*b",
            "a<b",
            "a>b",
            "a:b",
            "a|b",
            "a?b",
            "x" * 64,
            "ü" * 32,
        ),
        *("admin", "local", "config", "Admin"),
    ],
    "MINIO_ENDPOINT": [
        *(
            "http://127.0.0.1:9",
            "https://store.example.org/",
            "h/x",
            "h:9/x",
            "127.0.0.1:99999",
            "h:0",
            "h:65536",
            "h:-1",
        ),
        *("h:", "h:x", ":9000", "::1", "::1:9000", "[::1", "[::1]9000", "[::1]:", "[::1]:0", "[h]:1", "[::g]:9000"),
        *("u:p@h:9", "a b:9", "256.0.0.1:9", "1.2.3:9", "-h:9", "h..x:9", "ü:9", "h" * 64, "h?x", "h:1:2", ".", "h:٣"),
    ],
    "API_PUBLIC_URL": [*_HTTP, "https://h/?a=b", "https://h/#x", "https://u:p@h", "https://h//x", "https://h/../x"],
    "API_LINK_URL": [*_HTTP, "https://h/bucket", "https://h/?a=b", "https://u:p@h", "h:9000"],
    "MINIO_ACCESS_KEY": ["a b", "a,b", "schlüssel", " a", "a ", "a" * 1025],
    "MINIO_SECRET_KEY": ["a" * 1025],
    "MINIO_BUCKET": [
        *("fono..teca", "10.0.0.1", "10.0.0.999", "ab", "a" * 64, "Fonoteca", "fono_teca", "-fono", "fono-", ".fono"),
        *(
            "fono.",
            "fono.-teca",
            "fono-.teca",
            "fono teca",
            "fönoteca",
            "xn--fono",
            "fono-s3alias",
            "fono/teca",
            "fono.mrap",
        ),
    ],
    "MINIO_REGION": ["us east", "-us", "us-", "us/east", "ü", "u" * 64, "us.east", "us,east"],
    "AZURE_ACCOUNT_URL": [
        *_HTTP,
        *(
            "https://acct.blob.core.windows.net/fonoteca",
            "https://acct.blob.core.windows.net/?sv=1&sig=x",
            "http://azurite",
        ),
        *(
            "https://a.blob.core.windows.net",
            "https://Acct_1.blob.core.windows.net",
            "http://127.0.0.1:10000",
            "http://[::1]:1",
        ),
        *("http://127.0.0.1:10000/", "http://127.0.0.1:10000/acct/fonoteca", "http://[::1]:10000/acct/fonoteca"),
        *("http://azurite:10000/Acct!", "http://127.0.0.1:10000//acct", "https://media.example.org/fonoteca"),
        *(
            "https://u:p@acct.blob.core.windows.net",
            "DefaultEndpointsProtocol=https;AccountName=a",
            "http://h:1/a/../b",
        ),
    ],
    "AZURE_SAS_TOKEN": [
        *("token", "sv=1", "sig=x", "sv=&sig=", "sv=1&sig", "sv=1 &sig=x", "https://h/?sv=1&sig=x", "sv=ü&sig=x", "?"),
        *("sv=1&sig=x#y", "??sv=1&sig=x", "{}"),
    ],
    "AZURE_ACCOUNT_KEY": ["not base64", "abc", "ab$=", "=", "äöü=", "AccountKey=YWJj"],
    "AZURE_CONTAINER": [
        *("petPhotos", "a--b", "ab", "a" * 64, "-abc", "abc-", "a_b", "a.b", "a/b", "a b", "ünder", "$root", "$logs"),
    ],
    "METRICS_HOST": _LISTENING,
    "API_HOST": _LISTENING,
    "LOG_FORMAT": ["xml", "JSON5", "1"],
    "LOG_LEVEL": ["loud", "10", "trace"],
    "API_KEY": ["short", "schlüssel-mit-umlaut", " sixteen letters", "sixteen letters ", "x" * 301],
    "API_URL": [*_HTTP, "http://u:p@h", "http://h/../x", "http://h//x"],
    "RETRY_PRIVATE_RECHECK_DAYS": ["never", "-1", "1;2", "1,", "nan", "inf", "1e3", "9999", ",".join("1" * 101), "7,x"],
    "RETRY_MEMBERS_RECHECK_DAYS": ["never", "-1", "1;2", "1,", "nan", "inf", "1e3", "9999", ",".join("1" * 101), "7,x"],
    "SCRAPER_EGRESS": ["a b", "a/b", "ü", "x" * 65],
    "API_TRUSTED_PROXIES": [
        *(
            "*",
            "proxy.example",
            "10.0.0.1/8",
            "10.0.0.0/33",
            "0.0.0.0/0",
            "::/0",
            "10.0.0.1,",
            ",",
            "10.0.0.1;10.0.0.2",
        ),
        *("10.0.0.256", "[::1]", "::1/129", "10.0.0.1:80", "10.0.0.0/8/8", "127.0.0.1 10.0.0.1"),
    ],
    "SCRAPER_PROXY": [*_HTTP, "socks5://h:1", "http://h:1/path"],
    "SCRAPER_COOKIES_FILE": ["/", "/tmp"],
    "SCRAPER_PO_TOKEN_PROVIDER": [*_HTTP, "http://h:1/path", "http://u:p@h:1"],
    "SCRAPER_COUNTRY": ["bj", "BJX", "B", "Benin", "B1"],
    "SCRAPER_ENGINES": ["youtube-dl", ",", "yt-dlp,x"],
    "SCRAPER_CONVERTER_URL": [*_HTTP, "http://u:p@h:1", "http://h/a//b"],
    "SCRAPER_PROFILES": ["mp4-9", ",", "mp3"],
    "SCRAPER_BESIDE": ["pictures", "info,x"],
    "SCRAPER_CHANNEL_TABS": ["community", "videos;streams", ",", "Videos"],
    "SCRAPER_LANGUAGE": ["e", "en_US", "english language", "en-"],
    "SCRAPER_EXTRACTORS": [",", "youtube(", "*", "[a"],
    "WATCH_SOURCES_FILE": [],
    "SCRAPER_WORK_FOLDER": ["/etc/passwd", "/etc/passwd/x", "/dev/null"],
}
#: What must be taken.
RIGHT = [
    (BrokerSettings, "url", "amqp://[::1]:5672/v"),
    (BrokerSettings, "url", "amqps://user:p%40ss%2Fword@rabbit_1.example.org/a%2Fb?heartbeat=10"),
    (BrokerSettings, "url", "amqp://rabbitmq"),
    (MongoSettings, "uri", "mongodb://[::1]:27017/?directConnection=true"),
    (MongoSettings, "uri", "mongodb://u:p%40@a.example:1,[2001:db8::1]:2,c/admin?replicaSet=rs0&tls=true"),
    (MongoSettings, "uri", "mongodb+srv://u:p@cluster0.abcde.mongodb.net/?retryWrites=true&w=majority"),
    (MongoSettings, "uri", "mongodb://%2Ftmp%2Fmongodb-27017.sock"),
    (MongoSettings, "database", "fonoteca-prod_2"),
    (MongoSettings, "database", "x" * 63),
    (ApiSettings, "public_url", "https://radio.example.org/fonoteca/"),
    (ApiSettings, "link_url", "http://[::1]:9000"),
    (ObjectStoreSettings, "endpoint", "[::1]:9000"),
    (ObjectStoreSettings, "endpoint", "[2001:db8::1]"),
    (ObjectStoreSettings, "endpoint", "my_minio:9000"),
    (ObjectStoreSettings, "endpoint", "s3.eu-west-1.amazonaws.com"),
    (ObjectStoreSettings, "bucket", "fono.teca-1"),
    (AzureSettings, "container", "a-b-c"),
    (AzureSettings, "container", "0ab"),
    (RuntimeSettings, "metrics_host", "::1"),
    (RuntimeSettings, "metrics_host", "[::]"),
    (RuntimeSettings, "metrics_host", "fe80::1%eth0"),
    (RuntimeSettings, "metrics_host", "localhost"),
    (ApiSettings, "host", "::"),
    (ApiSettings, "host", "0.0.0.0"),
    (ApiSettings, "key", "a key with spaces inside"),
    (ApiSettings, "trusted_proxies", "10.42.0.0/16, 127.0.0.1,2001:db8::/48"),
    (EgressSettings, "proxy", "http://user:p%40ss@[2001:db8::1]:3128"),
    (MediaSettings, "converter_url", "http://[::1]:8080/api/v1/"),
    (EgressSettings, "po_token_provider", "http://[::1]:4416/"),
    (LimitsSettings, "extractors", "youtube.*,-youtube:search"),
    (ClientSettings, "url", "http://[::1]:8000"),
    (ClientSettings, "url", "https://example.org/fonoteca/"),
]
_SAS, _KEY = {"sas_token": "sv=2021-08-06&sig=AAAA"}, {"account_key": "YWJj"}
RIGHT_ACCOUNTS: list[dict[str, str]] = [
    {"account_url": "https://acct.blob.core.windows.net", **_SAS},
    {"account_url": "https://acct.blob.core.windows.net/", "sas_token": "?sv=1&spr=https&sig=a%3D"},
    {"account_url": "http://127.0.0.1:10000/devstoreaccount1", **_KEY},
    {"account_url": "http://[::1]:10000/devstoreaccount1", **_KEY},
    {"account_url": "http://azurite.storage.svc:10000/fonoteca", "container": "audio", **_KEY},
    {"account_url": "https://media.example.org", **_SAS},
    {"container": "audio", **_SAS, **_KEY},
]
CONTRADICTIONS: list[tuple[type[BaseSettings], dict[str, Any], tuple[str, ...]]] = [
    (AzureSettings, {"account_url": "https://acct.blob.core.windows.net"}, ("AZURE_ACCOUNT_URL", "AZURE_SAS_TOKEN")),
    (
        AzureSettings,
        {"account_url": "https://media.example.org:444/fonoteca", **_KEY},
        ("AZURE_ACCOUNT_URL", "AZURE_CONTAINER"),
    ),
    (
        AzureSettings,
        {"account_url": "http://127.0.0.1:1/acct", "sas_token": "sv=1&spr=https&sig=x"},
        ("AZURE_SAS_TOKEN", "AZURE_ACCOUNT_URL"),
    ),
    (
        EgressSettings,
        {"egress_rest_seconds": "1800", "egress_rest_max_seconds": "60"},
        ("SCRAPER_EGRESS_REST_MAX_SECONDS", "SCRAPER_EGRESS_REST_SECONDS"),
    ),
    (
        PaceSettings,
        {"request_interval_seconds": "20", "video_seconds": "10"},
        ("SCRAPER_REQUEST_INTERVAL_SECONDS", "SCRAPER_VIDEO_SECONDS"),
    ),
    (
        PaceSettings,
        {"request_interval_seconds": "20", "listing_seconds": "10"},
        ("SCRAPER_REQUEST_INTERVAL_SECONDS", "SCRAPER_LISTING_SECONDS"),
    ),
    (
        RetrySettings,
        {"backoff_seconds": "30", "backoff_max_seconds": "10"},
        ("RETRY_BACKOFF_MAX_SECONDS", "RETRY_BACKOFF_SECONDS"),
    ),
    (
        RetrySettings,
        {"wait_seconds": "90000", "wait_max_seconds": "86400"},
        ("RETRY_WAIT_MAX_SECONDS", "RETRY_WAIT_SECONDS"),
    ),
    (
        RetrySettings,
        {"tool_seconds": "90000", "wait_max_seconds": "86400"},
        ("RETRY_WAIT_MAX_SECONDS", "RETRY_TOOL_SECONDS"),
    ),
]


def kinds_of(group: type[BaseSettings], field: str) -> list[str]:
    annotation = group.model_fields[field].annotation
    if annotation is bool:
        return FOR_SWITCHES
    return FOR_NUMBERS if annotation in (int, float, int | None) else TEXTS[variable_name(group, field)]


NONSENSE = [
    pytest.param(group, field, value, id=f"{variable_name(group, field)}-{number}")
    for group in GROUPS
    for field in group.model_fields
    for number, value in enumerate([*FOR_ALL, *kinds_of(group, field)])
    # The command line takes keys that others made.
    if not (group is ClientSettings and field == "key" and value == "short")
]


def the_rest(group: type[BaseSettings]) -> dict[str, Any]:
    """What else must be set in a group."""
    right = {
        "RABBITMQ_URL": "amqp://h",
        "MONGO_URI": "mongodb://h",
        "MINIO_ENDPOINT": "h:9",
        "MINIO_ACCESS_KEY": "a",
        "MINIO_SECRET_KEY": "b",
        "API_URL": "http://h",
        "API_KEY": "a key that is long enough",
        "AZURE_SAS_TOKEN": "sv=1&sig=x",
    }
    return {f: right[variable_name(group, f)] for f in group.model_fields if variable_name(group, f) in right}


@pytest.mark.parametrize(("group", "field", "value"), NONSENSE)
def test_nonsense_is_refused_in_one_sentence_with_its_name(group: type[BaseSettings], field: str, value: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        load(group, {**the_rest(group), field: value})
    text = str(caught.value)
    assert text.startswith(f"{variable_name(group, field)} is wrong: ")
    assert "\n" not in text
    assert len(text) < 1000
    if "SecretStr" in str(group.model_fields[field].annotation) and len(value) > 5:
        assert value not in text.partition(". Meaning: ")[0].replace("mongodb:// or", "").replace("amqp:// or", "")


@pytest.mark.parametrize(("group", "field", "value"), RIGHT)
def test_what_is_right_is_taken(group: type[BaseSettings], field: str, value: str) -> None:
    found = getattr(load(group, {**the_rest(group), field: value}), field)
    assert str(found.get_secret_value() if isinstance(found, SecretStr) else found) in (value, value.strip("[]"))


@pytest.mark.parametrize("values", RIGHT_ACCOUNTS)
def test_accounts_of_azure_and_of_emulators_are_taken(values: dict[str, str]) -> None:
    assert load(AzureSettings, values).account_url == values.get("account_url")


@pytest.mark.parametrize(("group", "values", "named"), CONTRADICTIONS)
def test_settings_that_contradict_each_other_are_named(
    group: type[BaseSettings], values: dict[str, Any], named: tuple[str, ...]
) -> None:
    with pytest.raises(Misconfigured) as caught:
        load(group, values)
    text = str(caught.value)
    assert all(name in text for name in named)
    assert "\n" not in text


def test_all_groups_tell_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {
        "RABBITMQ_URL": "x",
        "MONGO_URI": "x",
        "MONGO_DATABASE": "a.b",
        "METRICS_PORT": "x",
        "RETRY_SWEEP_SECONDS": "x",
    }
    for name, value in wrong.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Misconfigured) as caught:
        check(RuntimeSettings, BrokerSettings, MongoSettings, RetrySettings)
    assert {line.partition(" ")[0] for line in str(caught.value).splitlines()} == set(wrong)


def test_a_folder_that_is_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for wrong in ("file", "file/below", "file/below/it"):
        with pytest.raises(Misconfigured, match="SCRAPER_WORK_FOLDER is wrong: it is a file, or inside one"):
            load(WorkspaceSettings, {"work_folder": str(tmp_path / wrong)})
    assert load(WorkspaceSettings, {"work_folder": str(tmp_path / "new" / "folder")}).work_folder.name == "folder"
