// The story of a video: accepted, every attempt with its stages, stored, mirrored, deleted, and what comes next.

import { h } from "../dom.js";
import { moment, span } from "../format.js";
import { reasonName } from "../words.js";
import { stateIcon } from "./icon.js";
import { when } from "./text.js";

export function timeline(video, attempts) {
  const events = [
    { at: video.accepted_at, icon: "queued", what: "Accepted" },
    ...attempts.map(attempted),
    video.mirror && { at: video.mirror.mirrored_at, icon: "stored", what: "Mirrored" },
    video.deleted_at && { at: video.deleted_at, icon: "abandoned", what: "Deleted by a person" },
    video.purged_at && { at: video.purged_at, icon: "abandoned", what: "Removed from both stores, with all versions" },
  ]
    .filter(Boolean)
    .sort((one, other) => new Date(one.at) - new Date(other.at));
  const last = ahead(video);
  return h(
    "ol",
    { class: "timeline" },
    [...events, ...last].map((event, at) =>
      h(
        "li",
        { "data-key": `story-${at}` },
        h(
          "p",
          null,
          stateIcon(event.icon),
          h("b", null, event.what),
          " ",
          event.at ? h("span", { class: "quiet" }, moment(event.at), " (", when(event.at), ")") : null,
        ),
        event.more ?? null,
      ),
    ),
  );
}

function attempted(attempt) {
  const number = attempt.retry_attempts + 1;
  const stored = attempt.status === "stored";
  return {
    at: attempt.timestamp,
    icon: stored ? "stored" : "waiting",
    what: stored
      ? `Stored by attempt ${number}`
      : `Attempt ${number} failed: ${reasonName(attempt.reason ?? "unknown")}`,
    more: [attempt.error ? h("p", { class: "error-text" }, attempt.error) : null, stages(attempt)],
  };
}

function stages({ stages: taken, seconds }) {
  const parts = Object.entries(taken);
  const words = parts.map(([stage, time]) => `${stage} ${span(time)}`).join(" · ");
  return h(
    "div",
    { class: "stages" },
    parts.length === 0
      ? null
      : h(
          "div",
          { class: "bar", "aria-hidden": "true" },
          parts.map(([stage, time]) =>
            h("span", { class: `part stage-${stage}`, title: stage, style: { "flex-grow": time } }),
          ),
        ),
    h("span", { class: "quiet small" }, `${span(seconds)}${words === "" ? "" : `: ${words}`}`),
  );
}

function ahead(video) {
  if (video.state === "running") return [{ at: video.state_since, icon: "running", what: "A scraper works on it" }];
  if (video.state === "waiting" && video.due_at) return [{ at: video.due_at, icon: "waiting", what: "Tried again" }];
  return [];
}
