// The figures of the archive: found, stored and mirrored hours, and videos by state.

import { hoursBar, stateBar, stateLegend, total } from "../elements/state_bar.js";
import { h } from "../shell/dom.js";
import { bytes, hours, percent } from "../texts/format.js";
import { t } from "../texts/texts.js";

/** @import { Progress } from "api-types" */

/**
 * @param {Progress} progress
 * @param {number} playlists
 */
export function figures(progress, playlists) {
  const { found_hours: found, stored_hours: stored, mirrored_hours: mirrored, counts } = progress;
  return h(
    "section",
    { class: "panel wide", "aria-label": t("overview.archive"), "data-key": "figures" },
    h(
      "dl",
      { class: "figures" },
      figure(
        t("overview.found"),
        hours(found),
        t("overview.found-note", {
          videos: t("count.videos", { count: total(counts) }),
          playlists: t("count.playlists", { count: playlists }),
        }),
      ),
      figure(
        t("overview.stored"),
        hours(stored),
        t("overview.stored-note", { percent: percent(stored, found), bytes: bytes(progress.stored_bytes) }),
      ),
      figure(
        t("overview.mirrored"),
        progress.mirroring ? hours(mirrored) : "–",
        progress.mirroring
          ? t("overview.mirrored-note", { mirrored: progress.mirrored, stored: counts.stored })
          : t("overview.no-mirror"),
      ),
    ),
    hoursBar(progress),
    h("h2", { class: "unseen" }, t("overview.by-state")),
    stateBar(counts),
    stateLegend(counts),
  );
}

/**
 * @param {string} name
 * @param {string} value
 * @param {string} note
 */
function figure(name, value, note) {
  return h(
    "div",
    { class: "figure" },
    h("dt", null, name),
    h("dd", null, h("span", { class: "big" }, value), h("span", { class: "quiet" }, note)),
  );
}
