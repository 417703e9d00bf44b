"""An open object: its bytes as a stream, and its metadata."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from urllib.parse import quote, unquote

from urllib3.response import BaseHTTPResponse

from shared.storage.s3.driver_errors import translated


class ObjectStream:
    """The bytes of an open object."""

    def __init__(self, response: BaseHTTPResponse) -> None:
        self._response = response

    def read(self, number: int = -1) -> bytes:
        """The next bytes, at most `number`, b"" at the end; -1: all that are left. Blocks. Raises StoreUnavailable."""
        with translated:
            return self._response.read(number if number >= 0 else None)


@dataclass(frozen=True)
class ObjectReading:
    """An open object. Metadata names are in lower case, values decoded."""

    stream: ObjectStream
    metadata: Mapping[str, str]
    content_type: str = ""
    etag: str = ""


class OpenObject(AbstractContextManager[ObjectReading]):
    """Returns urllib3's connection to its pool at the end."""

    def __init__(self, response: BaseHTTPResponse) -> None:
        self._response = response

    def __enter__(self) -> ObjectReading:
        metadata = own_metadata(dict(self._response.headers.items()))
        content_type = self._response.headers.get("Content-Type", "")
        etag = self._response.headers.get("ETag", "").strip('"')
        return ObjectReading(ObjectStream(self._response), metadata, content_type, etag)

    def __exit__(self, *_: object) -> None:
        self._response.close()
        self._response.release_conn()


def own_metadata(headers: Mapping[str, str]) -> dict[str, str]:
    """Select the metadata among an object's headers: names in lower case without their prefix, values decoded."""
    prefix = "x-amz-meta-"
    return {
        name.lower().removeprefix(prefix): unquote(value)
        for name, value in headers.items()
        if name.lower().startswith(prefix)
    }


def encoded_metadata(metadata: Mapping[str, str]) -> dict[str, str]:
    """Percent-encode the values of metadata, since S3 takes ASCII only."""
    return {name: quote(value, safe=" /:?&=,@+") for name, value in metadata.items()}
