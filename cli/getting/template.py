"""Templates for file names: which fields there are, and names that every file system takes. Pure functions."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from string import Formatter

from cli.api.client import Json
from cli.errors import REFUSED, CliError
from shared.untrusted.file_names import MAX_BYTES, cut, safe_name, safe_part

#: Unique, since the id is part of it.
DEFAULT = "{channel}/{upload_date} {title} [{id}].{ext}"
#: Field → what it is, for --help.
FIELDS = {
    "id": "its id at the source, with the source before it unless that is YouTube",
    "title": "or else the id",
    "channel": "or unknown channel",
    "upload_date": "2026-05-01, or undated",
    "year": "of the upload, or undated",
    "language": "or unknown language",
    "licence": "or unknown licence",
    "profile": "e.g. mp3-320",
    "accession": "its number in the archive",
    "extractor": "the source, e.g. youtube",
    "ext": "the ending; of sidecars with what they are, e.g. thumbnail.jpg",
}
#: Fields that are shortened when a name is too long, the longest first.
_TEXTS = ("title", "channel", "language", "licence")
#: Bytes kept free in every name for the ending of a file that is not whole yet: .12345678.part
PART_BYTES = 14
#: Letters of a template; what stands between its fields must leave room for them.
MAX_TEMPLATE = 200
_UNDATED = "undated"

Parts = list[tuple[str, str | None]]


class Template:
    """A template such as `{channel}/{title} [{id}].{ext}`. Slashes in it make folders; those of titles do not."""

    def __init__(self, text: str) -> None:
        """Raises CliError for a template that makes no names, UnicodeEncodeError for one that is no text."""
        text.encode()
        if len(text) > MAX_TEMPLATE:
            raise CliError(f"--name may have {MAX_TEMPLATE} letters.", REFUSED)
        self._steps = [_parts_of(step) for step in text.split("/")]
        self.has_id = any(field == "id" for _, field in self._steps[-1])
        if not text.endswith(".{ext}"):
            raise CliError(f"--name must end with .{{ext}}, as in {DEFAULT}", REFUSED)
        if any(step.strip(". ") == "" for step in text.split("/")):
            raise CliError("--name must be a path below the folder of --to: no part of it is empty, . or ..", REFUSED)

    def path(self, values: Mapping[str, str], mark: str = "") -> str:
        """The path of a file, with slashes. `mark`: put before its ending, to tell it from others of the same name."""
        *folders, name = self._steps
        made = [_rendered(folder, values, MAX_BYTES) for folder in folders]
        ending = safe_part(values["ext"])
        stem = [*name[:-1], (name[-1][0].removesuffix("."), None)]
        room = MAX_BYTES - PART_BYTES - len(f"{mark}.{ending}".encode())
        made.append(f"{_rendered(stem, values, room)}{mark}.{ending}")
        return "/".join(made)


def values_of(video: Json, profile: str, ending: str) -> dict[str, str]:
    """What the fields hold for one file of a video."""
    extractor, _, source_id = str(video["id"]).partition(":")
    id_ = source_id if extractor == "youtube" else f"{extractor}-{source_id}"
    date = _date(video["upload_date"])
    return {
        "id": id_,
        "title": video["title"] or id_,
        "channel": video["channel"] or "unknown channel",
        "upload_date": date,
        "year": date[:4] if date != _UNDATED else date,
        "language": video["language"] or "unknown language",
        "licence": video["licence"] or "unknown licence",
        "profile": profile,
        "accession": str(video["accession"]),
        "extractor": extractor,
        "ext": ending,
    }


def _date(text: str | None) -> str:
    digits = (text or "").replace("-", "")[:8]
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}" if len(digits) == 8 and digits.isdecimal() else _UNDATED


def _parts_of(step: str) -> Parts:
    """Text and the field behind it, of one step of the path. Raises CliError."""
    try:
        found = list(Formatter().parse(step))
    except ValueError as error:
        raise CliError(f"--name: {error}. Write a brace that is meant as such twice.", REFUSED) from error
    for _, field, form, conversion in found:
        if field is not None and (field not in FIELDS or form or conversion):
            what = field + (f"!{conversion}" if conversion else "") + (f":{form}" if form else "")
            raise CliError(f"--name: there is no field {{{what}}}. The fields are {', '.join(FIELDS)}.", REFUSED)
    return [(literal, field) for literal, field, _, _ in found]


def _rendered(parts: Parts, values: Mapping[str, str], max_bytes: int) -> str:
    """One step of the path, shortened where it is too long: first the texts of the source, then the whole."""
    texts = {field: safe_part(values[field]) for _, field in parts if field is not None}

    def made() -> str:
        return "".join(literal + (texts[field] if field is not None else "") for literal, field in parts)

    while (over := len(made().encode()) - max_bytes) > 0:
        longest = max((f for f in texts if f in _TEXTS), key=lambda f: len(texts[f].encode()), default=None)
        if longest is None or texts[longest] == "":
            break
        size = len(texts[longest].encode())
        texts[longest] = cut(texts[longest], max(0, size - over))
    name = made()
    if len(name.encode()) > max_bytes:
        # Nothing but ids is left: of two that begin alike the end decides.
        digest = hashlib.sha256(name.encode()).hexdigest()[:8]
        name = f"{cut(name, max_bytes - len(digest) - 1)}~{digest}"
    return safe_name(name, max_bytes)
