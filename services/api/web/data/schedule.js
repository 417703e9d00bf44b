// When a source is looked at, as its definition says it: "auto", "6h", "cron 0 6 * * * Africa/Porto-Novo".

/** @typedef {"s" | "m" | "h" | "d" | "w"} Unit */
/** @typedef {{every: number, unit: Unit} | {cron: string, zone: string}} Schedule */

/** Fields of a cron line: minute, hour, day, month, weekday. */
const CRON_FIELDS = 5;

/**
 * The parts of a schedule; null for one that follows the source's own rhythm, and for one that only a newer API knows.
 * @param {string} text
 * @returns {Schedule | null}
 */
export function scheduleIn(text) {
  const [kind, ...fields] = text.split(" ");
  if (kind === "cron") {
    return { cron: fields.slice(0, CRON_FIELDS).join(" "), zone: fields[CRON_FIELDS] ?? "UTC" };
  }
  const [, number, unit] = /^(\d+) ?([smhdw])$/.exec(text) ?? [];
  return unit === undefined ? null : { every: Number(number), unit: /** @type {Unit} */ (unit) };
}
