// What happened while a page was open, the latest first.

import { h } from "../dom.js";
import { timeOfDay } from "../format.js";
import { link } from "../router.js";
import { happeningName, reasonName } from "../words.js";
import { stateIcon } from "./icon.js";

/** So many are kept. */
const KEPT = 12;
const ICONS = { "audio.stored.v1": "stored", "audio.mirrored.v1": "stored", "video.failed.v1": "waiting" };

export class Happenings {
  items = [];
  #number = 0;

  add(event) {
    // What is mirrored comes without a title; most of it was stored a moment ago.
    const title =
      event.title ?? this.items.find(({ video, title: known }) => known && video === event.video)?.title ?? null;
    this.items = [{ ...event, title, number: this.#number++ }, ...this.items].slice(0, KEPT);
  }
}

export function happenings({ items }) {
  if (items.length === 0)
    return h("p", { class: "quiet" }, "Nothing yet. What is stored, mirrored or fails appears here.");
  return h(
    "ol",
    { class: "lines happenings" },
    items.map((event) =>
      h(
        "li",
        { "data-key": `happening-${event.number}` },
        event.at === null ? null : h("time", { class: "quiet", datetime: event.at }, timeOfDay(event.at)),
        h("span", { class: "state" }, stateIcon(ICONS[event.type] ?? "abandoned"), happeningName(event.type)),
        h("a", { href: about(event), class: "title" }, event.title ?? event.video ?? event.playlist),
        event.reason ? h("span", { class: "quiet" }, reasonName(event.reason)) : null,
      ),
    ),
  );
}

function about({ video, playlist }) {
  return video === null ? link(["playlists", playlist]) : link(["videos", video]);
}
