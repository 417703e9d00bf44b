"""The pages that yt-dlp's YouTube extractor reads, with the fields it needs and no others. Pure functions."""

from __future__ import annotations

import json
from typing import Any

from dev.site.library import SitePlaylist, SiteVideo

#: Entries a page of a playlist holds, as on YouTube.
PAGE_SIZE = 100
#: The player's script, as pages name it.
PLAYER_SCRIPT = "/s/player/00000000/player_ias.vflset/en_US/base.js"

Json = dict[str, Any]


def html(player: Json | None, initial: Json) -> str:
    """A page with the three things the extractor looks for by pattern."""
    config = {
        "VISITOR_DATA": "local-site",
        "STS": 20000,
        "PLAYER_JS_URL": PLAYER_SCRIPT,
        "INNERTUBE_CONTEXT": {"client": {"clientName": "WEB", "clientVersion": "2.20260101.00.00"}},
    }
    scripts = [f"ytcfg.set({json.dumps(config)});", f"var ytInitialData = {json.dumps(initial)};"]
    if player is not None:
        scripts.append(f"var ytInitialPlayerResponse = {json.dumps(player)};")
    return "<!doctype html><html><body>" + "".join(f"<script>{s}</script>" for s in scripts) + "</body></html>"


def watch_data(video: SiteVideo) -> Json:
    """`ytInitialData` of a watch page: the channel's name and the licence row."""
    secondary: Json = {
        "owner": {"videoOwnerRenderer": {"title": {"runs": [{"text": video.channel}]}}},
        "metadataRowContainer": {"metadataRowContainerRenderer": {"rows": []}},
    }
    if video.licence is not None:
        row = {"title": {"simpleText": "License"}, "contents": [{"simpleText": video.licence}]}
        secondary["metadataRowContainer"]["metadataRowContainerRenderer"]["rows"] = [{"metadataRowRenderer": row}]
    contents = [{"videoSecondaryInfoRenderer": secondary}]
    return {"contents": {"twoColumnWatchNextResults": {"results": {"results": {"contents": contents}}}}}


def playlist_item(video: SiteVideo) -> Json:
    """An entry of a playlist. Private and removed videos keep a place there, with a title that says so."""
    placeholder = {"private": "[Private video]", "removed": "[Deleted video]"}.get(video.trouble)
    item: Json = {"videoId": video.id, "title": {"runs": [{"text": placeholder or video.title}]}}
    if placeholder is None:
        item["lengthSeconds"] = str(round(video.seconds))
        item["shortBylineText"] = {"runs": [{"text": video.channel}]}
    return {"playlistVideoRenderer": item}


def items_from(playlist: SitePlaylist, videos: dict[str, SiteVideo], start: int) -> list[Json]:
    """One page of entries from `start`, then the token of the next page if there is one."""
    chosen = playlist.video_ids[start : start + PAGE_SIZE]
    items = [playlist_item(videos[id_]) for id_ in chosen]
    after = start + PAGE_SIZE
    if after < len(playlist.video_ids):
        token = f"{playlist.id}:{after}"
        command = {"continuationCommand": {"token": token}}
        items.append({"continuationItemRenderer": {"continuationEndpoint": command}})
    return items


def playlist_data(playlist: SitePlaylist, videos: dict[str, SiteVideo]) -> Json:
    """`ytInitialData` of a playlist page, with its first page of entries."""
    if playlist.video_ids:
        inner: Json = {"playlistVideoListRenderer": {"contents": items_from(playlist, videos, 0)}}
    else:
        inner = {"messageRenderer": {"text": {"simpleText": "No videos in this playlist yet"}}}
    section = {"sectionListRenderer": {"contents": [{"itemSectionRenderer": {"contents": [inner]}}]}}
    return {
        "contents": {
            "twoColumnBrowseResultsRenderer": {"tabs": [{"tabRenderer": {"selected": True, "content": section}}]}
        },
        "metadata": {"playlistMetadataRenderer": {"title": playlist.title}},
        "header": {
            "playlistHeaderRenderer": {
                "ownerText": {"runs": [{"text": playlist.channel}]},
                "stats": [{"runs": [{"text": f"{len(playlist.video_ids)} videos"}]}],
            }
        },
    }


def no_such_playlist() -> Json:
    """What a playlist page holds when there is no such list."""
    return {"alerts": [{"alertRenderer": {"type": "ERROR", "text": {"simpleText": "The playlist does not exist."}}}]}


def continuation(playlist: SitePlaylist, videos: dict[str, SiteVideo], start: int) -> Json:
    """A further page of a playlist."""
    items = items_from(playlist, videos, start)
    return {"onResponseReceivedActions": [{"appendContinuationItemsAction": {"continuationItems": items}}]}
