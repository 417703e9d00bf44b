"""What every value must be, whatever it is about."""

from __future__ import annotations

import unicodedata

#: Characters of a value. The longest there is, an address with a certificate in it, is far below.
MAX_LENGTH = 32_768


def check_text(text: str) -> None:
    """Raise ValueError for what nobody means: a copied line break, a NUL, bytes that are no text, spaces alone."""
    if len(text) > MAX_LENGTH:
        raise ValueError(f"it has {len(text)} characters, and none may have more than {MAX_LENGTH}")
    kinds = {unicodedata.category(letter) for letter in text}
    if "Cc" in kinds:
        raise ValueError("it holds a line break or another control character; look at its end too")
    if "Cs" in kinds:
        raise ValueError("it holds bytes that are no UTF-8")
    if text and not text.strip():
        raise ValueError("it holds nothing but spaces; leave it empty to have the default")
