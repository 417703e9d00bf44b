"""The address under which the catalog knows a video."""

from __future__ import annotations

from shared.catalog.connection import Catalog


async def known_address(catalog: Catalog, video_id: str) -> str | None:
    """The address of a video; None if the video is unknown."""
    found = await catalog.videos.find_one({"_id": video_id}, {"url": 1})
    return found["url"] if found is not None else None


async def correct_address(catalog: Catalog, video_id: str, wrong: str, right: str) -> None:
    """Put an address in the place of one that belongs to another video, wherever nobody has done so yet."""
    await catalog.videos.update_one({"_id": video_id, "url": wrong}, {"$set": {"url": right}})
