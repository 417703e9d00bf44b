"""The search terms of a video: the words of its title and channel, as people type them.

Letters lose their marks and their case, since tone marks are often left out: `Ɖɔ̌ wé` is found by `ɖɔ we`. Letters that
few keyboards have (ɖ, ɛ, ɔ) are also found by the letters that people type instead.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

#: Letters that many keyboards lack, and what people type instead.
_TYPED_AS = str.maketrans({"ɖ": "d", "ɛ": "e", "ɔ": "o", "ŋ": "n", "ɣ": "g", "ʋ": "v", "ø": "o", "ł": "l", "đ": "d"})
#: How many words of one video, and how many characters of each, go into the index.
MAX_WORDS, MAX_WORD = 64, 40


def words_of(*texts: str | None) -> list[str]:
    """Return the words of several texts, each once and sorted; words with rare letters also with common ones."""
    found: dict[str, None] = {}
    for text in texts:
        for word in re.findall(r"\w+", _plain(text or "")):
            found[word[:MAX_WORD]] = None
            found[word.translate(_TYPED_AS)[:MAX_WORD]] = None
    return sorted(list(found)[:MAX_WORDS])


def spelled(words: Iterable[str]) -> str:
    """Return words between spaces: an index finds the videos with one word, and this text those with several."""
    return f" {' '.join(words)} "


def all_of(words: Iterable[str]) -> str:
    """Return a regular expression for texts of `spelled` that contain all these words."""
    return "^" + "".join(f"(?=.* {re.escape(word)} )" for word in words)


def words_asked(text: str) -> list[str]:
    """Return the words of a search, the longest first: it is usually the rarest."""
    found = dict.fromkeys(word[:MAX_WORD] for word in re.findall(r"\w+", _plain(text)))
    return sorted(found, key=lambda word: (-len(word), word))[:MAX_WORDS]


def _plain(text: str) -> str:
    """Return a text with its case folded and without marks."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
