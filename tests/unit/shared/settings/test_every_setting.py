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
from tests.unit.shared.settings.wrong_settings import FOR_ALL, FOR_NUMBERS, FOR_SWITCHES, TEXTS

GROUPS: tuple[type[BaseSettings], ...] = (*SETTINGS, ClientSettings)
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


EVERY_SETTING = [
    pytest.param(group, field, id=variable_name(group, field)) for group in GROUPS for field in group.model_fields
]


def nonsense_for(group: type[BaseSettings], field: str) -> list[str]:
    # The command line takes keys that others made.
    taken = {"short"} if group is ClientSettings and field == "key" else set()
    return [value for value in (*FOR_ALL, *kinds_of(group, field)) if value not in taken]


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


def refusal(group: type[BaseSettings], field: str, value: str) -> str:
    """What is said of a value; "" if it is taken."""
    try:
        load(group, {**the_rest(group), field: value})
    except Misconfigured as error:
        return str(error)
    return ""


def is_good(group: type[BaseSettings], field: str, value: str, text: str) -> bool:
    """Whether it is one sentence with the setting's name, and without a secret."""
    if not text.startswith(f"{variable_name(group, field)} is wrong: ") or "\n" in text or len(text) >= 1000:
        return False
    said = text.partition(". Meaning: ")[0].replace("mongodb:// or", "").replace("amqp:// or", "")
    is_secret = "SecretStr" in str(group.model_fields[field].annotation) and len(value) > 5
    return not (is_secret and value in said)


# One test for each setting and not for each value: there are thousands.
@pytest.mark.parametrize(("group", "field"), EVERY_SETTING)
def test_nonsense_is_refused_in_one_sentence_with_its_name(group: type[BaseSettings], field: str) -> None:
    values = nonsense_for(group, field)
    assert len(values) >= len(FOR_ALL) - 1
    said = {value: refusal(group, field, value) for value in values}
    assert {value: text for value, text in said.items() if not is_good(group, field, value, text)} == {}


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
