"""JSON as commands print it: readable letters, but no characters that control a terminal or end a line."""

from __future__ import annotations

import json
import re
from typing import Any

#: Invisible characters that JSON does not escape: DEL, C1, direction marks, line and paragraph separators, lone
#: surrogates.
_UNSEEN = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


def json_text(value: Any, indent: int | None = None) -> str:
    """Return a value as JSON; invisible characters are escaped, so that it can be read back unchanged."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
