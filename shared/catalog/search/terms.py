"""The words under which a video is found: of its title and its channel, as people type them.

Letters keep their base and lose their marks and their case: tone marks are often left out, and so `Ɖɔ̌ wé` is found by
`ɖɔ we`. What no keyboard but a Fon one has (ɖ, ɛ, ɔ) is also found by the letters that people type instead.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

#: Letters that many keyboards lack, and what is typed instead.
_TYPED_AS = str.maketrans({"ɖ": "d", "ɛ": "e", "ɔ": "o", "ŋ": "n", "ɣ": "g", "ʋ": "v", "ø": "o", "ł": "l", "đ": "d"})
#: Bounds of what one video adds to the index.
MAX_WORDS, MAX_WORD = 64, 40


def words_of(*texts: str | None) -> list[str]:
    """The words of some texts, each once and in order; of a word with rare letters also the form with common ones."""
    found: dict[str, None] = {}
    for text in texts:
        for word in re.findall(r"\w+", _plain(text or "")):
            found[word[:MAX_WORD]] = None
            found[word.translate(_TYPED_AS)[:MAX_WORD]] = None
    return sorted(list(found)[:MAX_WORDS])


def spelled(words: Iterable[str]) -> str:
    """Words between spaces: an index finds the videos of one word, and among them this tells those of several."""
    return f" {' '.join(words)} "


def all_of(words: Iterable[str]) -> str:
    """A regular expression for what is spelled with all these words."""
    return "^" + "".join(f"(?=.* {re.escape(word)} )" for word in words)


def words_asked(text: str) -> list[str]:
    """The words that somebody looks for, the longest first: it is the rarest, as a rule."""
    found = dict.fromkeys(word[:MAX_WORD] for word in re.findall(r"\w+", _plain(text)))
    return sorted(found, key=lambda word: (-len(word), word))[:MAX_WORDS]


def _plain(text: str) -> str:
    """Case folded; marks taken from their letters."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
