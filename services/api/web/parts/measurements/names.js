// The names of parameters and groups, and how their values are written.

import { bytes, decimal, hourOfDay, rate, seconds } from "../../texts/format.js";
import { t } from "../../texts/texts.js";

/** @import { Parameter } from "api-types" */
/** @import { By } from "./choices.js" */

/** @param {Parameter} parameter */
export function parameterName(parameter) {
  return t(`parameter.${parameter}`);
}

/**
 * @param {By} by
 * @param {string | null} name null: all other groups together
 */
export function groupName(by, name) {
  if (name === null) return t("measurements.others");
  if (name === "") return t("measurements.unknown");
  return by === "purpose" && (name === "archive" || name === "probe") ? t(`purpose.${name}`) : name;
}

/**
 * @param {Parameter} parameter
 * @param {number} value
 */
export function written(parameter, value) {
  if (parameter.endsWith("_rate")) return rate(value);
  if (parameter === "encoding_kbps") return rate(value * 125);
  if (parameter.endsWith("seconds")) return seconds(value);
  return parameter === "bytes" || parameter === "size_bytes" ? bytes(value) : decimal(value);
}

/** @param {number} hour of the day, in this browser's time */
export function hourName(hour) {
  return hourOfDay(new Date(2026, 0, 1, hour).toISOString());
}
