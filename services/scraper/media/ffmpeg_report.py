"""Reads the log of an FFmpeg run line by line. It also quotes tags of the source, which must not pass for log lines.

With `-loglevel level+info` each log call begins with the component that logs and a level. Tags follow the level, four
spaces and a name; their further lines have no level at all. Only a line feed ends a line: Python's `splitlines` knows
more line breaks, which FFmpeg prints unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

#: The component that logs, and its address in memory.
_PART = r"(?:\[(?P<part>[\w,:. /#-]{1,80}) @ 0x[0-9a-f]{1,16}\] )?"
_ERROR = re.compile(rf"{_PART}\[(?:error|fatal)\] (?P<text>.+)")
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


def errors_in(log: str) -> list[str]:
    """Return the errors of a run in order, without addresses in memory."""
    return [found["text"] for line in log.split("\n") if (found := _ERROR.match(line)) is not None]


def input_format(log: str) -> str | None:
    """Return the comma-separated format names of the first input; None if none was opened."""
    return next((found["format"] for line in log.split("\n") if (found := _INPUT.match(line)) is not None), None)


def input_duration(log: str) -> tuple[float | None, float]:
    """Return the declared duration of the first input in seconds (None: none declared), and its start time."""
    found = next(filter(None, map(_DURATION.match, log.split("\n"))), None)
    if found is None:
        return None, 0
    seconds = None
    if found["duration"] != "N/A":
        hours, minutes, rest = found["duration"].split(":")
        seconds = int(hours) * 3600 + int(minutes) * 60 + float(rest)
    return seconds, float(found["start"] or 0)


def has_pictures(log: str) -> bool:
    """Whether the first input has video. A cover image is a video stream too, but does not count."""
    streams = filter(None, map(_STREAM.match, _of_inputs(log)))
    return any(stream["kind"] == "Video" and not stream["rest"].endswith(_ATTACHED) for stream in streams)


def values(log: str, part: str, name: str) -> list[float]:
    """Return the values that a filter reported under a name, in order. `part`: the filter's name without its number."""
    found = filter(None, map(_FILTER.fullmatch, log.split("\n")))
    return [
        float(each["value"])
        for each in found
        if each["name"] == name and (each["part"] or "").startswith(f"Parsed_{part}_")
    ]


def _of_inputs(log: str) -> Iterator[str]:
    """Yield the lines before the first output, whose streams have the same numbers."""
    for line in log.split("\n"):
        if line.startswith(("[info] Output #", "[info] Stream mapping:")):
            return
        yield line
