"""`endpoints.yaml`: all endpoints in one file. Wrong lines are reported together, with line, field and cure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

from pydantic import SecretStr

from shared.addresses.hosts import is_inner_host
from shared.addresses.normal_form import host_of
from shared.listed_file import read_list
from shared.notifications.definition import EndpointDefinition

_TOP = "endpoints"
#: Fields that say where a secret or an address is.
_SECRETS = ("secret_file", "secret_env", "to_file", "to_env")
SECRET_PREFIX = "whsec_"  # noqa: S105  # the public beginning of every secret
#: Bytes of a secret. Source: Standard Webhooks, "Signature scheme".
SECRET_BYTES = range(24, 65)


class Endpoint(NamedTuple):
    """An endpoint, and the secret that signs what it is sent, or the address of people."""

    definition: EndpointDefinition
    secret: SecretStr

    @property
    def where(self) -> str:
        """Where it is, without secrets: the address of a webhook, the scheme of people's address."""
        if self.definition.url is not None:
            return self.definition.url
        return self.secret.get_secret_value().partition("://")[0] + "://"


def parse_endpoints(
    text: str, read_secret: Callable[[EndpointDefinition], str], *, private_hosts: bool = False
) -> list[Endpoint]:
    """Parse a file. Raises WrongFile, which never holds a secret; then nothing of the file should be applied.

    `read_secret`: returns the secret or the address that a definition names; raises ValueError, whose text says why it
    cannot, or what is wrong with an address.
    """
    listed = read_list(text, _TOP, EndpointDefinition)
    lines: dict[str, int] = {}
    endpoints: list[Endpoint] = []
    for line, definition in listed.definitions:
        name = definition.name
        if (first := lines.setdefault(name, line)) != line:
            listed.mistakes.append((line, f"name: {name} is also in line {first}; give each endpoint its own name."))
        if not private_hosts and definition.url is not None:
            listed.mistakes.extend((line, f"{name}: {text}") for text in _not_public(definition.url))
        try:
            secret = read_secret(definition)
            checked = checked_secret(secret) if definition.is_webhook else SecretStr(secret.strip())
            endpoints.append(Endpoint(definition, checked))
        except ValueError as error:
            field = next(name for name in _SECRETS if getattr(definition, name) is not None)
            listed.mistakes.append((line, f"{name}: {field}: {error}"))
    listed.refuse_mistakes()
    return endpoints


def checked_secret(text: str) -> SecretStr:
    """Check the form of a secret. Raises ValueError, whose text does not hold it."""
    text = text.strip()
    try:
        key = base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not text.startswith(SECRET_PREFIX) or len(key) not in SECRET_BYTES:
        # Without the cause: its traceback could show the secret.
        raise ValueError(
            "the secret must be whsec_ followed by the base64 of 24 to 64 random bytes, as of `openssl rand -base64 32`"
        ) from None
    return SecretStr(text)


def _not_public(url: str) -> Iterator[str]:
    parts = urlsplit(url)
    host = host_of(parts)
    if is_inner_host(host):
        yield f"url: {host} is not on the public internet; use a public address, or set NOTIFY_PRIVATE_HOSTS=true."
    elif parts.scheme != "https":
        yield "url: events would be readable on their way; use https, or set NOTIFY_PRIVATE_HOSTS=true."
