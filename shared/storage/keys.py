"""Names the objects of a video. The title is never part of a key."""

from __future__ import annotations

from urllib.parse import quote, unquote

#: File name extension → content type, for everything that is stored.
CONTENT_TYPES = {
    "mp3": "audio/mpeg",
    "opus": "audio/ogg",
    "ogg": "audio/ogg",
    "m4a": "audio/mp4",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "mka": "audio/x-matroska",
    "json": "application/json",
    "vtt": "text/vtt",
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
}


def folder_of(video_id: str) -> str:
    """Return `audio/<extractor>/<id[:2]>/<id>/`: all objects of a video are below it.

    Characters of the id that could mean something in a path are percent-encoded.
    """
    extractor, source_id = video_id.split(":", 1)
    safe = _step(quote(source_id, safe=""))
    return f"audio/{_step(quote(extractor, safe='+'))}/{_step(safe[:2])}/{safe}/"


def _step(name: str) -> str:
    """Encode a step of a path so that it is never `..`: Azure's clients drop dots at the end of a step."""
    bare = name.rstrip(".")
    return bare + "%2E" * (len(name) - len(bare))


def object_key(video_id: str, file_name: str) -> str:
    """Return the key of one file of a video, e.g. `audio/youtube/dQ/dQw4w9WgXcQ/mp3-320.mp3`."""
    return folder_of(video_id) + file_name


def video_of(key: str) -> str:
    """Return the id of the video that a key belongs to; "" for a key of another form."""
    parts = key.split("/")
    return f"{unquote(parts[1])}:{unquote(parts[3])}" if len(parts) == 5 and parts[0] == "audio" else ""


def content_type_of(key: str) -> str:
    """Return the content type of a key, by its extension."""
    return CONTENT_TYPES.get(key.rpartition(".")[2], "application/octet-stream")
