"""What the functions of a site take and return. Each value is checked where the site's own code makes it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Protocol

from pydantic import AfterValidator, ConfigDict, Field
from pydantic.dataclasses import dataclass

from shared.untrusted.bounds import MAX_ADDRESS, MAX_COUNT, MAX_SECONDS

_STRICT = ConfigDict(strict=True)

#: An id that needs no quoting in object keys, so that `fetch` gets the very id that `list` gave.
_PlainId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,198}[A-Za-z0-9_-]$|^[A-Za-z0-9_-]$")]
_Address = Annotated[str, Field(pattern=r"^https?://[^\s/]+\S*$", max_length=MAX_ADDRESS)]
_Seconds = Annotated[float, Field(gt=0, le=MAX_SECONDS)]
#: RFC 9110, 5.1 and 5.5. A value of several lines would add headers, or a body.
HEADER_NAME = re.compile(r"\A[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
HEADER_VALUE = re.compile(r"\A(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?\Z")
_Headers = Mapping[Annotated[str, Field(pattern=HEADER_NAME)], Annotated[str, Field(pattern=HEADER_VALUE)]]


def _in_utc(moment: datetime | date) -> datetime | date:
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        try:
            return moment.astimezone(UTC)
        except OverflowError as error:
            raise ValueError("it is outside the calendar") from error
    return moment


#: Within the calendar in UTC too.
_Published = Annotated[datetime | date, AfterValidator(_in_utc)]


@dataclass(frozen=True, config=_STRICT)
class Head:
    """The list itself. A site may yield it before the first entry."""

    title: str | None = None
    channel: str | None = None
    #: The number of entries by the source's word; the largest counts. If fewer come, the listing is incomplete.
    count: Annotated[int, Field(ge=0, le=MAX_COUNT)] | None = None


@dataclass(frozen=True, config=_STRICT)
class Entry:
    """One recording of a list. `fetch` gets its id and address only."""

    #: Unique within the site and the same for ever: at most 200 letters, digits and `_ - .`, no dot at either end.
    id: _PlainId
    #: Its page or record, at one of the site's HOSTS.
    address: _Address
    title: str | None = None
    channel: str | None = None
    seconds: _Seconds | None = None
    #: When it was published. A moment without a time zone is UTC.
    published: _Published | None = None


@dataclass(frozen=True, config=_STRICT)
class Media:
    """Where the file of one recording is, at any host, and what the source says of the recording."""

    address: _Address
    title: str
    channel: str | None = None
    #: The duration that the source states: a shorter or longer file is refused.
    seconds: _Seconds | None = None
    published: _Published | None = None
    #: A language code such as fon or en-GB.
    language: str | None = None
    licence: str | None = None
    description: str | None = None
    #: The id that the source gives it, if it gives one: any other than the entry's is refused.
    id: _PlainId | None = None
    #: Headers for the request of the file.
    headers: _Headers = Field(default_factory=dict)


class Site(Protocol):
    """The module that an entry point names."""

    #: Hosts whose addresses the site takes, each with its port unless that is the usual one.
    HOSTS: Sequence[str]

    def list(self, address: str) -> Iterable[Head | Entry]:
        """Yield the entries at an address. Returning means that the list is complete."""

    def fetch(self, entry: Entry) -> Media:
        """Return where the entry's file is."""
