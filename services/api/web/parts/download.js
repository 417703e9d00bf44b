// Links that save a file, and the addresses that players use.

import { address } from "../data/api.js";
import { copyable } from "../elements/copy.js";
import { h } from "../shell/dom.js";
import { t } from "../texts/texts.js";

/** @import { Child } from "dom-types" */

/**
 * A link that saves a stored object of a video under its title, which the answer names.
 * @param {string} videoId
 * @param {string} key
 * @param {Child} words
 * @param {string | null} [label] for those who cannot see which file it is
 */
export function download(videoId, key, words, label = null) {
  const name = key.split("/").pop() ?? key;
  const href = address("/v1/videos/{video_id}/files/{name}", { path: { video_id: videoId, name } });
  return h("a", { class: "button", href, download: true, "aria-label": label }, words);
}

/**
 * Addresses of a playlist's stored recordings, for players.
 * @param {string} playlistId
 */
export function forPlayers(playlistId) {
  const path = { playlist_id: playlistId };
  const list = address("/v1/playlists/{playlist_id}/audio.m3u8", { path });
  const feed = new URL(address("/v1/playlists/{playlist_id}/feed.rss", { path }), location.href).href;
  return [
    h("p", { class: "quiet", "data-key": "how" }, t("players.how")),
    h(
      "dl",
      { class: "facts", "data-key": "addresses" },
      h("div", null, h("dt", null, t("players.feed")), h("dd", null, copyable(feed, t("players.feed-address")))),
      h(
        "div",
        null,
        h("dt", null, t("players.list")),
        h("dd", null, h("a", { href: list, download: "" }, t("players.save"))),
      ),
    ),
  ];
}
