// A table of numbers.

import { h } from "./dom.js";

/** `head`: names of columns. `rows`: cells each, the first of them names the row. `keys`: of rows that are redrawn. */
export function numbers({ head, rows, keys = [] }) {
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
