"""Settings of the backing systems, one group each. The environment is read here and in services/*/settings.py."""

from __future__ import annotations

from typing import Literal, TypeVar

from pydantic import AmqpDsn, Field, MongoDsn, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.errors import Misconfigured


class Group(BaseSettings):
    """A group of settings with one prefix. An empty variable counts as absent, as compose files write them."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True)


class BrokerSettings(Group):
    """RabbitMQ."""

    model_config = SettingsConfigDict(env_prefix="RABBITMQ_")

    url: SecretStr = Field(
        description="Where RabbitMQ is, e.g. amqp://user:password@host:5672/vhost; amqps:// for TLS."
    )
    publish_seconds: float = Field(
        10,
        gt=0,
        description="How long a publish may wait for the broker's confirm. A frozen broker must not hang a service.",
    )
    heartbeat_seconds: int = Field(15, ge=5, description="How soon a dead connection is noticed.")
    declare: bool = Field(
        True,
        description="Make exchanges, queues and bindings that are missing. Turn it off for users without the right to: "
        "`fonoteca topology apply` makes them then, and the services wait for it.",
    )

    @field_validator("url")
    @classmethod
    def _is_amqp(cls, value: SecretStr) -> SecretStr:
        AmqpDsn(value.get_secret_value())
        return value


class MongoSettings(Group):
    """MongoDB, the truth about every playlist and video."""

    model_config = SettingsConfigDict(env_prefix="MONGO_")

    uri: SecretStr = Field(description="Where MongoDB is, e.g. mongodb://user:password@host:27017/.")
    database: str = Field("fonoteca", min_length=1, description="The database's name.")

    @field_validator("uri")
    @classmethod
    def _is_mongo(cls, value: SecretStr) -> SecretStr:
        MongoDsn(value.get_secret_value())
        return value


class ObjectStoreSettings(Group):
    """The S3-compatible object store; the names are MinIO's, any S3 server will do."""

    model_config = SettingsConfigDict(env_prefix="MINIO_")

    endpoint: str = Field(
        description="host:port of the S3 server, without a scheme.", pattern=r"^[^/\s:]+(:\d{1,5})?$", min_length=1
    )
    access_key: SecretStr = Field(description="Access key id.")
    secret_key: SecretStr = Field(description="Secret access key.")
    bucket: str = Field(
        "fonoteca",
        pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
        description="Bucket of the audio objects; made if missing.",
    )
    secure: bool = Field(True, description="Use TLS (https). Turn it off for a server on loopback only.")
    region: str = Field("us-east-1", description="Region of the bucket; most servers ignore it.")


class AzureSettings(Group):
    """Azure Blob Storage, the mirror. Without an account URL the mirror is off."""

    model_config = SettingsConfigDict(env_prefix="AZURE_")

    account_url: str | None = Field(
        None, pattern=r"^https?://\S+$", description="https://<account>.blob.core.windows.net; unset: no mirror."
    )
    sas_token: SecretStr | None = Field(
        None,
        description="A SAS token that may read, write, create, delete and list blobs, delete versions of them, and "
        "create the container.",
    )
    account_key: SecretStr | None = Field(
        None, description="The account's key, base64. A SAS token is better: it can be limited and expires."
    )
    container: str = Field("fonoteca", min_length=3, description="Container of the mirrored blobs; made if missing.")


class SourceSettings(Group):
    """Where recordings may come from."""

    model_config = SettingsConfigDict(env_prefix="SOURCES_")

    private_hosts: bool = Field(
        False,
        description="Also take addresses of hosts that are not on the public internet. For development only: whoever "
        "may submit playlists could then let scrapers ask anything in your network.",
    )


class RuntimeSettings(Group):
    """What every service process has."""

    metrics_host: str = Field("127.0.0.1", description="Address that /metrics, /livez and /readyz listen on.")
    metrics_port: int = Field(9100, ge=0, le=65535, description="Their port; 0 takes any free one and logs it.")
    log_format: Literal["json", "text"] = Field("json", description="json for machines, text for a person's terminal.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least severe lines written."
    )
    drain_seconds: float = Field(
        25, ge=0, description="After SIGTERM: how long running work may go on. Below Kubernetes' grace period of 30 s."
    )
    startup_wait_seconds: float = Field(
        120, ge=0, description="How long to wait for a backing server at the start before giving up with exit code 69."
    )


GroupT = TypeVar("GroupT", bound=BaseSettings)


def load(group: type[GroupT]) -> GroupT:
    """Read a group from the environment. Raises Misconfigured with one sentence per wrong variable."""
    try:
        return group()
    except ValidationError as error:
        raise Misconfigured(_explain(group, error)) from None


def variable_name(group: type[BaseSettings], field: str) -> str:
    """The environment variable of a field, e.g. RABBITMQ_URL."""
    return (str(group.model_config.get("env_prefix", "")) + field).upper()


def _explain(group: type[BaseSettings], error: ValidationError) -> str:
    sentences = []
    for problem in error.errors(include_input=False, include_url=False):
        field = str(problem["loc"][0]) if problem["loc"] else ""
        name = variable_name(group, field)
        meaning = group.model_fields[field].description if field in group.model_fields else ""
        what = "is not set" if problem["type"] == "missing" else f"is wrong: {problem['msg']}"
        sentences.append(f"{name} {what}. It means: {meaning}")
    return "\n".join(sentences)
