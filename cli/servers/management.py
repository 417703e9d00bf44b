"""RabbitMQ's management API, which creates users; AMQP cannot."""

from __future__ import annotations

import httpx

from cli.errors import REFUSED, UNREACHABLE, CliError
from shared.topology.definitions import Account, Definitions

#: Seconds allowed for a request.
REQUEST_SECONDS = 30


class Management:
    """Sends requests to the API at `url`, as a user with the tag `administrator`."""

    def __init__(self, url: str, administrator: Account) -> None:
        self._url = url.rstrip("/")
        self._administrator = administrator

    def import_definitions(self, definitions: Definitions) -> None:
        """Create or change what `definitions` contain; the rest of the broker is not affected. Raises CliError."""
        user = self._administrator.user
        try:
            answer = httpx.post(
                f"{self._url}/api/definitions",
                json=definitions,
                auth=(user, self._administrator.password),
                timeout=REQUEST_SECONDS,
                trust_env=False,
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise CliError(
                f"RabbitMQ's management API at {self._url} cannot be reached: {error}. Check the port (often 15672), "
                "and enable it with `rabbitmq-plugins enable rabbitmq_management`.",
                UNREACHABLE,
            ) from error
        if answer.status_code in (401, 403):
            raise CliError(
                f"RabbitMQ's management API does not let {user} create users. Set RABBITMQ_URL to a user with the tag "
                "administrator (`rabbitmqctl set_user_tags USER administrator`).",
                REFUSED,
            )
        if answer.is_error:
            raise CliError(
                f"RabbitMQ's management API answered {answer.status_code}: {answer.text[:500]}. Check the broker's "
                "log. `fonoteca topology definitions` prints definitions to import by hand."
            )
