"""The pages that yt-dlp's YouTube extractor reads, with only the fields it needs. Pure functions."""

from __future__ import annotations

import json
from typing import Any

from dev.site.broken_listing import How, broken
from dev.site.library import SitePlaylist, SiteVideo
from dev.site.player.challenge import SOLVABLE_PATH

#: Number of entries on a page of a playlist, as on YouTube.
PAGE_SIZE = 100

Json = dict[str, Any]


def html(player: Json | None, initial: Json, script: str = SOLVABLE_PATH) -> str:
    """Return a page with the three things that the extractor finds by pattern; `script`: the player script's path."""
    config = {
        "VISITOR_DATA": "local-site",
        "STS": 20000,
        "PLAYER_JS_URL": script,
        "INNERTUBE_CONTEXT": {"client": {"clientName": "WEB", "clientVersion": "2.20260101.00.00"}},
    }
    scripts = [f"ytcfg.set({json.dumps(config)});", f"var ytInitialData = {json.dumps(initial)};"]
    if player is not None:
        scripts.append(f"var ytInitialPlayerResponse = {json.dumps(player)};")
    return "<!doctype html><html><body>" + "".join(f"<script>{s}</script>" for s in scripts) + "</body></html>"


def watch_data(video: SiteVideo) -> Json:
    """Return `ytInitialData` of a watch page: the channel's name and the licence row."""
    secondary: Json = {
        "owner": {"videoOwnerRenderer": {"title": {"runs": [{"text": video.channel}]}}},
        "metadataRowContainer": {"metadataRowContainerRenderer": {"rows": []}},
    }
    if video.licence is not None:
        row = {"title": {"simpleText": "License"}, "contents": [{"simpleText": video.licence}]}
        secondary["metadataRowContainer"]["metadataRowContainerRenderer"]["rows"] = [{"metadataRowRenderer": row}]
    contents = [{"videoSecondaryInfoRenderer": secondary}]
    return {"contents": {"twoColumnWatchNextResults": {"results": {"results": {"contents": contents}}}}}


#: Titles of unavailable entries.
PLACEHOLDERS = {"private": "[Private video]", "removed": "[Deleted video]"}


def playlist_item(video: SiteVideo) -> Json:
    """Return an entry of a playlist. Private and removed videos keep their place, with a title that says so."""
    placeholder = PLACEHOLDERS.get(video.trouble) if video.placeholder else None
    item: Json = {"videoId": video.id, "title": {"runs": [{"text": placeholder or video.title}]}}
    if placeholder is None:
        item["lengthSeconds"] = str(round(video.page_seconds or video.seconds))
        item["shortBylineText"] = {"runs": [{"text": video.channel}]}
    return {"playlistVideoRenderer": item}


def grid_item(video: SiteVideo) -> Json:
    """Return an entry of a channel's tab."""
    title = {"lockupMetadataViewModel": {"title": {"content": video.title}}}
    lockup = {"contentId": video.id, "contentType": "LOCKUP_CONTENT_TYPE_VIDEO", "metadata": title}
    return {"richItemRenderer": {"content": {"lockupViewModel": lockup}}}


def found_item(video: SiteVideo) -> Json:
    """Return an entry of search results."""
    return {"videoRenderer": {"videoId": video.id, "title": {"runs": [{"text": video.title}]}}}


def items_from(playlist: SitePlaylist, videos: dict[str, SiteVideo], start: int) -> list[Json]:
    """Return one page of entries from `start`, then the token of the next page if there is one."""
    chosen = playlist.video_ids[start : start + PAGE_SIZE]
    form = {"@": grid_item, "s": found_item}.get(playlist.id[0], playlist_item)
    items = [form(videos[id_]) for id_ in chosen]
    after = start + PAGE_SIZE
    if after < len(playlist.video_ids):
        token = f"{playlist.id}:{after}"
        command = {"continuationCommand": {"token": token}}
        items.append({"continuationItemRenderer": {"continuationEndpoint": command}})
    return items


def playlist_data(playlist: SitePlaylist, videos: dict[str, SiteVideo], how: How | None = None) -> Json:
    """Return `ytInitialData` of a playlist page, with its first page of entries; `how` it is broken."""
    if playlist.video_ids:
        items = items_from(playlist, videos, 0)
        inner: Json = {"playlistVideoListRenderer": {"contents": broken(how, items, items) or [] if how else items}}
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


def _other_tabs(tab: SitePlaylist, lists: dict[str, SitePlaylist]) -> list[Json]:
    """Return the other tabs of a tab's channel, as its page names them."""
    channel = tab.id.split("/")[0] + "/"
    return [
        {
            "tabRenderer": {
                "title": id_.removeprefix(channel).title(),
                "endpoint": {"commandMetadata": {"webCommandMetadata": {"url": f"/{id_}"}}},
            }
        }
        for id_ in lists
        if id_.startswith(channel) and id_ != tab.id
    ]


def tab_data(tab: SitePlaylist, library: dict[str, SiteVideo], lists: dict[str, SitePlaylist]) -> Json:
    """Return `ytInitialData` of a channel's tab."""
    name = tab.id.split("/")[0]
    items = items_from(tab, library, 0)
    for id_ in tab.playlist_ids:
        title = {"lockupMetadataViewModel": {"title": {"content": lists[id_].title}}}
        lockup = {"contentId": id_, "contentType": "LOCKUP_CONTENT_TYPE_PLAYLIST", "metadata": title}
        items.append({"richItemRenderer": {"content": {"lockupViewModel": lockup}}})
    endpoint = {"commandMetadata": {"webCommandMetadata": {"url": f"/{tab.id}"}}}
    content = {"richGridRenderer": {"contents": items}}
    shown = {"selected": True, "title": tab.id.split("/")[1].title(), "endpoint": endpoint, "content": content}
    about = {"title": tab.channel, "externalId": channel_id(name)}
    return {
        "contents": {"twoColumnBrowseResultsRenderer": {"tabs": [{"tabRenderer": shown}, *_other_tabs(tab, lists)]}},
        "metadata": {"channelMetadataRenderer": {**about, "vanityChannelUrl": f"http://www.youtube.com/{name}"}},
    }


def channel_id(name: str) -> str:
    """A channel id of YouTube's form for the channel of an @name."""
    return ("UC" + name.encode().hex() + "0" * 22)[:24]


def found_data(found: SitePlaylist | None, videos: dict[str, SiteVideo]) -> Json:
    """Return search results."""
    items = items_from(found, videos, 0) if found is not None else []
    section = {"sectionListRenderer": {"contents": [{"itemSectionRenderer": {"contents": items}}]}}
    return {"contents": {"twoColumnSearchResultsRenderer": {"primaryContents": section}}}


def mix_panel(mix: SitePlaylist, videos: dict[str, SiteVideo]) -> Json:
    """Return the panel beside the first video of a mix: the whole mix."""
    entries = [
        {
            "playlistPanelVideoRenderer": {
                "videoId": id_,
                "title": {"simpleText": videos[id_].title},
                "navigationEndpoint": {"watchEndpoint": {"videoId": id_, "index": number}},
            }
        }
        for number, id_ in enumerate(mix.video_ids)
    ]
    return {"title": mix.title, "playlistId": mix.id, "contents": entries}


def no_such_playlist() -> Json:
    """Return the contents of a playlist page for an unknown list."""
    return {"alerts": [{"alertRenderer": {"type": "ERROR", "text": {"simpleText": "The playlist does not exist."}}}]}


def continuation(playlist: SitePlaylist, videos: dict[str, SiteVideo], start: int, how: How | None = None) -> Json:
    """Return a later page of a playlist; `how` it is broken."""
    items = items_from(playlist, videos, start)
    if how is not None:
        found = broken(how, items, items_from(playlist, videos, start - PAGE_SIZE))
        if found is None:
            return {"responseContext": {}}
        items = found
    return {"onResponseReceivedActions": [{"appendContinuationItemsAction": {"continuationItems": items}}]}
