"""Finds the API: by a file, the environment, or a native stack in this folder."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from cli.api.client import Address
from cli.api.env_file import DEFAULT_ENV_FILE, read_env
from cli.api.stack_state import is_of_a_stack, stack_runs, start_command
from cli.arguments.addresses import api_address, host_and_port
from cli.errors import UNREACHABLE, WRONG_SETTING, CliError
from shared.errors import Misconfigured
from shared.settings import Group, VisibleSecret, load

#: Seconds to wait for a starting stack (it takes about 20), and between two checks of it.
START_SECONDS, POLL_SECONDS = 120, 0.5
#: The variables that a client needs.
NEEDED = ("API_URL", "API_KEY")


class ClientSettings(Group):
    """The API's address, for its clients."""

    model_config = SettingsConfigDict(env_prefix="API_")

    url: str = Field(description="The API's address, e.g. https://fonoteca.example.org.")
    key: VisibleSecret = Field(description="A key of the API; `fonoteca keys create` creates one.", max_length=300)

    @field_validator("url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        return api_address(value)


def find_api(env_file: Path | None, say: Callable[[str], object] | None = None) -> Address:
    """Return the API's address from `env_file`, else the environment, else a native stack in this folder.

    `say`: announces that a stack is still starting, which is then waited for; None: do not wait. Raises CliError, and
    Misconfigured with a sentence for each value that is wrong.
    """
    there = DEFAULT_ENV_FILE.exists() or is_of_a_stack(DEFAULT_ENV_FILE)
    if env_file is None and not os.environ.get("API_URL") and there:
        env_file = DEFAULT_ENV_FILE
    if env_file is None:
        return _address(os.environ, None)
    if say is not None and is_of_a_stack(env_file):
        _wait_for_stack(env_file, say)
    return _address(read_env(env_file), env_file)


def _address(values: Mapping[str, str], env_file: Path | None) -> Address:
    missing = [name for name in NEEDED if not values.get(name)]
    if not missing:
        found = load(ClientSettings, {"url": values["API_URL"], "key": values["API_KEY"]})
        return Address(found.url.rstrip("/"), found.key.get_secret_value(), env_file)
    # The value that is set may be wrong too, and is reported at once. The missing one gets a valid value.
    url, key = values.get("API_URL") or "http://localhost", values.get("API_KEY") or "x"
    also = ""
    try:
        load(ClientSettings, {"url": url, "key": key})
    except Misconfigured as error:
        also = f"\n{error}"
    names = " and ".join(missing)
    if env_file is not None and is_of_a_stack(env_file):
        cure = f"A stack without services has no API; {start_command(env_file)} starts both."
    elif env_file is not None:
        cure = f"Add {' and '.join(f'{name}=…' for name in missing)} to it, or give another --env-file FILE."
    else:
        cure = "Give --env-file FILE (`make up` writes .stack/env), or export API_URL and API_KEY."
    where = f"{env_file}" if env_file is not None else "The environment"
    raise CliError(f"{where} does not name {names}. {cure}{also}", WRONG_SETTING)


def _wait_for_stack(env_file: Path, say: Callable[[str], object]) -> None:
    """Return once the stack of this file answers or has stopped. Raises CliError after START_SECONDS."""
    folder = env_file.parent
    deadline = time.monotonic() + START_SECONDS
    announced = False
    while stack_runs(folder) and not _answers(env_file):
        if time.monotonic() > deadline:
            raise CliError(
                f"The stack in {folder} runs, but its API has not answered for {START_SECONDS} s. Check the terminal "
                f"of `make up` and {folder}/logs/api.log; a stack without services has no API.",
                UNREACHABLE,
            )
        if not announced:
            say(f"The stack in {folder} is still starting; waiting for it. Ctrl-C stops waiting.")
            announced = True
        time.sleep(POLL_SECONDS)


def _answers(env_file: Path) -> bool:
    """Whether something listens at the address that the file names."""
    try:
        place = host_and_port(api_address(read_env(env_file)["API_URL"]))
        socket.create_connection(place, timeout=1).close()
    except (CliError, KeyError, ValueError, OSError):
        return False
    return True
