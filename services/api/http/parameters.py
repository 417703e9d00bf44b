"""The parameters that several routes accept, with their bounds."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query
from pydantic import AfterValidator, AwareDatetime, StringConstraints

from shared.untrusted.bounds import within_calendar


def _storable(text: str) -> str:
    """Reject what the database cannot hold: lone surrogates are not Unicode text, and NUL ends a key."""
    if "\0" in text or any(0xD800 <= ord(letter) <= 0xDFFF for letter in text):
        raise ValueError("it contains a NUL character or half of a surrogate pair")
    return text


Moment = Annotated[AwareDatetime, AfterValidator(within_calendar)]
#: For text that goes into the database or is looked up there.
STORABLE = AfterValidator(_storable)
#: A word or an id.
Text = Annotated[str, StringConstraints(min_length=1, max_length=300), STORABLE]
VideoId = Annotated[Text, Path(description="e.g. youtube:dQw4w9WgXcQ")]
PlaylistId = Annotated[Text, Path(description="e.g. youtube:PLxxxxxxxxxxxx")]
Cursor = Annotated[
    Annotated[str, StringConstraints(max_length=1000)] | None,
    Query(alias="cursor", description="The value of `next` in the previous page."),
]
