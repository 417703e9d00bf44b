// Bars that show progress, each with its words beside it.

import { h } from "../shell/dom.js";
import { link } from "../shell/router.js";
import { count, hours, percent } from "../texts/format.js";
import { t } from "../texts/texts.js";
import { stateIcon } from "./icon.js";
import { VIDEO_STATES } from "./labels.js";

/** @import { Counts, Progress } from "api-types" */

/** @param {Counts} counts */
export const total = (counts) => VIDEO_STATES.reduce((sum, state) => sum + counts[state], 0);

/**
 * Videos by state as one bar. Its words are in the legend or in a sentence beside it.
 * @param {Counts} counts
 */
export function stateBar(counts) {
  const parts = VIDEO_STATES.filter((state) => counts[state] > 0).map((state) =>
    h("span", { class: `part fill-${state}`, "data-key": state, style: { "flex-grow": counts[state] } }),
  );
  return h("div", { class: "bar", "aria-hidden": "true" }, parts);
}

/**
 * The meaning of a state bar's colours, with numbers that lead to the videos.
 * @param {Counts} counts
 * @param {Record<string, string>} [query] what else the videos have in common
 */
export function stateLegend(counts, query = {}) {
  const all = total(counts);
  return h(
    "ul",
    { class: "legend" },
    VIDEO_STATES.map((state) =>
      h(
        "li",
        { "data-key": state },
        h(
          "a",
          { href: link(["videos"], { ...query, state }) },
          stateIcon(state),
          h("span", { class: "name" }, t(`state.${state}`)),
          h("b", null, count(counts[state])),
          h("span", { class: "quiet" }, percent(counts[state], all)),
        ),
      ),
    ),
  );
}

/**
 * Found, stored and mirrored hours: mirrored as a line within stored, within found.
 * @param {Progress} progress
 */
export function hoursBar({ found_hours: found, stored_hours: stored, mirrored_hours: mirrored }) {
  /** @param {number} part */
  const wide = (part) => ({ width: `${found > 0 ? Math.min(100, (100 * part) / found) : 0}%` });
  const label = t("bar.hours", { stored: hours(stored), found: hours(found), mirrored: hours(mirrored) });
  return h(
    "div",
    { class: "hours-bar", role: "img", "aria-label": label },
    h("span", { class: "stored", style: wide(stored) }),
    h("span", { class: "mirrored", style: wide(mirrored) }),
  );
}
