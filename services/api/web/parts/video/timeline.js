// The history of a video: accepted, every attempt with its stages, stored, mirrored, deleted, and what comes next.

import { stateIcon } from "../../elements/icon.js";
import { when } from "../../elements/labels.js";
import { h } from "../../shell/dom.js";
import { moment, span } from "../../texts/format.js";
import { stageName } from "../../texts/names.js";
import { reasonName, rich, t } from "../../texts/texts.js";

/** @import { Attempt, Video, VideoState } from "api-types" */
/** @import { Child } from "dom-types" */
/** @typedef {{at: string, icon: VideoState, what: string, more?: Child}} Entry */

/**
 * @param {Video} video
 * @param {Attempt[]} attempts
 */
export function timeline(video, attempts) {
  const past = [...facts(video), ...attempts.map(attempted)].sort(
    (one, other) => new Date(one.at).getTime() - new Date(other.at).getTime(),
  );
  return h(
    "ol",
    { class: "timeline" },
    [...past, ...ahead(video)].map((entry, at) =>
      h(
        "li",
        { "data-key": `history-${at}` },
        h(
          "p",
          null,
          stateIcon(entry.icon),
          h("b", null, entry.what),
          " ",
          h("span", { class: "quiet" }, rich("history.moment", { moment: moment(entry.at), when: when(entry.at) })),
        ),
        entry.more,
      ),
    ),
  );
}

/**
 * @param {Video} video
 * @returns {Entry[]}
 */
function facts({ accepted_at: accepted, mirror, deleted_at: deleted, purged_at: purged }) {
  /** @type {Entry[]} */
  const entries = [{ at: accepted, icon: "queued", what: t("history.accepted") }];
  if (mirror !== null) entries.push({ at: mirror.mirrored_at, icon: "stored", what: t("history.mirrored") });
  if (deleted !== null) entries.push({ at: deleted, icon: "abandoned", what: t("history.deleted") });
  if (purged !== null) entries.push({ at: purged, icon: "abandoned", what: t("history.purged") });
  return entries;
}

/**
 * @param {Attempt} attempt
 * @returns {Entry}
 */
function attempted(attempt) {
  const number = attempt.retry_attempts + 1;
  const stored = attempt.status === "stored";
  return {
    at: attempt.timestamp,
    icon: stored ? "stored" : "waiting",
    what: stored
      ? t("history.stored", { number })
      : t("history.failed", { number, reason: reasonName(attempt.reason ?? "unknown") }),
    more: [attempt.error ? h("p", { class: "error-text" }, attempt.error) : null, stages(attempt)],
  };
}

/** @param {Attempt} attempt */
function stages({ stages: taken, seconds }) {
  const parts = Object.entries(taken);
  const words = parts.map(([stage, time]) => t("history.stage", { stage: stageName(stage), span: span(time) }));
  return h(
    "div",
    { class: "stages" },
    parts.length === 0
      ? null
      : h(
          "div",
          { class: "bar", "aria-hidden": "true" },
          parts.map(([stage, time]) =>
            h("span", { class: `part stage-${stage}`, title: stageName(stage), style: { "flex-grow": time } }),
          ),
        ),
    h(
      "span",
      { class: "quiet small" },
      parts.length === 0 ? span(seconds) : t("history.stages", { span: span(seconds), stages: words.join(" · ") }),
    ),
  );
}

/**
 * @param {Video} video
 * @returns {Entry[]}
 */
function ahead({ state, state_since: since, due_at: due }) {
  if (state === "running") return [{ at: since, icon: "running", what: t("history.running") }];
  if (state === "waiting" && due) return [{ at: due, icon: "waiting", what: t("history.retry") }];
  return [];
}
