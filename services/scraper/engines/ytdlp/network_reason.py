"""Finds the reason behind an exception of a request, by types, HTTP statuses and error numbers, never by a text."""

from __future__ import annotations

import errno
import http.client
import re
import socket
import ssl
from collections.abc import Iterator

from yt_dlp.networking.exceptions import (
    CertificateVerifyError,
    HTTPError,
    IncompleteRead,
    NoSupportingHandlers,
    ProxyError,
    RequestError,
    SSLError,
    TransportError,
)
from yt_dlp.utils import ContentTooShortError

from services.scraper.engines.ytdlp.answers import AddressTooLong, AnswerTooLarge
from services.scraper.network.guard import NotPublic
from shared.contracts.reasons import Reason

_TOO_MANY, _FORBIDDEN, _SERVER = 429, 403, 500
#: Class names of exceptions of requests and urllib3, which this code does not import.
_TIMEOUTS = {"ReadTimeout", "ConnectTimeout", "Timeout", "ReadTimeoutError", "ConnectTimeoutError", "TimeoutError"}
_NO_WAY = {"NewConnectionError", "NameResolutionError"}
#: http.client's text for a proxy that refuses a connection; there is no type for it.
_TUNNEL = re.compile(r"Tunnel connection failed: \d{3}")
_DISK = {errno.ENOSPC: Reason.DISK_FULL, errno.EDQUOT: Reason.DISK_FULL, errno.EFBIG: Reason.LARGER_THAN_ALLOWED}
#: Maximum number of exceptions inspected behind one.
_MOST = 30


def request_reason(error: BaseException) -> Reason | None:
    """The reason of a failed request or download; None if it is not one of the network's, or unknown."""
    if isinstance(error, HTTPError):
        return status_reason(error.status)
    if isinstance(error, ContentTooShortError):
        return Reason.SHORT_READ
    if isinstance(error, NoSupportingHandlers) and not error.unexpected_errors:
        # An address with another scheme, such as file:, which must not be opened.
        return Reason.UNSUPPORTED_STREAM
    if isinstance(error, AddressTooLong):
        return Reason.UNSUPPORTED_ADDRESS
    if isinstance(error, AnswerTooLarge):
        return Reason.ANSWER_TOO_LARGE
    if not isinstance(error, (RequestError, OSError)):
        return None
    inner = list(behind(error))
    if any(isinstance(one, NotPublic) for one in inner):
        return Reason.PRIVATE_ADDRESS
    if not isinstance(error, RequestError):
        return _of_system(error, inner)
    if isinstance(error, ProxyError) and any(_shuts_the_way(one) for one in inner):
        return Reason.PROXY_AWAY
    return _of_transport(error, inner)


def disk_reason(error: BaseException) -> Reason | None:
    """The reason why a file could not be written; None for any other error."""
    return _DISK.get(error.errno or 0) if isinstance(error, OSError) else None


def behind(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and those behind it: its causes, and those that yt-dlp, requests and urllib3 put inside."""
    seen: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting and len(seen) < _MOST:
        one = waiting.pop()
        if not isinstance(one, BaseException) or any(one is other for other in seen):
            continue
        seen.append(one)
        yield one
        held = [getattr(one, "cause", None), getattr(one, "reason", None), one.__cause__, *one.args]
        held = [other for other in held if isinstance(other, BaseException)]
        waiting += held or [None if one.__suppress_context__ else one.__context__]


def status_reason(status: int) -> Reason | None:
    """The reason that an HTTP status shows by itself; None if it shows none."""
    if status == _TOO_MANY:
        return Reason.TOO_MANY_REQUESTS
    if status == _FORBIDDEN:
        return Reason.FORBIDDEN
    return Reason.SERVER_ERROR if status >= _SERVER else None


def _shuts_the_way(one: BaseException) -> bool:
    """Whether this exception means that the proxy cannot be reached, or refuses all connections."""
    if isinstance(one, (socket.gaierror, ConnectionRefusedError)) or type(one).__name__ in _NO_WAY:
        return True
    return isinstance(one, OSError) and _TUNNEL.match(str(one)) is not None


def _of_system(error: BaseException, inner: list[BaseException]) -> Reason | None:
    if any(isinstance(one, TimeoutError) for one in inner):
        return Reason.TIMEOUT
    if any(isinstance(one, ssl.SSLError) for one in inner):
        return Reason.CONNECTION if _is_cut(inner) else Reason.TLS
    return Reason.CONNECTION if isinstance(error, (ConnectionError, socket.gaierror)) else None


def _of_transport(error: RequestError, inner: list[BaseException]) -> Reason | None:
    if isinstance(error, IncompleteRead) or any(isinstance(one, http.client.IncompleteRead) for one in inner):
        return Reason.SHORT_READ
    if any(isinstance(one, TimeoutError) or type(one).__name__ in _TIMEOUTS for one in inner):
        return Reason.TIMEOUT
    if isinstance(error, CertificateVerifyError):
        return Reason.TLS
    if isinstance(error, SSLError) or any(isinstance(one, ssl.SSLError) for one in inner):
        return Reason.CONNECTION if _is_cut(inner) else Reason.TLS
    return Reason.CONNECTION if isinstance(error, TransportError) else None


def _is_cut(inner: list[BaseException]) -> bool:
    """Whether a connection was cut during the TLS handshake, which OpenSSL reports as an SSL error."""
    return any(isinstance(one, (ssl.SSLEOFError, ssl.SSLZeroReturnError, ConnectionError)) for one in inner)
