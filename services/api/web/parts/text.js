// Small things that many pages say: a state, a time, a reason.

import { h } from "../dom.js";
import { fromNow, moment, shortMoment } from "../format.js";
import { MEANINGS, PLAYLIST_STATES, reasonName, STATES } from "../words.js";
import { stateIcon } from "./icon.js";

/** Playlist state → the state of a video that looks alike. */
const ALIKE = {
  accepted: "queued",
  expanding: "running",
  expanded: "stored",
  waiting: "waiting",
  refused: "abandoned",
};

export function state(name) {
  return h("span", { class: "state", title: MEANINGS[name] }, stateIcon(name), STATES[name] ?? name);
}

export function playlistState(name) {
  return h("span", { class: "state" }, stateIcon(ALIKE[name]), PLAYLIST_STATES[name] ?? name);
}

/** How long ago or ahead, with the exact moment behind it. */
export function when(iso) {
  return h("time", { datetime: iso, title: moment(iso) }, fromNow(iso));
}

/** The moment itself, for what has lasted since then. */
export function since(iso) {
  return h("time", { datetime: iso, title: fromNow(iso) }, shortMoment(iso));
}

/** Why something did not work: its name, and the source's own words. */
export function failure({ reason, detail }) {
  return h("span", { class: "failure" }, h("b", null, reasonName(reason)), detail ? ` – ${detail}` : "");
}

/** Why a playlist was not listed to its end, and when it is tried again; nothing if it was. */
export function notListed({ failure: why, retry_at: again }) {
  if (why === null) return null;
  return h("p", { class: "wrong" }, failure(why), again === null ? "" : [" · listed again ", when(again)]);
}

/** A term and what is to be said of it, for a list of facts; nothing if there is nothing to say. */
export function fact(term, ...said) {
  if (said.every((each) => each === null || each === undefined || each === "")) return null;
  return h("div", { "data-key": `fact-${term}` }, h("dt", null, term), h("dd", null, said));
}
