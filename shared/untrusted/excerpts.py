"""Sentences for people about things that a stranger may send without end: the first ones, cut, and how many more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

#: Sentences that a document holds of one kind, and characters of each: some 0.2 MB at most.
MAX_SENTENCES, MAX_SENTENCE = 100, 500


@dataclass
class Told:
    """The first sentences of a few that one document holds: two of these fit into MAX_SENTENCES."""

    #: How many are kept beside the one that counts the others.
    most: int = MAX_SENTENCES // 2 - 1
    _kept: list[str] = field(default_factory=list)
    _more: int = 0

    def add(self, sentence: str) -> None:
        """Keep a sentence, or count it if there are enough."""
        if len(self._kept) < self.most:
            self._kept.append(sentence[:MAX_SENTENCE])
        else:
            self._more += 1

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is kept, and how many more there were."""
        return (*self._kept, *([f"{self._more} more are left out."] if self._more else []))


def within_bounds(sentences: Iterable[str]) -> list[str]:
    """As many sentences, and as much of each, as a document holds."""
    return [sentence[:MAX_SENTENCE] for _, sentence in zip(range(MAX_SENTENCES), sentences, strict=False)]
