// Links that save a file, and the addresses that players take.

import { address } from "../api.js";
import { h } from "../dom.js";
import { copyable } from "./copy.js";

/** A link that saves a stored object of a video under its title; the answer says that name. */
export function download(videoId, key, words, label = null) {
  const name = key.split("/").pop();
  return h(
    "a",
    { class: "button", href: address(["videos", videoId, "files", name]), download: true, "aria-label": label },
    words,
  );
}

/** What is stored of a playlist, for players. */
export function forPlayers(playlistId) {
  const list = address(["playlists", playlistId, "audio.m3u8"]);
  const feed = new URL(address(["playlists", playlistId, "feed.rss"]), location.href).href;
  return [
    h(
      "p",
      { class: "quiet", "data-key": "how" },
      "Players ask for a user name, which can be any, and for a password: a key, best one of scope listen.",
    ),
    h(
      "dl",
      { class: "facts", "data-key": "addresses" },
      h("div", null, h("dt", null, "Podcast feed"), h("dd", null, copyable(feed, "address of the feed"))),
      h("div", null, h("dt", null, "M3U list"), h("dd", null, h("a", { href: list, download: "" }, "Save"))),
    ),
  ];
}
