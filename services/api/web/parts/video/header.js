// The state of a video, why it is not stored, and the decisions of an administrator.

import { failure, since, state, when } from "../../elements/labels.js";
import { h } from "../../shell/dom.js";
import { following } from "../../texts/names.js";
import { rich, t, textOr } from "../../texts/texts.js";

/** @import { Video } from "api-types" */
/** @typedef {(action: "retry" | "abandon", done: string) => void} Decide */

/** @param {Video} video */
export function videoHeader(video) {
  return h(
    "div",
    { class: "wide video-header", "data-key": "header" },
    h(
      "p",
      { class: "sentence" },
      state(video.state),
      " ",
      h("span", { class: "quiet" }, rich("video.since", { when: since(video.state_since) }), " "),
      video.deleted_at === null ? textOr(`meaning.${video.state}`, "") : deletion(video),
    ),
    video.kept.length === 0
      ? null
      : h(
          "div",
          { class: "reason" },
          video.kept.map(({ detail, until }) =>
            h("p", null, detail, until && [" ", rich("video.kept-until", { when: when(until) })]),
          ),
        ),
    whyNotStored(video),
  );
}

/** @param {Video} video */
function whyNotStored({ state: name, failure: why, deleted_at: deleted, due_at: due }) {
  if (why === null || name === "stored" || deleted !== null) return null;
  return h(
    "div",
    { class: "reason" },
    h("p", null, failure(why)),
    h("p", { class: "quiet" }, due && [rich("video.retry", { when: when(due) }), " "], following(why.failure_class)),
  );
}

/** @param {Video} video */
function deletion(video) {
  if (video.purged_at !== null) return t("video.deleted-purged");
  return video.kept.length === 0 ? t("video.deleted-removing") : t("video.deleted-kept");
}

/**
 * @param {Video} video
 * @param {Decide} decide
 * @param {() => void} erase
 */
export function videoButtons(video, decide, erase) {
  if (video.deleted_at !== null) return null;
  /**
   * @param {string} name
   * @param {string} words
   * @param {() => void} onclick
   * @param {boolean} [danger]
   */
  const button = (name, words, onclick, danger = false) =>
    h("button", { type: "button", class: danger ? "danger" : null, "data-key": name, onclick }, words);
  return h(
    "p",
    { class: "buttons wide", "data-key": "buttons" },
    ["waiting", "abandoned"].includes(video.state)
      ? button("retry", t("video.retry-button"), () => decide("retry", t("video.retried")))
      : null,
    ["waiting", "queued"].includes(video.state)
      ? button("abandon", t("video.abandon"), () => decide("abandon", t("video.abandoned")))
      : null,
    button("delete", t("video.delete"), erase, true),
  );
}
