"""Distinguishes an S3 server that refuses one request from a failing server."""

from __future__ import annotations

from collections.abc import Callable

from minio.error import S3Error

#: HTTP statuses of a refusal.
_REFUSALS = {400, 403, 405, 409, 501}
#: Codes with such a status that concern the access key, the clock, or a temporary state.
_NOT_ABOUT_THIS = {
    "AuthorizationHeaderMalformed",
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidToken",
    "OperationAborted",
    "RequestTimeout",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
}
_GONE = {"NoSuchKey", "NoSuchVersion", "NoSuchUpload"}
#: Codes of a server that lacks the feature, so that there is nothing to list.
NO_SUCH_FEATURE = {"NotImplemented", "MethodNotAllowed", "NotSupported"}


def is_refusal(error: S3Error) -> bool:
    """Return whether a working server that accepts our key refused this one request."""
    return error.response.status in _REFUSALS and error.code not in _NOT_ABOUT_THIS


def refusal_of(action: Callable[[], object]) -> S3Error | None:
    """Run `action`. Returns its refusal; None if it succeeded, or its object is already gone. Raises other errors."""
    try:
        action()
    except S3Error as error:
        if error.code in _GONE:
            return None
        if not is_refusal(error):
            raise
        return error
    return None
