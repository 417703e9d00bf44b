// A table of numbers.

import { h } from "../shell/dom.js";

/** @import { Child } from "dom-types" */

/**
 * @typedef {object} Numbers
 * @property {string[]} head names of columns
 * @property {Child[][]} rows cells each, the first of them names the row
 * @property {string[]} [keys] of rows that are redrawn
 */

/** @param {Numbers} numbers */
export function numberTable({ head, rows, keys = [] }) {
  return h(
    "table",
    { class: "numbers" },
    h(
      "thead",
      null,
      h(
        "tr",
        null,
        head.map((name) => h("th", { scope: "col" }, name)),
      ),
    ),
    h(
      "tbody",
      null,
      rows.map(([first, ...rest], at) =>
        h(
          "tr",
          { "data-key": keys[at] },
          h("th", { scope: "row" }, first),
          rest.map((cell) => h("td", null, cell)),
        ),
      ),
    ),
  );
}
