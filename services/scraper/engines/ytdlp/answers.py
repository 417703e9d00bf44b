"""Limits the size of a source's answers, so that an endless page does not fill this machine's memory."""

from __future__ import annotations

import io
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from urllib.parse import urljoin

from yt_dlp.networking import Response
from yt_dlp.networking._requests import RequestsSession
from yt_dlp.networking._urllib import RedirectHandler
from yt_dlp.networking.exceptions import TransportError

from services.scraper.engines.permits import NotPermitted

#: Maximum bytes of an answer that is read as a whole: a page, a feed, a manifest. The largest feeds have some 30 MB.
MAX_ANSWER_BYTES = 64 * 10**6
#: Maximum characters of a requested address. Servers accept 8 to 16 kB; signed addresses of media have some 4 kB.
MAX_ADDRESS_LENGTH = 16 * 1024
_PIECE = 2**20
_target_of = RequestsSession.get_redirect_target
_urllibs_redirection = RedirectHandler.redirect_request
#: Receives the HTTP status and the address to which a request is about to be redirected; raises NotPermitted.
OnRedirect = Callable[[int, str], None]
_on_redirect: ContextVar[OnRedirect | None] = ContextVar("on_redirect", default=None)


class NotFollowed(TransportError):
    """A redirect was not followed, because its target may not be requested now.

    It is a TransportError, since yt-dlp takes any other exception for a defect of its request handler.
    """

    def __init__(self, denied: NotPermitted) -> None:
        super().__init__(str(denied))
        self.denied = denied


@contextmanager
def redirections(on_redirect: OnRedirect) -> Iterator[None]:
    """Report every redirect of the requests in this block to `on_redirect`. Raises NotPermitted if that does."""
    token = _on_redirect.set(on_redirect)
    try:
        yield
    except NotFollowed as error:
        raise error.denied from error
    finally:
        _on_redirect.reset(token)


def _tell_redirection(status: int, target: str) -> None:
    check_length(target)
    if (on_redirect := _on_redirect.get()) is not None:
        try:
            on_redirect(status, target)
        except NotPermitted as denied:
            raise NotFollowed(denied) from denied


def _target_without_body(session: Any, response: Any) -> str | None:
    """The target of a redirect. Its body is dropped, since `requests` would read all of it before it follows."""
    target: str | None = _target_of(session, response)
    if target is not None:
        response._content = b""  # noqa: SLF001  # nothing public keeps `requests` from reading it
        # The unread body would arrive before the next answer, so the connection cannot be used again.
        response.raw.close()
        # `requests` asks for the same target more than once.
        if not getattr(response, "is_told", False):
            response.is_told = True
            _tell_redirection(response.status_code, urljoin(str(response.url), target))
    return target


def _told_redirection(
    handler: Any, request: urllib.request.Request, body: Any, status: int, *details: Any, **named: Any
) -> urllib.request.Request | None:
    redirected: urllib.request.Request | None = _urllibs_redirection(handler, request, body, status, *details, **named)
    if redirected is not None:
        _tell_redirection(status, redirected.full_url)
    return redirected


RequestsSession.get_redirect_target = _target_without_body
RedirectHandler.redirect_request = _told_redirection


class AnswerTooLarge(TransportError):
    """An answer has more than MAX_ANSWER_BYTES."""

    def __init__(self, address: str) -> None:
        super().__init__(f"The answer has more than {MAX_ANSWER_BYTES // 10**6} MB: {address[:200]}")


class AddressTooLong(TransportError):
    """An address is longer than any server accepts; no request was sent."""

    def __init__(self, address: str) -> None:
        super().__init__(f"The address has more than {MAX_ADDRESS_LENGTH} characters: {address[:200]}")


def check_length(address: str) -> None:
    """Raise AddressTooLong for an address of more than MAX_ADDRESS_LENGTH; `data:` addresses send no request."""
    if len(address) > MAX_ADDRESS_LENGTH and not address[:5].lower().startswith("data:"):
        raise AddressTooLong(address)


class BoundedAnswer(Response):
    """An answer of which at most MAX_ANSWER_BYTES can be read.

    With `as_stream` the limit applies only to reading it as a whole: media is read in pieces and written to a file,
    whose size has a limit of its own.
    """

    def __init__(self, answer: Response, *, as_stream: bool = False) -> None:
        super().__init__(answer, answer.url, answer.headers, answer.status, answer.reason, answer.extensions)
        self._answer = answer
        self._as_stream = as_stream
        self._has_read = 0

    def read(self, amt: int | None = None) -> bytes:
        """Read some bytes, or all that are left. Raises AnswerTooLarge."""
        if amt is not None and amt >= 0:
            return self._counted(self._answer.read(amt))
        pieces = io.BytesIO()
        while piece := self._answer.read(_PIECE):
            pieces.write(self._counted(piece, whole=True))
        return pieces.getvalue()

    def close(self) -> None:
        """Close the answer."""
        self._answer.close()
        super().close()

    def __getattr__(self, name: str) -> Any:
        # Attributes that only the answers of some handlers have.
        return getattr(self._answer, name)

    def _counted(self, piece: bytes, *, whole: bool = False) -> bytes:
        self._has_read += len(piece)
        if self._has_read > MAX_ANSWER_BYTES and (whole or not self._as_stream):
            self.close()
            raise AnswerTooLarge(str(self.url))
        return piece
