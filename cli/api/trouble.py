"""Explains why the API is unreachable, or that another program answers in its place, and what to do about it."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx

from cli.api.stack_state import is_of_a_stack, stack_runs, start_command
from cli.arguments.addresses import is_on_this_machine, with_other_scheme


def not_reached(url: str, error: Exception, env_file: Path | None) -> str:
    """Return a sentence about a connection error, with what to do. `env_file`: where the address comes from."""
    text = _text(error)
    if "WRONG_VERSION_NUMBER" in text or "RECORD_LAYER" in text or "HTTP_REQUEST" in text:
        return f"The server at {url} does not use TLS. Write {with_other_scheme(url)} in {_source(env_file)}."
    if _is_certificate_error(error):
        return (
            f"The certificate of {url} is not trusted: {text}. Use the host name in the certificate, or name the "
            "authority's certificate with SSL_CERT_FILE=FILE."
        )
    if isinstance(error, httpx.TimeoutException):
        return f"The API at {url} does not answer in time. {_start(url, env_file)}"
    if isinstance(error, httpx.ConnectError) and _is_name_error(error):
        return f"The host name in {url} was not found. Correct API_URL in {_source(env_file)}."
    if isinstance(error, httpx.RemoteProtocolError) and url.startswith("http:"):
        return (
            f"The server at {url} did not answer in HTTP ({text}). If it uses TLS, write "
            f"{with_other_scheme(url)} in {_source(env_file)}; if it restarts, try again."
        )
    return f"The API at {url} does not answer ({text}). {_start(url, env_file)}"


def not_the_api(url: str, response: httpx.Response, env_file: Path | None) -> str:
    """Return a sentence about an answer that cannot come from the API, with what to do."""
    where = _source(env_file)
    if response.is_redirect:
        to = response.headers.get("location", "elsewhere").split("/v1/")[0]
        return f"{url} redirects to {to}. Write that address in {where}."
    if response.status_code == 400 and "HTTPS" in response.text[:1000].upper():
        return f"The server at {url} expects TLS. Write {with_other_scheme(url)} in {where}."
    if response.status_code in (502, 503, 504):
        return (
            f"A proxy at {url} answered {response.status_code}: the API behind it is unavailable. {_start(url, None)}"
        )
    if env_file is not None and is_of_a_stack(env_file) and not stack_runs(env_file.parent):
        return (
            f"{url} answered {response.status_code}, but not as the API does: its stack has stopped, and another "
            f"program uses its port. {start_command(env_file)} starts the stack, on another port."
        )
    return (
        f"{url} answered {response.status_code}, but not as the API does. Correct API_URL in {where}: it is the "
        "dashboard's address, without a path."
    )


def _start(url: str, env_file: Path | None) -> str:
    if env_file is not None and is_of_a_stack(env_file):
        if not stack_runs(env_file.parent):
            return f"The stack in {env_file.parent} is not running. {start_command(env_file)} starts it."
        return f"Its stack runs: check {env_file.parent}/logs/api.log."
    here = "`make up` starts it here, `docker compose up --detach --wait` in containers"
    if is_on_this_machine(url):
        return f"Is it running? {here}. If it listens elsewhere, correct API_URL in {_source(env_file)}."
    return f"Is it running, and reachable from this machine? If not, correct API_URL in {_source(env_file)}; {here}."


def _source(env_file: Path | None) -> str:
    return str(env_file) if env_file is not None else "the environment"


def _text(error: Exception) -> str:
    return str(error).strip() or type(error).__name__


def _causes(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and len(found) < 10:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def _is_certificate_error(error: Exception) -> bool:
    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error))


def _is_name_error(error: Exception) -> bool:
    return any("getaddrinfo" in type(cause).__name__ or type(cause).__name__ == "gaierror" for cause in _causes(error))
