// Small things that many pages say: a state, a time, a reason.

import { h } from "../shell/dom.js";
import { fromNow, moment, shortMoment } from "../texts/format.js";
import { reasonName, rich, textOr } from "../texts/texts.js";
import { stateIcon } from "./icon.js";

/** @import { Failure, PlaylistState, VideoState } from "api-types" */
/** @import { Child } from "dom-types" */

/**
 * Playlist state → the state of a video that looks alike.
 * @type {Record<PlaylistState, VideoState>}
 */
const ALIKE = {
  accepted: "queued",
  expanding: "running",
  expanded: "stored",
  waiting: "waiting",
  refused: "abandoned",
};
export const PLAYLIST_STATES = /** @type {PlaylistState[]} */ (Object.keys(ALIKE));
/** @type {VideoState[]} */
export const VIDEO_STATES = ["stored", "running", "queued", "waiting", "abandoned"];

/** @param {VideoState} name */
export function state(name) {
  return h(
    "span",
    { class: "state", title: textOr(`meaning.${name}`, "") },
    stateIcon(name),
    textOr(`state.${name}`, name),
  );
}

/** @param {PlaylistState} name */
export function playlistState(name) {
  return h("span", { class: "state" }, stateIcon(ALIKE[name]), textOr(`playlist-state.${name}`, name));
}

/**
 * How long ago or ahead, with the exact moment behind it.
 * @param {string} iso
 */
export function when(iso) {
  return h("time", { datetime: iso, title: moment(iso) }, fromNow(iso));
}

/**
 * The moment itself, for what has lasted since then.
 * @param {string} iso
 */
export function since(iso) {
  return h("time", { datetime: iso, title: fromNow(iso) }, shortMoment(iso));
}

/**
 * Why something did not work: its name, and the source's own words.
 * @param {Pick<Failure, "reason" | "detail">} why
 */
export function failure({ reason, detail }) {
  return h("span", { class: "failure" }, reasonWith(reason, detail));
}

/**
 * A reason's name, with its detail if there is one.
 * @param {string} reason
 * @param {string | null} detail
 * @returns {Child[]}
 */
export function reasonWith(reason, detail) {
  const name = h("b", null, reasonName(reason));
  return detail ? rich("element.with-detail", { name, detail }) : [name];
}

/**
 * Why a playlist was not listed to its end, and when it is listed again; null if it was.
 * @param {{failure: Failure | null, retry_at: string | null}} playlist
 */
export function notListed({ failure: why, retry_at: again }) {
  if (why === null) return null;
  return h("p", { class: "wrong" }, failure(why), again && rich("element.listed-again", { when: when(again) }));
}

/**
 * A term and its description, for a list of facts; null without a description.
 * @param {string} term
 * @param {Child[]} said
 */
export function fact(term, ...said) {
  if (said.every((each) => each === null || each === undefined || each === "")) return null;
  return h("div", { "data-key": `fact-${term}` }, h("dt", null, term), h("dd", null, said));
}
