"""The rule for every value, whatever its setting."""

from __future__ import annotations

import unicodedata

#: Maximum characters of a value. The longest legitimate one, an address with a certificate, is far shorter.
MAX_LENGTH = 32_768


def check_text(text: str) -> None:
    """Raise ValueError for mistakes: a copied line break, a control character, invalid UTF-8, nothing but spaces."""
    if len(text) > MAX_LENGTH:
        raise ValueError(f"it has {len(text)} characters; at most {MAX_LENGTH} are allowed")
    kinds = {unicodedata.category(letter) for letter in text}
    if "Cc" in kinds:
        raise ValueError("it contains a line break or another control character, perhaps at its end")
    if "Cs" in kinds:
        raise ValueError("it contains bytes that are not valid UTF-8")
    if text and not text.strip():
        raise ValueError("it contains only spaces; leave it empty for the default")
