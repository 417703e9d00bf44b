// What a video's source says of it, and where it belongs.

import { h } from "../dom.js";
import { date, length } from "../format.js";
import { link } from "../router.js";
import { outside } from "./outside.js";
import { fact } from "./text.js";

/** `titles`: id of a playlist → its title, where that is known. */
export function metadata(video, titles) {
  return h(
    "dl",
    { class: "facts" },
    fact(
      "Channel",
      video.channel === null ? null : h("a", { href: link(["videos"], { channel: video.channel }) }, video.channel),
    ),
    fact("Length", video.duration_seconds === null ? null : length(video.duration_seconds)),
    fact("Published", video.upload_date === null ? null : date(video.upload_date)),
    fact("Language", video.language),
    fact("Licence", video.licence ?? h("span", { class: "quiet" }, "Not stated, which does not mean that it is free")),
    fact(
      "Playlists",
      video.playlists.map((playlist) =>
        h("a", { href: link(["playlists", playlist]), class: "address" }, titles.get(playlist) ?? playlist),
      ),
    ),
    fact("Id", h("code", null, video.id)),
    fact("Accession", video.accession),
    fact("Address", outside(video.url)),
  );
}
