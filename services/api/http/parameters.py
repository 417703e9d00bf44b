"""The parameters that several routes accept."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query
from pydantic import StringConstraints

from services.api.schemas.fields import Text

VideoId = Annotated[Text, Path(description="e.g. youtube:dQw4w9WgXcQ")]
PlaylistId = Annotated[Text, Path(description="e.g. youtube:PLxxxxxxxxxxxx")]
Cursor = Annotated[
    Annotated[str, StringConstraints(max_length=1000)] | None,
    Query(alias="cursor", description="The value of `next` in the previous page."),
]
