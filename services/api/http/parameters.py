"""What routes take from a request, with its bounds: each is declared once."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query
from pydantic import AfterValidator, AwareDatetime, StringConstraints

from shared.untrusted.bounds import within_calendar


def _storable(text: str) -> str:
    """The database takes Unicode, and no text holds a NUL."""
    if "\0" in text or any(0xD800 <= ord(letter) <= 0xDFFF for letter in text):
        raise ValueError("it holds characters that no text has")
    return text


Moment = Annotated[AwareDatetime, AfterValidator(within_calendar)]
#: For text: the database can hold it.
STORABLE = AfterValidator(_storable)
#: A word or an id to look for.
Text = Annotated[str, StringConstraints(min_length=1, max_length=300), STORABLE]
VideoId = Annotated[Text, Path(description="e.g. youtube:dQw4w9WgXcQ")]
PlaylistId = Annotated[Text, Path(description="e.g. youtube:PLxxxxxxxxxxxx")]
Cursor = Annotated[
    Annotated[str, StringConstraints(max_length=1000)] | None,
    Query(alias="cursor", description="`next` of the page before."),
]
