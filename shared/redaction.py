"""Removes secrets from a text before it is logged: passwords, signatures, tokens.

The time is linear in the length of the text, whoever wrote it: every pattern begins with a fixed word, and its repeated
parts are bounded or stop before the next beginning. docs/security.md says what is promised.
"""

from __future__ import annotations

import re

#: Characters kept of one value. A longer one comes from a stranger, or is a body that does not belong in a log.
MAX_TEXT = 20_000
HIDDEN = "***"

#: User and password in a URL. A password may contain any character, so the last "@" ends it. Digits after a colon are
#: a port, not a password. An "@" after the first slash begins the name of a channel, unless a password precedes it.
_IN_URL = re.compile(
    r"(?<=://)(?:[^\s/?#@:\"'<>\\]{0,500}:(?!\d{1,5}(?:[/?#\s]|$))[^\s\"'<>\\]{1,500}@|[^\s/?#\"'<>\\]{1,500}@)"
)
#: Headers whose whole value is secret: as a line of HTTP, as JSON, or as Python prints a mapping or a pair.
_HEADER = re.compile(
    r"\b((?:proxy-)?authorization|(?:set-)?cookie|x-api-key|x-csrf-token|x-amz-security-token)"
    r"((?:\\?['\"][ \t]{0,8}[:=,]|[ \t]{0,8}[:=])[ \t]{0,8}(?-i:b(?=['\"]))?)(\\?['\"]?)",
    re.IGNORECASE,
)
#: Authentication schemes: the word after one is a secret, wherever it is written.
_SCHEME = re.compile(
    r"\b(Bearer|SharedKey(?:Lite)?|AWS4-HMAC-SHA256|Negotiate)[ \t]{1,8}[^\s'\"<>\\]{6,}"
    r"|\b(Basic)[ \t]{1,8}(?=[^\s'\"<>\\]{0,200}[0-9+/=])[A-Za-z0-9+/=_-]{8,}",
    re.IGNORECASE,
)
#: Names of secrets, alone or as part of a longer name: MINIO_SECRET_KEY.
_NAMES = (
    r"(?:\b|(?<=%3F)|(?<=%26))(?:\w{0,40}(?:password|passwd|secret|api_?key|access_?key|session)\w{0,20}"
    r"|\w{0,40}token|AccountKey|SharedAccessSignature|X-Amz-Signature|X-Amz-Credential|X-Amz-Security-Token"
    r"|l?sig|signature|pot|auth|jwt|visitor_?data)"
)
#: Secrets as parameters of addresses, as fields of connection strings, and as a person writes them.
_PARAMETER = re.compile(rf"({_NAMES})(=|%3D|:[ \t]{{1,8}})[^&\s\"';,<>]+", re.IGNORECASE)
#: Secrets as quoted fields of JSON, or as Python prints them.
_FIELD = re.compile(rf"({_NAMES}\\?['\"]?\s{{0,8}}[:=]\s{{0,8}})(\\?['\"])", re.IGNORECASE)


def without_secrets(text: str) -> str:
    """Return `text` with passwords, signatures and tokens replaced by ***, cut to MAX_TEXT characters."""
    if len(text) > MAX_TEXT:
        text = f"{text[:MAX_TEXT]}… ({len(text)} characters)"
    text = _quoted(_HEADER, text)
    text = _quoted(_FIELD, text)
    text = _SCHEME.sub(lambda found: f"{found[1] or found[2]} {HIDDEN}", text)
    text = _PARAMETER.sub(rf"\1\2{HIDDEN}", text)
    return _IN_URL.sub(_user_of, text)


def _user_of(found: re.Match[str]) -> str:
    """Keep the user name before a password, since it shows which account was used. A name alone may be a token."""
    user, colon, _ = found[0].partition(":")
    return f"{user}:{HIDDEN}@" if colon else f"{HIDDEN}@"


def _quoted(pattern: re.Pattern[str], text: str) -> str:
    """Hide the value after each match: up to the closing quote if the value is quoted, else to the end of the line."""
    kept, place = [], 0
    while (found := pattern.search(text, place)) is not None:
        quote = found[found.lastindex or 0]
        if quote:
            end = _closing(text, found.end(), quote)
        else:
            # A parameter of an address ends where the next one begins; a header's value may contain that sign.
            end = _end_of(_PARAMETER_END if "=" in found[2] else _LINE_END, text, found.end())
        kept += [text[place : found.end()], HIDDEN]
        place = end
    return "".join((*kept, text[place:]))


def _closing(text: str, start: int, quote: str) -> int:
    """Return the position where a quotation ends; an escaped quote does not end it."""
    place = start
    while (place := text.find(quote, place)) >= 0:
        before = place - len(text[start:place].rstrip("\\")) - start
        if (before % 2 == 0) if len(quote) == 1 else before == 0:
            return place
        place += len(quote)
    return len(text)


def _end_of(pattern: re.Pattern[str], text: str, start: int) -> int:
    found = pattern.search(text, start)
    return found.start() if found is not None else len(text)


_LINE_END = re.compile(r"[\r\n]|\\[rn]")
_PARAMETER_END = re.compile(r"[\r\n&]|\\[rn]")
