// What becomes of notifications, in words: the state of an endpoint, what it is told of, the outcome of a delivery.

import { scheduleIn } from "../data/schedule.js";
import { h } from "../shell/dom.js";
import { rich, t, textOr } from "../texts/texts.js";
import { deliveryIcon, endpointIcon } from "./icon.js";
import { when } from "./labels.js";

/** @import { Answer } from "api-types" */
/** @import { Child } from "dom-types" */
/** @typedef {Answer<"get", "/v1/notifications/{name}">} Endpoint */
/** @typedef {Answer<"get", "/v1/notifications/{name}/deliveries">["items"][number]} Delivery */
/** @typedef {Answer<"get", "/v1/notices">["items"][number]} Notice */
/** @typedef {Endpoint["state"]} EndpointState */
/** @typedef {Delivery["outcome"]} Outcome */

/** @param {Endpoint} endpoint */
export function endpointState({ state }) {
  return h("span", { class: "state" }, endpointIcon(state), textOr(`endpoint-state.${state}`, state));
}

/** @param {Endpoint} endpoint */
export const endpointKind = ({ kind }) => textOr(`endpoint-kind.${kind}`, kind);

/**
 * What it is told of: people of kinds of notices, the others of types of events.
 * @param {Endpoint} endpoint
 */
export function toldOf({ rule, types }) {
  return rule === null ? types.map(eventName).join(", ") : rule.tell.map(noticeKind).join(", ");
}

/**
 * The name of an event's type.
 * @param {string} type
 */
export const eventName = (type) => textOr(`told.${type}`, type);

/**
 * What a notice is about.
 * @param {string} kind
 */
export const noticeKind = (kind) => textOr(`notice.${kind}`, kind);

/**
 * When people are told of new recordings or of the archive.
 * @param {string} times at-once, never, or a cron line with its time zone
 * @returns {Child}
 */
export function toldWhen(times) {
  const schedule = scheduleIn(times);
  if (schedule === null || !("cron" in schedule)) return textOr(`told-when.${times}`, times);
  return rich("schedule.cron", { line: h("code", null, schedule.cron), zone: schedule.zone });
}

/** @param {Outcome} outcome */
export function outcomeState(outcome) {
  return h("span", { class: "state" }, deliveryIcon(outcome), textOr(`delivery.${outcome}`, outcome));
}

/**
 * What became of the newest delivery, and when.
 * @param {Endpoint["last"]} last
 * @returns {Child}
 */
export function lastDelivery(last) {
  if (last === null) return t("notifications.never");
  return rich("notifications.last", { outcome: outcomeState(last.outcome), when: when(last.at) });
}
