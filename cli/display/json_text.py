"""JSON as commands print it: letters as they are, but nothing that could steer a terminal or end a line."""

from __future__ import annotations

import json
import re
from typing import Any

#: What JSON leaves as it is beside letters: DEL, C1, marks of direction, ends of lines and paragraphs, halves of
#: characters.
_UNSEEN = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


def json_text(value: Any, indent: int | None = None) -> str:
    """A value as JSON; what is not seen is escaped, so that it can be read back as it was."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
