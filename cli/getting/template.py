"""Templates for file names: their fields, and names that every file system accepts. Pure functions."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from string import Formatter

from cli.api.answers import Json
from cli.errors import REFUSED, CliError
from shared.untrusted.file_names import MAX_BYTES, cut, safe_name, safe_part

#: Unique, since it contains the id.
DEFAULT = "{channel}/{upload_date} {title} [{id}].{ext}"
#: Field → what it is, for --help.
FIELDS = {
    "id": "the id at the source; the source precedes it unless it is YouTube",
    "title": "or the id",
    "channel": "or unknown channel",
    "upload_date": "2026-05-01, or undated",
    "year": "the year of the upload, or undated",
    "language": "or unknown language",
    "licence": "or unknown licence",
    "profile": "e.g. mp3-320",
    "accession": "the number in the archive",
    "extractor": "the source, e.g. youtube",
    "ext": "the extension; of sidecars with their kind, e.g. thumbnail.jpg",
}
#: Fields that are shortened when a name is too long, the longest first.
_TEXTS = ("title", "channel", "language", "licence")
#: Bytes kept free in every name for the extension of an unfinished file: .12345678.part
PART_BYTES = 14
#: Greatest length of a template in characters, which leaves room for its fields.
MAX_TEMPLATE = 200
_UNDATED = "undated"

Parts = list[tuple[str, str | None]]


class Template:
    """A template such as `{channel}/{title} [{id}].{ext}`. Its slashes make folders; those of titles do not."""

    def __init__(self, text: str) -> None:
        """Raises CliError for a wrong template, UnicodeEncodeError for one with lone surrogates."""
        text.encode()
        if len(text) > MAX_TEMPLATE:
            raise CliError(f"--name may have at most {MAX_TEMPLATE} characters.", REFUSED)
        self._steps = [_parts_of(step) for step in text.split("/")]
        self.has_id = any(field == "id" for _, field in self._steps[-1])
        if not text.endswith(".{ext}"):
            raise CliError(f"--name must end with .{{ext}}, as in {DEFAULT}", REFUSED)
        if any(step.strip(". ") == "" for step in text.split("/")):
            raise CliError(
                "--name must be a path below the folder of --to; no part of it may be empty, . or ..", REFUSED
            )

    def path(self, values: Mapping[str, str], mark: str = "") -> str:
        """Return the path of a file, with slashes. `mark`: added before its extension, to distinguish equal names."""
        *folders, name = self._steps
        made = [_rendered(folder, values, MAX_BYTES) for folder in folders]
        ending = safe_part(values["ext"])
        stem = [*name[:-1], (name[-1][0].removesuffix("."), None)]
        room = MAX_BYTES - PART_BYTES - len(f"{mark}.{ending}".encode())
        made.append(f"{_rendered(stem, values, room)}{mark}.{ending}")
        return "/".join(made)


def values_of(video: Json, profile: str, ending: str) -> dict[str, str]:
    """Return the values of the fields for one file of a video."""
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
    """Return each text and the field after it, for one part of the path. Raises CliError."""
    try:
        found = list(Formatter().parse(step))
    except ValueError as error:
        raise CliError(f"--name: {error}. Write a literal brace twice: {{{{ or }}}}.", REFUSED) from error
    for _, field, form, conversion in found:
        if field is not None and (field not in FIELDS or form or conversion):
            what = field + (f"!{conversion}" if conversion else "") + (f":{form}" if form else "")
            raise CliError(f"--name: there is no field {{{what}}}. The fields are {', '.join(FIELDS)}.", REFUSED)
    return [(literal, field) for literal, field, _, _ in found]


def _rendered(parts: Parts, values: Mapping[str, str], max_bytes: int) -> str:
    """Return one part of the path. If it is too long, the texts of the source are shortened, then the whole name."""
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
        # Only ids are left. A digest keeps two that begin alike apart.
        digest = hashlib.sha256(name.encode()).hexdigest()[:8]
        name = f"{cut(name, max_bytes - len(digest) - 1)}~{digest}"
    return safe_name(name, max_bytes)
