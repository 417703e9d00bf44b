"""What a person says of an endpoint: a web address that is told of events."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from shared.contracts.base import WebUrl
from shared.contracts.notification import EndpointName

EventType = Literal["audio.stored.v1", "audio.mirrored.v1", "video.abandoned.v1", "source.checked.v1"]
EVERY_TYPE: tuple[EventType, ...] = ("audio.stored.v1", "audio.mirrored.v1", "video.abandoned.v1", "source.checked.v1")


class EndpointDefinition(BaseModel):
    """An endpoint."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: EndpointName = Field(description="Its name here: lower-case letters, digits and hyphens.")
    url: WebUrl = Field(description="The address to which events are posted.")
    types: Annotated[tuple[EventType, ...], Field(min_length=1)] = Field(
        EVERY_TYPE, description="The types of events of which it is told; absent: all that there are."
    )
    secret_file: Path | None = Field(None, description="A file with the secret that signs: whsec_ and base64.")
    secret_env: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$", max_length=100)] | None = Field(
        None, description="Instead of a file: the environment variable of the notify service with the secret."
    )
    enabled: bool = Field(True, description="Whether it is told of events.")
    resume: int = Field(0, ge=0, le=10**6, description="Raise it to resume an endpoint that was paused.")

    @model_validator(mode="after")
    def _rules(self) -> Self:
        if (self.secret_file is None) == (self.secret_env is None):
            raise ValueError("give secret_file or secret_env, and not both")
        if (parts := urlsplit(self.url)).username is not None or parts.password is not None:
            raise ValueError("remove the user and password from url; the signature shows who sends")
        return self
