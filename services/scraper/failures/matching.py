"""Finds the known sentence that a text is. Its time is linear in the text's length: only a bounded part is matched."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from services.scraper.failures.sentences import (
    OF_A_FRAGMENT,
    OF_THE_DISK,
    OF_THE_NETWORK,
    OF_YOUTUBE,
    OF_YTDLP,
    Sentence,
)
from shared.contracts.reasons import Reason

#: Characters at the beginning and at the end of a sentence that are looked at.
_HEAD, _TAIL, _ADVICE_LENGTH = 1_000, 400, 500
#: How yt-dlp's texts begin: the extractor's name.
_SITE = re.compile(r"\[([A-Za-z][\w:+.-]{0,80})\] ")
#: What stands in an id's place when YouTube's further pages are asked for.
_PAGE = re.compile(r'(?:page|query ".{0,500}" page) \d{1,9}: ', re.DOTALL)
#: Names of YouTube's extractors; one that a plugin replaces is called `youtube+plugin`.
_OF_YOUTUBE = re.compile(r"youtube(?:$|[:+])")
#: Names in an extractor's place that are none.
_NO_SITES = {"download", "debug", "info"}
#: How yt-dlp ends a text that it calls a defect of its own.
_DEFECT = re.compile(r"; please report this issue on {1,2}https://\S{1,100} , .{1,200} yt-dlp -U$", re.DOTALL)
#: What yt-dlp adds to a sentence of YouTube's in which somebody is to sign in.
_ADVICE = re.compile(r"\. Use --cookies-from-browser or --cookies for the authentication\. .{1,400}$", re.DOTALL)
#: What stands around the words of the network.
_GOT_ERROR = "[download] Got error: "
_AROUND_NETWORK = re.compile(
    r"(?:unable to download [\w -]{1,60}: |\[download\] Got error: "
    r"|(?:HTTP|Transport|Proxy|SSL|CertificateVerify|Request|Timeout)Error: |IncompleteRead: |<urlopen error "
    r"){1,4}",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Said:
    """A text taken apart."""

    #: The extractor that says it; "" if none does; None if nobody knows.
    site: str | None
    #: What is said.
    words: str
    #: Whether the text itself says that it is a defect of yt-dlp's.
    is_defect: bool = False

    @property
    def by_youtube(self) -> bool:
        """Whether it may be one of YouTube's own sentences."""
        return self.site is None or is_youtubes(self.site)


def is_youtubes(site: str) -> bool:
    """Whether an extractor, as yt-dlp names it, is one of YouTube's."""
    return _OF_YOUTUBE.match(site) is not None


class _Compiled(NamedTuple):
    begins: re.Pattern[str]
    ends: re.Pattern[str] | None
    reason: Reason


def _compiled(sentences: Iterable[Sentence]) -> tuple[_Compiled, ...]:
    flags = re.IGNORECASE | re.DOTALL
    return tuple(
        _Compiled(
            re.compile(row.begins, flags), re.compile(rf"(?:{row.ends})$", flags) if row.ends else None, row.reason
        )
        for row in sentences
    )


_YOUTUBE, _YTDLP = _compiled(OF_YOUTUBE), _compiled(OF_YTDLP)
_DISK = _compiled(OF_THE_DISK)
_NETWORK, _FRAGMENT = _compiled(OF_THE_NETWORK), _compiled(OF_A_FRAGMENT)


def said(text: str, sentence: str | None = None, site: str | None = None) -> Said:
    """Take a text apart: `ERROR: [extractor] id: words`. What the caller knows of it is not looked for in the text."""
    if sentence is not None:
        return Said(site, _without_advice(sentence.strip()))
    words = _without_advice(text.strip().removeprefix("ERROR:").strip())
    is_defect = _DEFECT.search(words[-_TAIL:]) is not None
    found = _SITE.match(words)
    if found is None or found[1] in _NO_SITES:
        return Said(site, words, is_defect)
    return Said(site or found[1], _without_id(words[found.end() :]), is_defect)


def reason_of(what: Said) -> Reason | None:
    """The reason of a known sentence; None for any other."""
    return (
        (_first(_YOUTUBE, what.words) if what.by_youtube else None)
        or _first(_YTDLP, what.words)
        or (None if what.site else _first(_DISK, what.words))
        or network_reason(what)
    )


def network_reason(what: Said) -> Reason | None:
    """The reason of what the network or a server did; None for any other sentence."""
    around = _AROUND_NETWORK.match(what.words)
    words = what.words[around.end() :] if around is not None else what.words
    reason = _first(_NETWORK, words)
    if around is not None and what.words.startswith(_GOT_ERROR) and reason in (None, Reason.EMPTY_MEDIA):
        reason = _first(_FRAGMENT, words) or reason
    if reason is None and what.words.startswith("TransportError: "):
        return Reason.CONNECTION
    if what.site == "youtube:tab" and reason is None and words.startswith("HTTP Error 404:"):
        return Reason.NOT_FOUND
    return reason


def _first(rows: tuple[_Compiled, ...], words: str) -> Reason | None:
    head, tail = words[:_HEAD], words[-_TAIL:]
    return next(
        (row.reason for row in rows if row.begins.match(head) and (row.ends is None or row.ends.search(tail))), None
    )


def _without_id(words: str) -> str:
    """Without the id that yt-dlp sets before a sentence."""
    if (page := _PAGE.match(words)) is not None:
        return words[page.end() :]
    id_, colon, rest = words.partition(": ")
    return rest if colon and not re.search(r"\s", id_) else words


def _without_advice(words: str) -> str:
    found = _ADVICE.search(words, max(0, len(words) - _ADVICE_LENGTH))
    return words[: found.start()] if found is not None else words
