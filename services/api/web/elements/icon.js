// The drawings: the states, each of a shape of its own so that nobody needs the colours, and the places of the navigation.

import { svg } from "../shell/dom.js";

/** @import { VideoState } from "api-types" */
/** @import { EndpointState, Outcome } from "./endpoint_state.js" */
/** @import { SourceState } from "./source_state.js" */

/** @type {Record<VideoState, string[]>} */
const STATES = {
  stored: ["M6 .8a5.2 5.2 0 1 0 0 10.4A5.2 5.2 0 0 0 6 .8Zm2.9 3.9L5.4 8.4 3.1 6.2l.9-1 1.4 1.3 2.5-2.7Z"],
  running: ["M6 .8a5.2 5.2 0 1 0 0 10.4A5.2 5.2 0 0 0 6 .8Zm0 1.3v7.8a3.9 3.9 0 0 1 0-7.8Z"],
  queued: ["M6 .8a5.2 5.2 0 1 0 0 10.4A5.2 5.2 0 0 0 6 .8Zm0 1.4a3.8 3.8 0 1 1 0 7.6 3.8 3.8 0 0 1 0-7.6Z"],
  waiting: [
    "M6 .8a5.2 5.2 0 1 0 0 10.4A5.2 5.2 0 0 0 6 .8Zm0 1.4a3.8 3.8 0 1 1 0 7.6 3.8 3.8 0 0 1 0-7.6Z" +
      "M5.4 3.2h1.3v2.5l1.7 1.2-.8 1-2.2-1.6Z",
  ],
  abandoned: ["M2.6 1.3 6 4.7l3.4-3.4 1.3 1.3L7.3 6l3.4 3.4-1.3 1.3L6 7.3l-3.4 3.4-1.3-1.3L4.7 6 1.3 2.6Z"],
};

/**
 * State of a followed source → its shape, and the state of a video whose colour it has.
 * @type {Record<SourceState, [string[], VideoState]>}
 */
const SOURCES = {
  waiting: [STATES.waiting, "queued"],
  due: [STATES.queued, "running"],
  asked: [STATES.running, "running"],
  paused: [["M2.5 1.5h2.4v9H2.5Z", "M7.1 1.5h2.4v9H7.1Z"], "waiting"],
  same: [["M1.5 3h9v2h-9Z", "M1.5 7h9v2h-9Z"], "queued"],
};

/**
 * State of an endpoint → the same.
 * @type {Record<EndpointState, [string[], VideoState]>}
 */
const ENDPOINTS = {
  active: [STATES.stored, "stored"],
  failing: [STATES.waiting, "waiting"],
  paused: [SOURCES.paused[0], "abandoned"],
  disabled: [STATES.queued, "queued"],
};

/**
 * Outcome of a delivery → the same.
 * @type {Record<Outcome, [string[], VideoState]>}
 */
const DELIVERIES = {
  delivered: [STATES.stored, "stored"],
  waiting: [STATES.waiting, "waiting"],
  failed: [STATES.abandoned, "abandoned"],
};

const PLACES = {
  overview: ["M3 17V9", "M8 17V3", "M13 17v-6", "M18 17V6"],
  playlists: ["M3 5h14", "M3 10h14", "M3 15h8"],
  sources: ["M4 16.2v.2", "M3.5 10.5a6 6 0 0 1 6 6", "M3.5 4a12.5 12.5 0 0 1 12.5 12.5"],
  videos: ["M3 8v4", "M6.5 5v10", "M10 2.5v15", "M13.5 6v8", "M17 8.5v3"],
  problems: ["M10 3 18 16.5H2Z", "M10 8v4", "M10 14.2v.2"],
  measurements: ["M3.5 14.5a7 7 0 1 1 13 0", "M10 13.5 13.5 8", "M10 13.4v.2"],
  notifications: ["M4 14.5h12c-1.4-1.4-1.8-2.6-1.8-6a4.2 4.2 0 0 0-8.4 0c0 3.4-.4 4.6-1.8 6Z", "M8.3 17.2h3.4"],
  parked: ["M3 4h14v12H3Z", "M7.5 13.5v-7h3a2 2 0 0 1 0 4.2h-3"],
  keys: ["M8.5 10a3.2 3.2 0 1 1-6.4 0 3.2 3.2 0 0 1 6.4 0Z", "M8.5 10h9.5", "M14 10v3.2", "M18 10v2.4"],
  account: ["M13.3 6.3a3.3 3.3 0 1 1-6.6 0 3.3 3.3 0 0 1 6.6 0Z", "M3.5 17.5c.5-3.6 3-5.3 6.5-5.3s6 1.7 6.5 5.3"],
};

/** @param {VideoState} state */
export function stateIcon(state) {
  return drawing(STATES[state] ?? STATES.queued, state);
}

/** @param {SourceState} state */
export function sourceIcon(state) {
  return drawing(...(SOURCES[state] ?? SOURCES.waiting));
}

/** @param {EndpointState} state */
export function endpointIcon(state) {
  return drawing(...(ENDPOINTS[state] ?? ENDPOINTS.disabled));
}

/** @param {Outcome} outcome */
export function deliveryIcon(outcome) {
  return drawing(...(DELIVERIES[outcome] ?? DELIVERIES.waiting));
}

/**
 * @param {string[]} shape
 * @param {VideoState} colour
 */
function drawing(shape, colour) {
  const paths = shape.map((d) => svg("path", { d, "fill-rule": "evenodd" }));
  return svg("svg", { viewBox: "0 0 12 12", class: `icon state-${colour}`, "aria-hidden": "true" }, paths);
}

/** @typedef {keyof typeof PLACES} PlaceName */

/** @param {PlaceName} name */
export function placeIcon(name) {
  const paths = PLACES[name].map((d) => svg("path", { d }));
  return svg("svg", { viewBox: "0 0 20 20", class: "place-icon", "aria-hidden": "true" }, paths);
}
