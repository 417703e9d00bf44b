"""Whether an S3 server refuses one thing, or is unwell altogether."""

from __future__ import annotations

from collections.abc import Callable

from minio.error import S3Error

#: HTTP statuses of a refusal.
_REFUSALS = {400, 403, 405, 409, 501}
#: Codes with such a status that are about the key, the clock or the moment.
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
#: A server that has no such feature has nothing to list.
NO_SUCH_FEATURE = {"NotImplemented", "MethodNotAllowed", "NotSupported"}


def is_refusal(error: S3Error) -> bool:
    """Whether a server that is well refused this one thing to a key that it knows."""
    return error.response.status in _REFUSALS and error.code not in _NOT_ABOUT_THIS


def refusal_of(action: Callable[[], object]) -> S3Error | None:
    """Do it. Returns the refusal; None if it was done, or what it is about is gone already. Raises other errors."""
    try:
        action()
    except S3Error as error:
        if error.code in _GONE:
            return None
        if not is_refusal(error):
            raise
        return error
    return None
