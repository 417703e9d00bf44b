"""What a person says of an endpoint: a web address that is told of events, or people who are told of what matters."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from shared.contracts.base import WebUrl
from shared.contracts.notification import EndpointName
from shared.following.definition import LabelName, LabelValue
from shared.notifications.times import AT_ONCE, parse_times

EventType = Literal[
    "audio.stored.v1", "audio.mirrored.v1", "video.abandoned.v1", "source.checked.v1", "notice.raised.v1"
]
EVERY_TYPE: tuple[EventType, ...] = get_args(EventType)
#: What people can be told; a test is sent when somebody asks for it.
TellKind = Literal[
    "new-recordings", "source-failing", "source-silent", "egress-blocked", "person-needed", "audit-violation", "summary"
]
EVERY_KIND: tuple[TellKind, ...] = get_args(TellKind)

#: The names of hooks begin so.
HOOK_PREFIX = "hook-"
EnvironmentVariable = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$", max_length=100)]
Times = Annotated[str, StringConstraints(max_length=200), AfterValidator(parse_times)]


def _summary_times(text: str) -> str:
    if (times := parse_times(text)) == AT_ONCE:
        raise ValueError("a summary has its times: write daily, weekly, never, or a cron line")
    return times


class EndpointDefinition(BaseModel):
    """An endpoint: a webhook if it has a `url`, people if it has `to_file` or `to_env`."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    name: EndpointName = Field(description="Its name here: lower-case letters, digits and hyphens.")
    enabled: bool = Field(True, description="Whether it is told of anything.")
    resume: int = Field(0, ge=0, le=10**6, description="Raise it to resume an endpoint that was paused.")

    url: WebUrl | None = Field(None, description="Of a webhook: the address to which events are posted.")
    types: Annotated[tuple[EventType, ...], Field(min_length=1)] = Field(
        EVERY_TYPE, description="Of a webhook: the types of events of which it is told; absent: all that there are."
    )
    secret_file: Path | None = Field(None, description="A file with the secret that signs: whsec_ and base64.")
    secret_env: EnvironmentVariable | None = Field(
        None, description="Instead of a file: the environment variable of the notify service with the secret."
    )

    to_file: Path | None = Field(None, description="Of people: a file with their address, as Apprise writes it.")
    to_env: EnvironmentVariable | None = Field(
        None, description="Instead of a file: the environment variable of the notify service with the address."
    )
    tell: Annotated[tuple[TellKind, ...], Field(min_length=1)] = Field(
        EVERY_KIND, description="Of people: what they are told; absent: all."
    )
    digest: Times = Field(
        "daily", description="When new recordings are told: daily or weekly at 7:00 UTC, a cron line, at-once, never."
    )
    summary: Annotated[str, StringConstraints(max_length=200), AfterValidator(_summary_times)] = Field(
        "weekly", description="When the state of the archive is told: daily, weekly, a cron line, never."
    )
    labels: Annotated[dict[LabelName, LabelValue], Field(max_length=20)] = Field(
        {}, description="Of people: only followed sources that have all these labels."
    )

    @property
    def is_webhook(self) -> bool:
        """Whether events are posted to it; otherwise it is people."""
        return self.url is not None

    @model_validator(mode="after")
    def _rules(self) -> Self:
        if self.name.startswith(HOOK_PREFIX):
            raise ValueError(f"names that begin with {HOOK_PREFIX} are those of installed hooks; choose another")
        has_address = (self.to_file is None) != (self.to_env is None)
        if self.url is None:
            if not has_address:
                raise ValueError("give url for a webhook, or one of to_file and to_env for people")
            self._refuse("people", "types", "secret_file", "secret_env")
            return self
        if (self.secret_file is None) == (self.secret_env is None):
            raise ValueError("give secret_file or secret_env, and not both")
        if (parts := urlsplit(self.url)).username is not None or parts.password is not None:
            raise ValueError("remove the user and password from url; the signature shows who sends")
        self._refuse("a webhook", "to_file", "to_env", "tell", "digest", "summary", "labels")
        return self

    def _refuse(self, what: str, *fields: str) -> None:
        if given := [field for field in fields if field in self.model_fields_set]:
            raise ValueError(f"{what} has no {given[0]}; remove it")
