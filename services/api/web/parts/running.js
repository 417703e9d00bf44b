// The videos that are being fetched now.

import { when } from "../elements/labels.js";
import { h } from "../shell/dom.js";
import { link } from "../shell/router.js";
import { t } from "../texts/texts.js";

/** @import { Running } from "api-types" */

/**
 * @param {Running[]} running those known by name
 * @param {number} number how many there are
 */
export function runningNow(running, number) {
  if (running.length === 0) {
    const words = number > 0 ? t("overview.running-count", { count: number }) : t("overview.running-none");
    return h("p", { class: "quiet" }, words);
  }
  const more = number - running.length;
  return [
    h(
      "ul",
      { class: "lines" },
      running.map((video) =>
        h(
          "li",
          { "data-key": video.id },
          h("a", { href: link(["videos", video.id]), class: "title" }, video.title ?? video.id),
          h("span", { class: "quiet" }, when(video.since)),
        ),
      ),
    ),
    more > 0 ? h("p", { class: "quiet" }, t("overview.running-more", { count: more })) : null,
  ];
}
