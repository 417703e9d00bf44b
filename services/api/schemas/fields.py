"""Types of fields and parameters, with their bounds."""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, StringConstraints

from shared.untrusted.bounds import within_calendar


def _storable(text: str) -> str:
    """Reject what the database cannot hold: NUL, and lone surrogates, which are not Unicode text."""
    if "\0" in text or any(0xD800 <= ord(letter) <= 0xDFFF for letter in text):
        raise ValueError("it contains a NUL character or half of a surrogate pair")
    return text


Moment = Annotated[AwareDatetime, AfterValidator(within_calendar)]
#: For text that goes into the database or is looked up there.
STORABLE = AfterValidator(_storable)
#: A word or an id.
Text = Annotated[str, StringConstraints(min_length=1, max_length=300), STORABLE]


def with_types_of_json(model: type[BaseModel]) -> BeforeValidator:
    """Make the validator that reads a body as JSON means it: a text is no number, and true is not 1.

    The models of definitions take texts for numbers, since files of them have only texts.
    """

    def read(value: object) -> object:
        return model.model_validate_json(json.dumps(value), strict=True) if isinstance(value, dict) else value

    return BeforeValidator(read, json_schema_input_type=model)
