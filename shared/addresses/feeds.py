"""The feeds that sites are known to have, and ids that are the same under all addresses of a list. Pure functions."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

from shared.addresses import youtube

_FEEDS = "https://www.youtube.com/feeds/videos.xml"
#: YouTube's hub, and what it calls the feeds: not as they call themselves.
_HUB, _TOPICS = "https://pubsubhubbub.appspot.com/subscribe", "https://www.youtube.com/xml/feeds/videos.xml"
#: Prefixes of YouTube's ids: of a channel, of the list of its uploads, of lists that have feeds.
_CHANNEL, _UPLOADS, _LISTS = "UC", "UU", ("PL", "UU")


def feed_of(url: str, identity_id: str | None = None) -> str | None:
    """The feed of a list at a canonical address; None if its site is not known to have one.

    `identity_id`: the id that the list was found to have, such as that of the channel behind an @name.
    """
    for id_ in filter(None, (_named(url), (identity_id or "").removeprefix("youtube:"))):
        if id_.startswith(_CHANNEL) and ":" not in id_:
            return f"{_FEEDS}?channel_id={id_}"
        if id_.startswith(_LISTS):
            return f"{_FEEDS}?playlist_id={id_}"
    return None


def hub_of(feed: str) -> tuple[str, str] | None:
    """The hub that tells of a feed's changes though the feed names none, and the address by which it knows the feed.

    None: no hub is known to. YouTube's feeds of channels have one, those of lists do not. Source: YouTube's guide
    "Subscribe to push notifications" (https://developers.google.com/youtube/v3/guides/push_notifications).
    """
    parts = urlsplit(feed)
    channel = parse_qs(parts.query).get("channel_id", [""])[0]
    if not youtube.is_youtube(parts.hostname or "") or parts.path != urlsplit(_FEEDS).path or not channel:
        return None
    return _HUB, f"{_TOPICS}?{urlencode({'channel_id': channel})}"


def identity_of(playlist_id: str, channel_id: str | None = None) -> str:
    """An id of a list that is the same under all its addresses, as far as known.

    A channel's @name, its id, and the list or feed of its uploads all mean the same. `channel_id`: the channel that the
    source named when the list was read.
    """
    site, _, name = playlist_id.partition(":")
    if site != "youtube":
        return playlist_id
    if name.startswith(_UPLOADS):
        return f"youtube:{_CHANNEL}{name.removeprefix(_UPLOADS)}"
    base, _, tab = name.partition(":")
    by_name = base.startswith("@") or base in ("c", "user")
    if not by_name or channel_id is None:
        return playlist_id
    tab = tab.rpartition(":")[2] if base in ("c", "user") else tab
    return f"youtube:{channel_id}{':' if tab in youtube.TABS else ''}{tab if tab in youtube.TABS else ''}"


def _named(url: str) -> str | None:
    parts = urlsplit(url)
    if not youtube.is_youtube(parts.hostname or ""):
        return None
    if parts.path == "/playlist":
        return parse_qs(parts.query).get("list", [None])[0]
    steps = [step for step in parts.path.split("/") if step]
    return steps[1] if len(steps) == 2 and steps[0] == "channel" else None
