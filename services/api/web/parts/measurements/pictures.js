// The two pictures of a parameter: its values over time with their medians, and its distribution.

import { secondsOf } from "../../data/measured.js";
import { distribution, medians } from "../../data/statistics.js";
import { percent, shortDay, timeOfDay } from "../../texts/format.js";
import { t } from "../../texts/texts.js";
import { hourName, parameterName, written } from "./names.js";

/** @import { Parameter } from "api-types" */
/** @import { Group } from "../../data/measured.js" */
/** @import { Curve, Picture } from "../../data/plot_svg.js" */

/** Parts of the time that have a median each, and points of a distribution. */
const PARTS = 60;
const STEPS = 400;
const DAY_SECONDS = 86_400;

/** What is drawn of each hour of the day: its name, and its colour. */
export const QUANTILES = /** @type {const} */ ([
  ["measurements.p90", 2],
  ["measurements.median", 0],
  ["measurements.p10", 1],
]);

/** @typedef {{groups: Group[], parameter: Parameter, time: {since: string, until: string}}} What */

/**
 * Every value, and the medians of the parts of the time.
 * @param {What} what
 * @returns {Picture}
 */
export function timePicture({ groups, parameter, time }) {
  const ends = { from: secondsOf(time.since), to: secondsOf(time.until), parts: PARTS };
  /** @type {Curve[]} */
  const points = groups.map(({ name, times, values }, colour) => ({
    ...{ name: name ?? "", x: times, y: values, as: "points", colour },
  }));
  /** @type {Curve[]} */
  const lines = groups.map(({ name, times, values }, colour) => {
    const [x, y] = medians(times, values, ends);
    return { name: name ?? "", x, y, as: "line", colour };
  });
  return {
    curves: [...points, ...lines],
    time: true,
    onX: (seconds, step) => {
      const date = new Date(seconds * 1000);
      return step >= DAY_SECONDS ? shortDay(date) : timeOfDay(date.toISOString());
    },
    onY: (value) => written(parameter, value),
    label: t("measurements.over-time", { what: parameterName(parameter) }),
  };
}

/**
 * The quantiles of each hour of the day: groups are those hours.
 * @param {What} what
 * @returns {Picture}
 */
export function hourPicture({ groups, parameter }) {
  const x = groups.map(({ hour }) => hour ?? 0);
  /**
   * @param {"p10" | "p50" | "p90"} which
   * @param {string} name
   * @param {number} colour
   * @returns {Curve}
   */
  const curve = (which, name, colour) => ({
    ...{ name, x, y: groups.map(({ summary }) => summary[which]), as: "line", colour },
  });
  const [p90, p50, p10] = QUANTILES;
  return {
    curves: [curve("p90", t(p90[0]), p90[1]), curve("p50", t(p50[0]), p50[1]), curve("p10", t(p10[0]), p10[1])],
    time: false,
    steps: [1, 2, 3, 6, 12],
    onX: (hour) => hourName(hour),
    onY: (value) => written(parameter, value),
    label: t("measurements.over-hours", { what: parameterName(parameter) }),
  };
}

/**
 * @param {What} what
 * @returns {Picture}
 */
export function distributionPicture({ groups, parameter }) {
  return {
    curves: groups.map(({ name, weighted }, colour) => {
      const [x, y] = distribution(weighted, STEPS);
      return { name: name ?? "", x, y, as: "line", colour };
    }),
    time: false,
    onX: (value) => written(parameter, value),
    onY: (share) => percent(share, 1),
    label: t("measurements.distribution", { what: parameterName(parameter) }),
  };
}
