"""What FFmpeg told of a run, line by line. What a source wrote into its media is told among it, and must not count.

Run with `-loglevel level+info` each call of its log begins with a level, behind the part of FFmpeg that speaks. Titles
and their like stand behind the level, four blanks and a name; further lines of them have no level at all. Only a line
feed ends a line: Python's `splitlines` knows more characters that do, which FFmpeg prints as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

#: The part that speaks, and its address in memory.
_PART = r"(?:\[(?P<part>[\w,:. /#-]{1,80}) @ 0x[0-9a-f]{1,16}\] )?"
_COMPLAINT = re.compile(rf"{_PART}\[(?:error|fatal)\] (?P<text>.+)")
_INPUT = re.compile(r"\[info\] Input #0, (?P<format>[\w,-]{1,200}), from ")
_DURATION = re.compile(
    r"\[info\]   Duration: (?P<duration>N/A|\d{1,6}:\d\d:\d\d\.\d\d)(?:, start: (?P<start>-?\d{1,9}\.\d{1,9}))?"
)
_STREAM = re.compile(
    r"\[info\]   Stream #0:\d{1,4}(?:\[0x[0-9a-f]{1,16}\])?(?:\([\w.-]{1,40}\))?: (?P<kind>[A-Z][a-z]{1,20}): "
    r"(?P<rest>.*)"
)
_FILTER = re.compile(rf"{_PART}\[info\] (?P<name>\w{{1,40}}): (?P<value>-?\d{{1,18}}(?:\.\d{{1,9}})?)(?: dB)?")
_ATTACHED = "(attached pic)"


def complaints(told: str) -> list[str]:
    """The errors of a run, in their order. Addresses in memory are left out."""
    return [found["text"] for line in told.split("\n") if (found := _COMPLAINT.match(line)) is not None]


def input_format(told: str) -> str | None:
    """The names of the first input's format, with commas between; None if none was opened."""
    return next((found["format"] for line in told.split("\n") if (found := _INPUT.match(line)) is not None), None)


def input_duration(told: str) -> tuple[float | None, float]:
    """Seconds that the first input lasts by its own account, if it has one, and when it begins."""
    found = next(filter(None, map(_DURATION.match, told.split("\n"))), None)
    if found is None:
        return None, 0
    seconds = None
    if found["duration"] != "N/A":
        hours, minutes, rest = found["duration"].split(":")
        seconds = int(hours) * 3600 + int(minutes) * 60 + float(rest)
    return seconds, float(found["start"] or 0)


def has_pictures(told: str) -> bool:
    """Whether the first input has moving pictures. A cover is a stream of pictures too, and lasts no time."""
    streams = filter(None, map(_STREAM.match, _of_inputs(told)))
    return any(stream["kind"] == "Video" and not stream["rest"].endswith(_ATTACHED) for stream in streams)


def values(told: str, part: str, name: str) -> list[float]:
    """The values that a filter reported under a name, in their order. `part`: of the filter, without its number."""
    found = filter(None, map(_FILTER.fullmatch, told.split("\n")))
    return [
        float(each["value"])
        for each in found
        if each["name"] == name and (each["part"] or "").startswith(f"Parsed_{part}_")
    ]


def _of_inputs(told: str) -> Iterator[str]:
    """The lines before the first output, which has streams of the same numbers."""
    for line in told.split("\n"):
        if line.startswith(("[info] Output #", "[info] Stream mapping:")):
            return
        yield line
