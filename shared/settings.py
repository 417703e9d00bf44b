"""Settings of the backing systems, in one group each. Services' own settings are in services/*/settings.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.errors import Misconfigured
from shared.setting_rules import azure, hosts, names, urls
from shared.setting_rules.text import check_text
from shared.setting_rules.users import contradiction, users_of_roles

#: Seconds. Timers, dates and the database can represent all of these with ample margin.
HOUR, DAY, YEAR = 3600, 86_400, 366 * 86_400
#: Seconds. AMQP's heartbeat field has 16 bits.
MAX_HEARTBEAT = 65_535


def secret(rule: Callable[[str], str]) -> AfterValidator:
    """Apply a rule to the value inside a SecretStr."""

    def check(value: SecretStr) -> SecretStr:
        return SecretStr(rule(value.get_secret_value()))

    return AfterValidator(check)


ListeningHost = Annotated[str, AfterValidator(hosts.listening_host)]
VisibleSecret = Annotated[SecretStr, secret(names.visible)]


class Group(BaseSettings):
    """A group of settings with one prefix. An empty variable counts as unset, since compose files write them so."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _is_text(cls, value: Any) -> Any:
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if isinstance(text, str):
            check_text(text)
        return value


class BrokerSettings(Group):
    """RabbitMQ."""

    model_config = SettingsConfigDict(env_prefix="RABBITMQ_")

    url: Annotated[SecretStr, secret(urls.amqp_address)] = Field(
        description="Address of RabbitMQ, e.g. amqp://user:password@host:5672/vhost; amqps:// for TLS."
    )
    publish_seconds: float = Field(
        10,
        gt=0,
        le=HOUR,
        description="Seconds that a publish waits for the broker's confirm: a frozen broker must not hang a service.",
    )
    heartbeat_seconds: int = Field(
        15, ge=5, le=MAX_HEARTBEAT, description="Seconds until a dead connection is noticed."
    )
    declare: bool = Field(
        True,
        description="Create missing exchanges, queues and bindings. Turn it off for users without permission: then "
        "`fonoteca topology apply` creates them, and the services wait for that.",
    )
    users: Annotated[str, AfterValidator(users_of_roles)] = Field(
        "",
        description="The services' users at the broker: scraper=USER,retry=USER,sync=USER,api=USER,audit=USER, the "
        "same in all services. Consumers then accept from each user only what its role may send, and from others only "
        "playlists. Empty: all services share one user, and every sender is trusted.",
    )

    @model_validator(mode="after")
    def _fit(self) -> Self:
        if (wrong := contradiction(self.url.get_secret_value(), self.users)) is not None:
            raise ValueError(wrong)
        return self


class MongoSettings(Group):
    """MongoDB, which holds the state of every playlist and video."""

    model_config = SettingsConfigDict(env_prefix="MONGO_")

    uri: Annotated[SecretStr, secret(urls.mongo_address)] = Field(
        description="Address of MongoDB, e.g. mongodb://user:password@host:27017/."
    )
    database: Annotated[str, AfterValidator(names.database_name)] = Field(
        "fonoteca", min_length=1, max_length=names.MAX_DATABASE, description="Name of the database."
    )


class ObjectStoreSettings(Group):
    """The S3-compatible object store. The names are MinIO's, but any S3 server works."""

    model_config = SettingsConfigDict(env_prefix="MINIO_")

    endpoint: Annotated[str, AfterValidator(hosts.host_and_port)] = Field(
        description="host:port of the S3 server, without a scheme; an IPv6 address in brackets: [::1]:9000."
    )
    access_key: Annotated[SecretStr, secret(names.s3_access_key)] = Field(description="Access key id.", max_length=1024)
    secret_key: SecretStr = Field(description="Secret access key.", max_length=1024)
    bucket: Annotated[str, AfterValidator(names.bucket_name)] = Field(
        "fonoteca", description="Bucket of the audio objects; created if missing."
    )
    secure: bool = Field(True, description="Use TLS (https). Turn it off only for a server on loopback.")
    region: Annotated[str, AfterValidator(names.region_name)] = Field(
        "us-east-1", description="Region of the bucket; most servers ignore it."
    )


class AzureSettings(Group):
    """Azure Blob Storage, a target of the mirror. Without an account URL it is off."""

    model_config = SettingsConfigDict(env_prefix="AZURE_")

    account_url: Annotated[str, AfterValidator(azure.account_url)] | None = Field(
        None, description="https://<account>.blob.core.windows.net, without the container; unset: no copies there."
    )
    sas_token: Annotated[SecretStr, secret(azure.sas_token)] | None = Field(
        None,
        description="A SAS token that may read, write, create, delete and list blobs, delete versions of them, and "
        "create the container.",
    )
    account_key: Annotated[SecretStr, secret(azure.account_key)] | None = Field(
        None, description="Key of the account, base64. A SAS token is safer: it has limited rights and expires."
    )
    container: Annotated[str, AfterValidator(names.container_name)] = Field(
        "fonoteca", description="Container of the mirrored blobs; created if missing."
    )

    @model_validator(mode="after")
    def _fit(self) -> Self:
        token, key = (s.get_secret_value() if s is not None else None for s in (self.sas_token, self.account_key))
        if (wrong := azure.contradiction(self.account_url, self.container, token, key)) is not None:
            raise ValueError(wrong)
        return self


class MirrorS3Settings(Group):
    """An S3 server as a target of the mirror, of its own or beside Azure. Without an endpoint it is off."""

    model_config = SettingsConfigDict(env_prefix="MIRROR_S3_")

    endpoint: Annotated[str, AfterValidator(hosts.host_and_port)] | None = Field(
        None, description="host:port of the S3 server that holds copies, without a scheme; unset: no copies there."
    )
    access_key: Annotated[SecretStr, secret(names.s3_access_key)] | None = Field(
        None, description="Access key id. It may read, write, delete and list in its bucket.", max_length=1024
    )
    secret_key: SecretStr | None = Field(None, description="Secret access key.", max_length=1024)
    bucket: Annotated[str, AfterValidator(names.bucket_name)] = Field(
        "fonoteca-mirror", description="Bucket of the copies, of this archive alone; created if missing."
    )
    secure: bool = Field(True, description="Use TLS (https). Turn it off only for a server on loopback.")
    region: Annotated[str, AfterValidator(names.region_name)] = Field(
        "us-east-1", description="Region of the bucket; most servers ignore it."
    )

    @model_validator(mode="after")
    def _fit(self) -> Self:
        given = [self.endpoint is not None, self.access_key is not None, self.secret_key is not None]
        if any(given) and not all(given):
            raise ValueError(
                "MIRROR_S3_ENDPOINT, MIRROR_S3_ACCESS_KEY and MIRROR_S3_SECRET_KEY belong together: set all three, or "
                "none to have no copies there."
            )
        return self

    def server(self) -> ObjectStoreSettings | None:
        """Return where the bucket is; None if this target is off."""
        if self.endpoint is None or self.access_key is None or self.secret_key is None:
            return None
        return ObjectStoreSettings(
            _env_file=None,
            endpoint=self.endpoint,
            access_key=self.access_key,
            secret_key=self.secret_key,
            bucket=self.bucket,
            secure=self.secure,
            region=self.region,
        )


class SourceSettings(Group):
    """Which sources are allowed, and how often a playlist may be listed."""

    model_config = SettingsConfigDict(env_prefix="SOURCES_")

    private_hosts: bool = Field(
        False,
        description="Also accept hosts that are not on the public internet. Only for development: anyone who may "
        "submit playlists could make scrapers send requests into your network.",
    )
    relist_seconds: float = Field(
        900,
        ge=0,
        le=DAY,
        description="Minimum seconds between the starts of two listings of a playlist. A submission in between waits "
        "for that time and is not lost. Submissions with keys of scope admin do not wait. 0: none waits.",
    )


class RuntimeSettings(Group):
    """Settings of every service process."""

    metrics_host: ListeningHost = Field("127.0.0.1", description="Address that /metrics, /livez and /readyz listen on.")
    metrics_port: int = Field(
        9100, ge=0, le=65535, description="Port of /metrics, /livez and /readyz; 0 chooses a free one and logs it."
    )
    log_format: Literal["json", "text"] = Field(
        "json", description="Format of log lines: json for machines, text for a terminal."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Lowest severity of the lines that are logged."
    )
    drain_seconds: float = Field(
        25,
        ge=0,
        le=DAY,
        description="Seconds that running work may continue after SIGTERM. The supervisor must wait 15 s longer before "
        "it kills the process: Kubernetes' terminationGracePeriodSeconds (the chart sets it), compose's "
        "stop_grace_period.",
    )
    startup_wait_seconds: float = Field(
        120,
        ge=0,
        le=YEAR,
        description="Seconds that a starting service waits for a backing server before it exits with code 69, and for "
        "the server to accept its user, password or key, which may be created meanwhile, before it exits with code 78.",
    )


GroupT = TypeVar("GroupT", bound=BaseSettings)


def load(group: type[GroupT], values: Mapping[str, Any] | None = None) -> GroupT:
    """Read a group from the environment, or from `values` by the names of the fields.

    Raises Misconfigured with one sentence per wrong variable.
    """
    try:
        return group(**(values or {}))
    except ValidationError as error:
        raise Misconfigured(_explain(group, error)) from None


def check(*groups: type[BaseSettings]) -> None:
    """Read several groups. Raises Misconfigured with one sentence per wrong variable of all groups."""
    wrong = []
    for group in groups:
        try:
            load(group)
        except Misconfigured as error:
            wrong.append(str(error))
    if wrong:
        raise Misconfigured("\n".join(wrong))


def check_order(settings: BaseSettings, lower: str, upper: str) -> None:
    """Raise ValueError if the field `lower` is above the field `upper`."""
    if getattr(settings, lower) > getattr(settings, upper):
        names_ = [variable_name(type(settings), field) for field in (lower, upper)]
        values = [f"{getattr(settings, field):g}" for field in (lower, upper)]
        raise ValueError(f"{names_[1]} ({values[1]}) is below {names_[0]} ({values[0]}): correct one of them.")


def check_order_of_given(settings: BaseSettings, lower: str, upper: str) -> None:
    """Apply `check_order` if both fields are set explicitly; a default never contradicts an explicit value."""
    if {lower, upper} <= settings.model_fields_set:
        check_order(settings, lower, upper)


def variable_name(group: type[BaseSettings], field: str) -> str:
    """Return the name of a field's environment variable, e.g. RABBITMQ_URL."""
    return (str(group.model_config.get("env_prefix", "")) + field).upper()


#: Pydantic's name of a wrong length → the rule.
_OF_LENGTH = {
    "too_long": "it may have at most {max_length} characters",
    "too_short": "it must have at least {min_length} characters",
}


def _explain(group: type[BaseSettings], error: ValidationError) -> str:
    sentences = []
    for problem in error.errors(include_input=False, include_url=False):
        rule = problem["msg"].removeprefix("Value error, ")
        if problem["type"] in _OF_LENGTH:
            # For a secret, pydantic would speak of items.
            rule = _OF_LENGTH[problem["type"]].format(**problem["ctx"])
        if not problem["loc"]:
            # A rule about several settings names them itself.
            sentences.append(rule)
            continue
        field = str(problem["loc"][0])
        name = variable_name(group, field)
        meaning = group.model_fields[field].description if field in group.model_fields else ""
        what = "is not set" if problem["type"] == "missing" else f"is wrong: {rule}"
        sentences.append(f"{name} {what}. Meaning: {meaning}")
    return "\n".join(dict.fromkeys(sentences))
