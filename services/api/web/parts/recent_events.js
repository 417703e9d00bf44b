// Events since a page was opened, the latest first.

import { stateIcon } from "../elements/icon.js";
import { h } from "../shell/dom.js";
import { link } from "../shell/router.js";
import { timeOfDay } from "../texts/format.js";
import { eventName } from "../texts/names.js";
import { reasonName, t } from "../texts/texts.js";

/** @import { Happened, VideoState } from "api-types" */

/** Events that are kept. */
const MAX_EVENTS = 12;
/** @type {Record<string, VideoState>} */
const ICONS = { "audio.stored.v1": "stored", "audio.mirrored.v1": "stored", "video.failed.v1": "waiting" };

export class RecentEvents {
  /** @type {(Happened & {number: number})[]} */
  items = [];
  #number = 0;

  /** @param {Happened} event */
  add(event) {
    // The event of a mirrored recording comes without a title; most were stored a moment ago.
    const title =
      event.title ?? this.items.find(({ video, title: known }) => known && video === event.video)?.title ?? null;
    this.items = [{ ...event, title, number: this.#number++ }, ...this.items].slice(0, MAX_EVENTS);
  }
}

/** @param {RecentEvents} recent */
export function recentEvents({ items }) {
  if (items.length === 0) return h("p", { class: "quiet" }, t("events.none"));
  return h(
    "ol",
    { class: "lines events" },
    items.map((event) =>
      h(
        "li",
        { "data-key": `event-${event.number}` },
        event.at === null ? null : h("time", { class: "quiet", datetime: event.at }, timeOfDay(event.at)),
        h("span", { class: "state" }, stateIcon(ICONS[event.type] ?? "abandoned"), eventName(event.type)),
        h("a", { href: addressOf(event), class: "title" }, event.title ?? event.video ?? event.playlist),
        event.reason ? h("span", { class: "quiet" }, reasonName(event.reason)) : null,
      ),
    ),
  );
}

/** @param {Happened} event */
function addressOf({ video, playlist }) {
  return video === null ? link(["playlists", playlist ?? ""]) : link(["videos", video]);
}
