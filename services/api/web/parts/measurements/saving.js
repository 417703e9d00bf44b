// What a person can take away of a picture: it as PNG or SVG, and its values as CSV.

import { h } from "../../shell/dom.js";
import { t } from "../../texts/texts.js";

/** @import { Group } from "../../data/measured.js" */
/** @import { Plot } from "../../elements/plot.js" */
/** @import { Choices } from "./choices.js" */

/**
 * @param {string} key
 * @param {Plot} plot
 * @param {Choices} choices
 * @param {Group[]} groups
 */
export function savers(key, plot, { parameter }, groups) {
  const name = `fonoteca-${parameter}-${key}`;
  /**
   * @param {string} form
   * @param {() => Blob | null | Promise<Blob | null>} make
   */
  const button = (form, make) =>
    h("button", { type: "button", onclick: async () => save(await make(), `${name}.${form.toLowerCase()}`) }, form);
  return h(
    "p",
    { class: "savers", "data-key": `${key}-save`, hidden: groups.length === 0 },
    h("span", { class: "quiet" }, t("measurements.save")),
    button("PNG", () => plot.png()),
    button("SVG", () => plot.svg()),
    button("CSV", () => new Blob([csvOf(groups)], { type: "text/csv" })),
  );
}

/**
 * The values of the pictures: when (UTC), of which group, and the value as the API gives it.
 * @param {Group[]} groups
 */
function csvOf(groups) {
  const lines = groups.flatMap(({ name, times, values }) =>
    times.map((time, at) => `${new Date(time * 1000).toISOString()},${quoted(name ?? "")},${values[at]}`),
  );
  return `${["at,group,value", ...lines].join("\n")}\n`;
}

/** @param {string} text */
function quoted(text) {
  // A leading sign of arithmetic would be a formula to a spreadsheet.
  const safe = /^\s*[=+\-@]/.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}

/**
 * @param {Blob | null} blob
 * @param {string} name
 */
function save(blob, name) {
  if (blob === null) return;
  const href = URL.createObjectURL(blob);
  h("a", { href, download: name }).click();
  URL.revokeObjectURL(href);
}
