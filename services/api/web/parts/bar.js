// Bars that tell how far something is, and always in words as well.

import { h } from "../dom.js";
import { count, hours, percent } from "../format.js";
import { link } from "../router.js";
import { STATES } from "../words.js";
import { stateIcon } from "./icon.js";

const ORDER = Object.keys(STATES);
export const total = (counts) => ORDER.reduce((sum, state) => sum + counts[state], 0);

/** Videos by state as one bar; without words of its own, which the legend or a sentence beside it has. */
export function stateBar(counts) {
  const parts = ORDER.filter((state) => counts[state] > 0).map((state) =>
    h("span", { class: `part fill-${state}`, "data-key": state, style: { "flex-grow": counts[state] } }),
  );
  return h("div", { class: "bar", "aria-hidden": "true" }, parts);
}

/** What the colours of a state bar mean, with numbers that lead to the videos. */
export function stateLegend(counts, query = {}) {
  const all = total(counts);
  const entry = (state) =>
    h(
      "li",
      { "data-key": state },
      h(
        "a",
        { href: link(["videos"], { ...query, state }) },
        stateIcon(state),
        h("span", { class: "name" }, STATES[state]),
        h("b", null, count(counts[state])),
        h("span", { class: "quiet" }, percent(counts[state], all)),
      ),
    );
  return h("ul", { class: "legend" }, ORDER.map(entry));
}

/** Found, stored and mirrored hours: the copy as a line within what is stored, within what is known. */
export function hoursBar({ found_hours: found, stored_hours: stored, mirrored_hours: mirrored }) {
  const wide = (part) => ({ width: `${found > 0 ? Math.min(100, (100 * part) / found) : 0}%` });
  return h(
    "div",
    {
      class: "hours-bar",
      role: "img",
      "aria-label": `${hours(stored)} of ${hours(found)} stored, ${hours(mirrored)} mirrored`,
    },
    h("span", { class: "stored", style: wide(stored) }),
    h("span", { class: "mirrored", style: wide(mirrored) }),
  );
}
