// Charts as SVG. Their labels are text beside them, so that they stay readable at any width; the numbers are in a table.

import { h, svg } from "../shell/dom.js";
import { t } from "../texts/texts.js";
import { numberTable } from "./number_table.js";

/** @import { Child } from "dom-types" */
/** @import { Numbers } from "./number_table.js" */

const WIDTH = 1000;
const HEIGHT = 100;
/** Share of the height below the line, for what counts downwards. */
const BELOW = 30;

/** @typedef {{title: string, up: number, down: number, tick: string}} Bar `tick`: the words under the bar */

/**
 * Bars over a line, and below it what went wrong.
 * @param {{bars: Bar[], top: string, table: Numbers, caption: Child}} chart `top`: the words for the highest bar
 */
export function barChart({ bars, top, table, caption }) {
  const highest = Math.max(...bars.map((bar) => bar.up), Number.MIN_VALUE);
  const deepest = Math.max(...bars.map((bar) => bar.down));
  const line = deepest > 0 ? HEIGHT - BELOW : HEIGHT;
  const step = WIDTH / bars.length;
  // A bar below the line says that there were failures; its length is a share of the most in one bar.
  const shapes = bars.map((bar, at) => {
    const up = (bar.up / highest) * (line - 2);
    const down = deepest > 0 ? (bar.down / deepest) * (BELOW - 2) : 0;
    /**
     * @param {string} kind
     * @param {number} y
     * @param {number} height
     */
    const rect = (kind, y, height) =>
      height > 0
        ? svg("rect", { class: kind, x: at * step + step * 0.12, width: step * 0.76, y, height: Math.max(height, 1.5) })
        : null;
    const room = svg("rect", { class: "room", x: at * step, width: step, y: 0, height: HEIGHT });
    return svg("g", null, svg("title", null, bar.title), room, rect("up", line - up, up), rect("down", line + 1, down));
  });
  return h(
    "figure",
    { class: "chart" },
    h("p", { class: "chart-top", "aria-hidden": "true" }, top),
    svg(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
      shapes,
      svg("line", { class: "axis", x1: 0, x2: WIDTH, y1: line, y2: line }),
    ),
    h(
      "p",
      { class: "ticks", "aria-hidden": "true" },
      bars.map((bar) => h("span", null, bar.tick)),
    ),
    h("figcaption", null, caption),
    h("details", { class: "as-table" }, h("summary", null, t("element.as-table")), numberTable(table)),
  );
}
