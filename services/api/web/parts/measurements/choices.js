// What is shown of the measurements: kept in the address, so that a link shows the same to somebody else.

import { h } from "../../shell/dom.js";
import { t } from "../../texts/texts.js";
import { parameterName } from "./names.js";

/** @import { Crawl, Grouping, Parameter, Series } from "api-types" */
/** @import { Handlers } from "../../shell/dom.js" */

export const PARAMETERS = /** @type {const} */ ([
  ...["average_rate", "peak_rate", "first_byte_seconds", "resolve_seconds", "connect_seconds", "tls_seconds"],
  ...["redirect_seconds", "ping_average_seconds", "startup_seconds", "stalls", "stalled_seconds", "played_seconds"],
  ...["buffered_seconds", "seconds", "transfer_seconds", "waited_seconds", "bytes", "requests", "interruptions"],
  ...["encoding_kbps", "duration_seconds", "size_bytes"],
]);
const GROUPINGS = /** @type {const} */ ([
  ...["egress", "provider", "source", "network", "host", "resolver", "crawl", "purpose", "hour"],
]);
/** Hours of a time that can be chosen. */
const TIMES = [24, 24 * 7, 24 * 30];
const POINTS = [10_000, 100_000];
const PURPOSES = /** @type {const} */ (["archive", "probe"]);

/** @typedef {Grouping | "hour"} By */
/**
 * @typedef {object} Choices
 * @property {Parameter} parameter
 * @property {By} by
 * @property {number} hours
 * @property {number} points how many are shown at most
 * @property {string} egress
 * @property {string} provider
 * @property {string} source
 * @property {string} crawl
 * @property {"archive" | "probe" | ""} purpose
 * @property {boolean} compare whether the time before is beside it
 */

/**
 * @param {URLSearchParams} query
 * @returns {Choices}
 */
export function choicesIn(query) {
  /** @param {string} name */
  const value = (name) => query.get(name) ?? "";
  return {
    parameter: PARAMETERS.find((each) => each === value("parameter")) ?? "average_rate",
    by: GROUPINGS.find((each) => each === value("by")) ?? "egress",
    hours: TIMES.find((each) => String(each) === value("hours")) ?? 24 * 7,
    points: POINTS.find((each) => String(each) === value("points")) ?? 10_000,
    egress: value("egress"),
    provider: value("provider"),
    source: value("source"),
    crawl: value("crawl"),
    purpose: PURPOSES.find((each) => each === value("purpose")) ?? "",
    compare: value("compare") !== "",
  };
}

/**
 * Whether values are told apart by the hour of the day, which only this browser knows.
 * @param {By} by
 * @returns {by is "hour"}
 */
export function isHourly(by) {
  return by === "hour";
}

/**
 * @param {Choices} wanted
 * @param {Series[]} series
 * @param {Crawl[]} crawls
 * @param {Handlers<HTMLFormElement>} handlers
 */
export function choices(wanted, series, crawls, handlers) {
  /** @param {"egress" | "provider" | "source"} name */
  const known = (name) => any([...new Set(series.map((each) => each[name]))].filter((each) => each !== "").sort());
  return h(
    "form",
    { class: "filters choices", "aria-label": t("measurements.choices"), "data-key": "choices", ...handlers },
    select(
      "parameter",
      t("measurements.parameter"),
      wanted.parameter,
      PARAMETERS.map((each) => [each, parameterName(each)]),
    ),
    select(
      "by",
      t("measurements.by"),
      wanted.by,
      GROUPINGS.map((each) => [each, t(`measurements.by-${each}`)]),
    ),
    select(
      "hours",
      t("measurements.time"),
      String(wanted.hours),
      TIMES.map((hours) => [
        String(hours),
        hours === 24 ? t("measurements.day") : t("measurements.days", { count: hours / 24 }),
      ]),
    ),
    select("compare", t("measurements.compare"), wanted.compare ? "before" : "", [
      ["", t("measurements.compare-none")],
      ["before", t("measurements.compare-before")],
    ]),
    select("egress", t("measurements.by-egress"), wanted.egress, known("egress")),
    select("provider", t("measurements.by-provider"), wanted.provider, known("provider")),
    select("source", t("measurements.by-source"), wanted.source, known("source")),
    select("purpose", t("measurements.by-purpose"), wanted.purpose, [
      ["", t("element.all")],
      ...PURPOSES.map((each) => pair(each, t(`purpose.${each}`))),
    ]),
    select("crawl", t("measurements.by-crawl"), wanted.crawl, any(crawls.map(({ name }) => name))),
    select(
      "points",
      t("measurements.points"),
      String(wanted.points),
      POINTS.map((number) => [String(number), t("measurements.at-most", { count: number })]),
    ),
  );
}

/**
 * @param {string} value
 * @param {string} words
 * @returns {[string, string]}
 */
function pair(value, words) {
  return [value, words];
}

/**
 * @param {string[]} values
 * @returns {[string, string][]}
 */
function any(values) {
  return [["", t("element.all")], ...values.map((value) => pair(value, value))];
}

/**
 * @param {string} name
 * @param {string} words
 * @param {string} chosen
 * @param {[string, string][]} options
 */
function select(name, words, chosen, options) {
  // What the address names stays chosen, though nothing of it was measured lately.
  const all = options.some(([value]) => value === chosen) ? options : [...options, pair(chosen, chosen)];
  return h(
    "label",
    null,
    h("span", null, words),
    h(
      "select",
      { name },
      all.map(([value, label]) => h("option", { value, selected: value === chosen }, label)),
    ),
  );
}
