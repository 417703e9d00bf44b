"""Finds the known sentence in a text. The time is linear in its length: only a bounded part is matched."""

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

#: Characters at the beginning and at the end of a sentence that are matched.
_HEAD, _TAIL, _ADVICE_LENGTH = 1_000, 400, 500
#: The beginning of yt-dlp's texts: the extractor's name.
_EXTRACTOR = re.compile(r"\[([A-Za-z][\w:+.-]{0,80})\] ")
#: Replaces the id in texts about further pages of a YouTube list.
_PAGE = re.compile(r'(?:page|query ".{0,500}" page) \d{1,9}: ', re.DOTALL)
#: Names of YouTube's extractors; one replaced by a plugin is called `youtube+plugin`.
_OF_YOUTUBE = re.compile(r"youtube(?:$|[:+])")
#: Names in an extractor's place that name no extractor.
_NO_EXTRACTORS = {"download", "debug", "info"}
#: The end of a text that yt-dlp calls a defect of its own.
_DEFECT = re.compile(r"; please report this issue on {1,2}https://\S{1,100} , .{1,200} yt-dlp -U$", re.DOTALL)
#: Advice that yt-dlp adds to YouTube's requests to sign in.
_ADVICE = re.compile(r"\. Use --cookies-from-browser or --cookies for the authentication\. .{1,400}$", re.DOTALL)
#: Prefixes of errors of the network.
_GOT_ERROR = "[download] Got error: "
_AROUND_NETWORK = re.compile(
    r"(?:unable to download [\w -]{1,60}: |\[download\] Got error: "
    r"|(?:HTTP|Transport|Proxy|SSL|CertificateVerify|Request|Timeout)Error: |IncompleteRead: |<urlopen error "
    r"){1,4}",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class ErrorText:
    """A parsed error or warning of yt-dlp."""

    #: Name of the extractor that raised it; "" if none did. None: unknown.
    extractor: str | None
    #: The sentence without names and ids.
    words: str
    #: Whether the text calls itself a defect of yt-dlp.
    is_defect: bool = False

    @property
    def by_youtube(self) -> bool:
        """Whether it may be one of YouTube's own sentences."""
        return self.extractor is None or is_youtubes(self.extractor)


def is_youtubes(extractor: str) -> bool:
    """Whether yt-dlp's name of an extractor is one of YouTube's."""
    return _OF_YOUTUBE.match(extractor) is not None


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


def parse(text: str, sentence: str | None = None, extractor: str | None = None) -> ErrorText:
    """Parse a text of the form `ERROR: [extractor] id: words`. A part that the caller knows is not read in it."""
    if sentence is not None:
        return ErrorText(extractor, _without_advice(sentence.strip()))
    words = _without_advice(text.strip().removeprefix("ERROR:").strip())
    is_defect = _DEFECT.search(words[-_TAIL:]) is not None
    found = _EXTRACTOR.match(words)
    if found is None or found[1] in _NO_EXTRACTORS:
        return ErrorText(extractor, words, is_defect)
    return ErrorText(extractor or found[1], _without_id(words[found.end() :]), is_defect)


def reason_of(text: ErrorText) -> Reason | None:
    """The reason of a known sentence; None for any other text."""
    return (
        (_first(_YOUTUBE, text.words) if text.by_youtube else None)
        or _first(_YTDLP, text.words)
        or (None if text.extractor else _first(_DISK, text.words))
        or network_reason(text)
    )


def network_reason(text: ErrorText) -> Reason | None:
    """The reason of a failure of the network or a server; None for any other text."""
    around = _AROUND_NETWORK.match(text.words)
    words = text.words[around.end() :] if around is not None else text.words
    reason = _first(_NETWORK, words)
    if around is not None and text.words.startswith(_GOT_ERROR) and reason in (None, Reason.EMPTY_MEDIA):
        reason = _first(_FRAGMENT, words) or reason
    if reason is None and text.words.startswith("TransportError: "):
        return Reason.CONNECTION
    if text.extractor == "youtube:tab" and reason is None and words.startswith("HTTP Error 404:"):
        return Reason.NOT_FOUND
    return reason


def _first(rows: tuple[_Compiled, ...], words: str) -> Reason | None:
    head, tail = words[:_HEAD], words[-_TAIL:]
    return next(
        (row.reason for row in rows if row.begins.match(head) and (row.ends is None or row.ends.search(tail))), None
    )


def _without_id(words: str) -> str:
    """The text without the id that yt-dlp puts before a sentence."""
    if (page := _PAGE.match(words)) is not None:
        return words[page.end() :]
    id_, colon, rest = words.partition(": ")
    return rest if colon and not re.search(r"\s", id_) else words


def _without_advice(words: str) -> str:
    found = _ADVICE.search(words, max(0, len(words) - _ADVICE_LENGTH))
    return words[: found.start()] if found is not None else words
