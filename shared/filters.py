"""Filters: which entries of a list are taken. Pure: facts go in, and the rule that leaves a recording out comes out.

A rule decides twice: when the recording is listed, by what the list says, and before it is downloaded, by what its page
says. Lists rarely name dates, licences or languages, so a rule whose fact is still unknown leaves nothing out there.
"""

from __future__ import annotations

import functools
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, NamedTuple, Self

import re2
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from shared.untrusted.bounds import MAX_SECONDS
from shared.untrusted.text import Encodable

#: Characters of a pattern, of a licence and of a language; and how many of each one filter may name.
MAX_PATTERN, MAX_WORD, MAX_WORDS = 500, 100, 50
#: Bytes of memory that a compiled pattern may take.
_PATTERN_BYTES = 1 << 20
#: Stands for what a source does not say.
UNKNOWN = "unknown"


class LiveRule(StrEnum):
    """What becomes of live streams and of their recordings."""

    TAKE = "take"
    ONLY = "only"
    LEAVE = "leave"


class Facts(NamedTuple):
    """What is known of a recording. None: not known."""

    title: str | None = None
    seconds: float | None = None
    published: date | None = None
    licence: str | None = None
    language: str | None = None
    #: Whether it is a live stream, or was one.
    live: bool | None = None


@functools.lru_cache(maxsize=1024)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.case_sensitive, options.log_errors, options.max_mem = False, False, _PATTERN_BYTES
    return re2.compile(pattern, options)


def _valid_pattern(pattern: str) -> str:
    try:
        _compiled(pattern)
    except re2.error as error:
        said = error.args[0] if error.args else error
        text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        raise ValueError(f"it is not a regular expression of RE2: {text}") from error
    return pattern


#: A regular expression in the syntax of RE2, which takes linear time on every text. It is searched, whatever the case.
Pattern = Annotated[Encodable, StringConstraints(min_length=1, max_length=MAX_PATTERN), AfterValidator(_valid_pattern)]
Word = Annotated[Encodable, StringConstraints(min_length=1, max_length=MAX_WORD, strip_whitespace=True, to_lower=True)]
Seconds = Annotated[float, Field(ge=0, le=MAX_SECONDS)]


class Filters(BaseModel):
    """The rules of one submission or followed source. A recording is taken if none of them leaves it out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title_include: Pattern | None = Field(None, description="Take only titles in which this RE2 pattern is found.")
    title_exclude: Pattern | None = Field(None, description="Leave out titles in which this RE2 pattern is found.")
    min_seconds: Seconds | None = Field(None, description="Leave out what is shorter.")
    max_seconds: Seconds | None = Field(None, description="Leave out what is longer.")
    published_from: date | None = Field(None, description="Leave out what was published before this day (UTC).")
    published_to: date | None = Field(None, description="Leave out what was published after this day (UTC).")
    licences: Annotated[tuple[Word, ...], Field(min_length=1, max_length=MAX_WORDS)] | None = Field(
        None, description="Take only licences that contain one of these; unknown: the source names none."
    )
    languages: Annotated[tuple[Word, ...], Field(min_length=1, max_length=MAX_WORDS)] | None = Field(
        None, description="Take only these languages, such as fon or fr (also fr-CA); unknown: the source names none."
    )
    live: LiveRule = Field(LiveRule.TAKE, description="Live streams and their recordings: take, only or leave.")

    @model_validator(mode="after")
    def _can_match(self) -> Self:
        if self.min_seconds is not None and self.max_seconds is not None and self.min_seconds > self.max_seconds:
            raise ValueError("nothing can match: min_seconds is more than max_seconds")
        if self.published_from and self.published_to and self.published_from > self.published_to:
            raise ValueError("nothing can match: published_from is after published_to")
        if self.title_include is not None and self.title_include == self.title_exclude:
            raise ValueError("nothing can match: title_include and title_exclude are the same pattern")
        return self

    @property
    def is_empty(self) -> bool:
        """Whether it leaves nothing out."""
        return self == Filters()

    def left_out_by(self, facts: Facts, *, final: bool = False) -> str | None:
        """The rule that leaves a recording out, with the value that it met; None: it is taken.

        `final`: nothing more will be known, so a licence or language that is still unknown counts as `unknown`.
        """
        by_list = self._by_title(facts.title) or self._by_numbers(facts)
        return by_list or self._by_words(facts, final) or self._by_live(facts, final)

    def _by_title(self, title: str | None) -> str | None:
        if title is None:
            return None
        if self.title_include is not None and not _compiled(self.title_include).search(title):
            return f"title_include: {self.title_include} is not in {title!r}"
        if self.title_exclude is not None and _compiled(self.title_exclude).search(title):
            return f"title_exclude: {self.title_exclude} is in {title!r}"
        return None

    def _by_numbers(self, facts: Facts) -> str | None:
        seconds, published = facts.seconds, facts.published
        if seconds is not None and self.min_seconds is not None and seconds < self.min_seconds:
            return f"min_seconds: {seconds:g} is less than {self.min_seconds:g}"
        if seconds is not None and self.max_seconds is not None and seconds > self.max_seconds:
            return f"max_seconds: {seconds:g} is more than {self.max_seconds:g}"
        if published is not None and self.published_from is not None and published < self.published_from:
            return f"published_from: {published} is before {self.published_from}"
        if published is not None and self.published_to is not None and published > self.published_to:
            return f"published_to: {published} is after {self.published_to}"
        return None

    def _by_words(self, facts: Facts, final: bool) -> str | None:
        licence, language = _said(facts.licence, final), _said(facts.language, final)
        if licence is not None and self.licences is not None and not any(word in licence for word in self.licences):
            return f"licences: {licence} is not among {', '.join(self.licences)}"
        if language is not None and self.languages is not None:
            wanted = any(language == word or language.startswith(f"{word}-") for word in self.languages)
            return None if wanted else f"languages: {language} is not among {', '.join(self.languages)}"
        return None

    def _by_live(self, facts: Facts, final: bool) -> str | None:
        live = facts.live if facts.live is not None or not final else False
        if live is None or self.live is LiveRule.TAKE or live == (self.live is LiveRule.ONLY):
            return None
        return f"live: {self.live.value}, and it is {'a' if live else 'no'} live stream"


def _said(word: str | None, final: bool) -> str | None:
    return word.strip().lower() if word is not None and word.strip() else UNKNOWN if final else None


def left_out_by_all(filters: tuple[Filters, ...], facts: Facts, *, final: bool = False) -> str | None:
    """The rule by which the first of several filters leaves a recording out; None if one takes it, or there is none."""
    found = [each.left_out_by(facts, final=final) for each in filters]
    return found[0] if found and all(rule is not None for rule in found) else None
