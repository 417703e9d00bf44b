// The parts of a playlist's page: its facts and buttons, its progress, and some of its videos.

import { secondsLeft } from "../data/pace.js";
import { session } from "../data/session.js";
import { fact, notListed, playlistState, state, when } from "../elements/labels.js";
import { sourceLink } from "../elements/source_link.js";
import { hoursBar, stateBar, stateLegend, total } from "../elements/state_bar.js";
import { h } from "../shell/dom.js";
import { link } from "../shell/router.js";
import { bytes, count, hours, percent, span } from "../texts/format.js";
import { rich, t } from "../texts/texts.js";
import { heldUp } from "./breakers.js";

/** @import { Playlist, Video } from "api-types" */
/** @typedef {{listAgain: () => void, abandon: () => void, erase: () => void}} Decisions */

/**
 * @param {Playlist} playlist
 * @param {Decisions} decisions
 */
export function playlistHeader(playlist, decisions) {
  const { limit, priority } = playlist;
  return h(
    "div",
    { class: "wide", "data-key": "header" },
    h(
      "dl",
      { class: "facts" },
      fact(t("playlist.state"), playlistState(playlist.state)),
      fact(t("playlist.channel"), playlist.channel),
      fact(t("playlist.submitted"), when(playlist.submitted_at)),
      fact(t("playlist.found"), entries(playlist)),
      fact(t("playlist.departed"), departed(playlist)),
      fact(t("playlist.left-out"), playlist.left_out.join(" ")),
      fact(t("playlist.profiles"), playlist.profiles?.join(", ")),
      fact(t("playlist.limit"), limit === null ? null : t("count.videos", { count: limit })),
      fact(t("playlist.priority"), priority === "high" ? t("playlist.priority-high") : null),
      fact(t("playlist.address"), sourceLink(playlist.url)),
    ),
    notListed(playlist),
    heldUp(playlist.held_up),
    buttons(playlist, decisions),
  );
}

/**
 * @param {Playlist} playlist
 * @param {Decisions} decisions
 */
function buttons({ state: listing }, { listAgain, abandon, erase }) {
  if (!session.may("submit")) return null;
  /**
   * @param {string} name
   * @param {string} words
   * @param {() => void} onclick
   * @param {boolean} [danger]
   */
  const button = (name, words, onclick, danger = false) =>
    h("button", { type: "button", class: danger ? "danger" : null, "data-key": name, onclick }, words);
  return h(
    "p",
    { class: "buttons", "data-key": "buttons" },
    button("list", t("playlist.list-again"), listAgain),
    session.may("admin") && listing !== "refused" ? button("abandon", t("ending.abandon"), abandon) : null,
    session.may("admin") ? button("delete", t("ending.delete"), erase, true) : null,
  );
}

/** @param {Playlist} playlist */
function entries({ found, expected }) {
  if (expected === null || expected === found) return t("playlist.found-all", { count: found });
  return t("playlist.found-of", { found, expected });
}

/** @param {Playlist} playlist */
function departed({ departed: number, departed_at: at }) {
  return number > 0 && at ? rich("playlist.departed-of", { count: number, when: when(at) }) : null;
}

/** @param {Playlist} playlist */
export function playlistProgress({ id, state: listing, progress }) {
  const { counts } = progress;
  const all = total(counts);
  if (all === 0) {
    const words = listing === "refused" ? t("playlist.refused") : t("playlist.no-videos");
    return h("p", { class: "quiet" }, words);
  }
  const seconds = secondsLeft(id, counts.queued + counts.running);
  const sentence = rich("playlist.progress", {
    stored: h("b", null, count(counts.stored)),
    all,
    percent: percent(counts.stored, all),
    hours: h("b", null, hours(progress.stored_hours)),
    found: hours(progress.found_hours),
    bytes: bytes(progress.stored_bytes),
    mirrored: progress.mirroring ? t("playlist.progress-mirrored", { mirrored: progress.mirrored }) : "",
    left: seconds === null ? "" : t("playlist.progress-left", { span: span(seconds) }),
  });
  return [
    h("p", { class: "sentence" }, sentence),
    hoursBar(progress),
    stateBar(counts),
    stateLegend(counts, { playlist: id }),
  ];
}

/**
 * @param {{items: Video[], next: string | null}} videos
 * @param {string} id
 */
export function someVideos({ items, next }, id) {
  if (items.length === 0) return h("p", { class: "quiet" }, t("playlist.videos-none"));
  const words = next === null ? t("playlist.videos-table") : t("playlist.videos-all");
  return [
    h(
      "ul",
      { class: "lines" },
      items.map((video) =>
        h(
          "li",
          { "data-key": video.id },
          h("a", { href: link(["videos", video.id]), class: "title" }, video.title ?? video.id),
          state(video.state),
        ),
      ),
    ),
    h("p", null, h("a", { href: link(["videos"], { playlist: id }) }, words)),
  ];
}
