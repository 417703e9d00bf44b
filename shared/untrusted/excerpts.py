"""Bounds lists of sentences about untrusted input: keeps the first ones, cuts each to a length, and counts the rest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

#: Sentences of one kind in a document, and characters of each: about 0.2 MB at most.
MAX_SENTENCES, MAX_SENTENCE = 100, 500


@dataclass
class Excerpts:
    """Collects the first sentences and counts the rest. Two of these fit into MAX_SENTENCES."""

    #: Sentences kept, without the one that gives the number of the others.
    most: int = MAX_SENTENCES // 2 - 1
    _kept: list[str] = field(default_factory=list)
    _more: int = 0

    def add(self, sentence: str) -> None:
        """Keep a sentence, or only count it once the limit is reached."""
        if len(self._kept) < self.most:
            self._kept.append(sentence[:MAX_SENTENCE])
        else:
            self._more += 1

    @property
    def sentences(self) -> tuple[str, ...]:
        """The kept sentences, and one with the number of the others if there are any."""
        return (*self._kept, *([f"{self._more} more are left out."] if self._more else []))


def within_bounds(sentences: Iterable[str]) -> list[str]:
    """The first MAX_SENTENCES sentences, each cut to MAX_SENTENCE characters."""
    return [sentence[:MAX_SENTENCE] for _, sentence in zip(range(MAX_SENTENCES), sentences, strict=False)]
