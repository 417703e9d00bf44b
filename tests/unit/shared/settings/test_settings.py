import pytest

from services.retry.settings import RetrySettings
from shared.errors import Misconfigured
from shared.settings import AzureSettings, BrokerSettings, ObjectStoreSettings, load


def test_a_missing_variable_is_named_with_its_meaning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RABBITMQ_URL", raising=False)
    with pytest.raises(Misconfigured, match=r"RABBITMQ_URL is not set\. Meaning: Address of RabbitMQ"):
        load(BrokerSettings)


def test_every_wrong_variable_is_named_and_no_value_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINIO_ENDPOINT", "https://store.example.org/")
    monkeypatch.setenv("MINIO_ACCESS_KEY", "opensesame")
    monkeypatch.delenv("MINIO_SECRET_KEY", raising=False)
    monkeypatch.setenv("MINIO_SECURE", "maybe")
    with pytest.raises(Misconfigured) as caught:
        load(ObjectStoreSettings)
    text = str(caught.value)
    for name in ("MINIO_ENDPOINT is wrong", "MINIO_SECRET_KEY is not set", "MINIO_SECURE is wrong"):
        assert name in text
    assert "opensesame" not in text


@pytest.mark.parametrize("url", ["http://localhost", "localhost:5672", "amqp//x"])
def test_a_broker_address_of_another_kind_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("RABBITMQ_URL", url)
    with pytest.raises(Misconfigured, match="RABBITMQ_URL is wrong"):
        load(BrokerSettings)


def test_an_empty_variable_counts_as_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_ACCOUNT_URL", "")
    assert load(AzureSettings).account_url is None


def test_numbers_have_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETRY_MAX_ATTEMPTS", "0")
    with pytest.raises(Misconfigured, match="RETRY_MAX_ATTEMPTS is wrong"):
        load(RetrySettings)
