"""Where an audio object lies. The title is never part of a key."""

from __future__ import annotations

from urllib.parse import quote

#: Profile → (file name extension, content type).
PROFILE_FILES = {"mp3-320": ("mp3", "audio/mpeg")}


def audio_key(video_id: str, profile: str) -> str:
    """`audio/<extractor>/<id[:2]>/<id>/<profile>.<ext>`, e.g. `audio/youtube/dQ/dQw4w9WgXcQ/mp3-320.mp3`.

    Characters of the id that could mean something in a path are percent-encoded.
    """
    extractor, source_id = video_id.split(":", 1)
    safe = quote(source_id, safe="")
    if safe.strip(".") == "":
        safe = safe.replace(".", "%2E")
    extension, _ = PROFILE_FILES[profile]
    return f"audio/{extractor}/{safe[:2]}/{safe}/{profile}.{extension}"
