// Measurements by group, as the pictures need them. Pure.

import { summary, weighted } from "./statistics.js";

/** @import { Values } from "api-types" */
/** @import { Summary, Weighted } from "./statistics.js" */

/** Groups that are shown; further ones are together. */
export const MAX_GROUPS = 6;
const HOUR_SECONDS = 3600;

/**
 * @typedef {object} Group
 * @property {string | null} name null: all that have no place of their own
 * @property {number[]} times seconds since 1970, rising
 * @property {number[]} values
 * @property {Weighted} weighted the same, rising, with the downloads that they stand for
 * @property {Summary} summary
 * @property {number} [hour] of the day, where groups are hours
 */

/**
 * The groups of an answer, the largest first.
 * @param {Values} answer
 * @returns {Group[]}
 */
export function groupsOf(answer) {
  return largest(answer.groups, answer.group, answer);
}

/**
 * The same by the hour of the day, in this browser's time, in its order.
 * @param {Values} answer
 * @param {(hour: number) => string} name
 * @returns {Group[]}
 */
export function hoursOf(answer, name) {
  const hours = answer.at.map((seconds) => new Date(seconds * 1000).getHours());
  const found = split(24, hours, answer).map((group, hour) => ({ ...group, name: name(hour), hour }));
  return found.filter(({ values }) => values.length > 0).map(complete);
}

/**
 * All values of an answer as one group.
 * @param {Values} answer
 * @param {string} name
 * @returns {Group[]}
 */
export function together({ at, value, weight }, name) {
  return value.length === 0 ? [] : [complete({ name, times: at, values: value, weights: weight })];
}

/**
 * Two answers as two groups, the second moved so that both lie over one another.
 * @param {Values} now
 * @param {Values} earlier
 * @param {[string, string]} names
 * @returns {Group[]}
 */
export function compared(now, earlier, names) {
  const later = secondsOf(now.since) - secondsOf(earlier.since);
  const found = [
    { name: names[0], times: now.at, values: now.value, weights: now.weight },
    {
      name: names[1],
      times: earlier.at.map((seconds) => seconds + later),
      values: earlier.value,
      weights: earlier.weight,
    },
  ];
  return found.filter(({ values }) => values.length > 0).map(complete);
}

/** @param {string} iso */
export function secondsOf(iso) {
  return new Date(iso).getTime() / 1000;
}

/**
 * The time as long as another one, just before it.
 * @param {{since: number, until: number}} time milliseconds since 1970
 */
export function before({ since, until }) {
  return { since: since - (until - since), until: since };
}

/**
 * The hours of a time that begins so many hours ago, as the API wants them.
 * @param {number} hours
 * @param {number} now milliseconds since 1970
 */
export function lastHours(hours, now) {
  return { since: now - hours * HOUR_SECONDS * 1000, until: now };
}

/**
 * @param {string[]} names
 * @param {number[]} places
 * @param {Values} answer
 */
function largest(names, places, answer) {
  const found = split(names.length, places, answer).map((group, at) => ({ ...group, name: names[at] ?? "" }));
  found.sort((one, other) => other.values.length - one.values.length);
  const shown = found.slice(0, MAX_GROUPS).map(complete);
  const rest = found.slice(MAX_GROUPS);
  if (rest.length === 0) return shown;
  const rows = rest.flatMap(({ times, values, weights }) =>
    times.map((time, at) => ({ time, value: values[at] ?? NaN, weight: weights[at] ?? 1 })),
  );
  rows.sort((one, other) => one.time - other.time);
  const others = {
    name: null,
    times: rows.map(({ time }) => time),
    values: rows.map(({ value }) => value),
    weights: rows.map(({ weight }) => weight),
  };
  return [...shown, complete(others)];
}

/**
 * @param {number} number
 * @param {number[]} places
 * @param {Values} answer
 */
function split(number, places, answer) {
  const found = Array.from({ length: number }, () => ({
    times: /** @type {number[]} */ ([]),
    values: /** @type {number[]} */ ([]),
    weights: /** @type {number[]} */ ([]),
  }));
  places.forEach((place, at) => {
    found[place]?.times.push(answer.at[at] ?? NaN);
    found[place]?.values.push(answer.value[at] ?? NaN);
    found[place]?.weights.push(answer.weight[at] ?? 1);
  });
  return found;
}

/**
 * @param {{name: string | null, times: number[], values: number[], weights: number[], hour?: number}} group
 * @returns {Group}
 */
function complete({ weights, ...group }) {
  const found = weighted(group.values, weights);
  return { ...group, weighted: found, summary: summary(found) };
}
