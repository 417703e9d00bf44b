// Why videos are not stored, and a person's decision about all of one reason.

import { get } from "../data/api.js";
import { session } from "../data/session.js";
import { stateIcon } from "../elements/icon.js";
import { when } from "../elements/labels.js";
import { BulkDecision } from "../parts/bulk.js";
import { h } from "../shell/dom.js";
import { link } from "../shell/router.js";
import { following } from "../texts/names.js";
import { reasonName, rich, t } from "../texts/texts.js";

/** @import { ReasonCount, VideoState } from "api-types" */
/** @import { Child } from "dom-types" */
/** @import { Action } from "../parts/bulk.js" */
/** @import { Place } from "../shell/router.js" */
/** @import { Page, Screen } from "../shell/screen.js" */

/**
 * @param {Place} here
 * @param {Screen} screen
 * @returns {Page}
 */
export function problemsPage(here, screen) {
  let playlist = here.query.get("playlist");
  let only = here.query.get("reason");
  /** @type {ReasonCount[]} */
  let reasons = [];
  const bulk = new BulkDecision(screen);

  return {
    title: () => t("problems.title"),
    async load() {
      reasons = (await get("/v1/reasons", { query: { playlist } })).items;
    },
    moved({ query }) {
      [playlist, only] = [query.get("playlist"), query.get("reason")];
    },
    leave: () => bulk.stop(),
    view() {
      const shown = only === null ? reasons : reasons.filter(({ reason }) => reason === only);
      const most = Math.max(...reasons.map(({ open, abandoned }) => open + abandoned), 1);
      return [
        narrowed(playlist, only),
        bulk.view(),
        shown.length === 0
          ? h("p", { class: "empty", "data-key": "empty" }, t("problems.none"))
          : h(
              "ul",
              { class: "reasons", "data-key": "reasons" },
              shown.map((each) => one(each, most, playlist, bulk)),
            ),
      ];
    },
  };
}

/**
 * @param {string | null} playlist
 * @param {string | null} only
 */
function narrowed(playlist, only) {
  if (playlist === null && only === null) return h("p", { class: "quiet", "data-key": "lead" }, t("problems.lead"));
  return h(
    "p",
    { "data-key": "lead" },
    only === null ? null : [rich("problems.only-reason", { reason: h("b", null, reasonName(only)) }), " "],
    playlist === null
      ? null
      : [rich("problems.only-playlist", { playlist: h("a", { href: link(["playlists", playlist]) }, playlist) }), " "],
    h("a", { href: link(["problems"]) }, t("problems.show-all")),
  );
}

/**
 * @param {ReasonCount} problem
 * @param {number} most
 * @param {string | null} playlist
 * @param {BulkDecision} bulk
 */
function one(problem, most, playlist, bulk) {
  const { reason, open, abandoned, failure_class: failureClass } = problem;
  const all = open + abandoned;
  /** @param {number} number */
  const wide = (number) => ({ width: `${(100 * number) / most}%` });
  return h(
    "li",
    { class: "panel", "data-key": `${reason}/${failureClass}` },
    h(
      "div",
      { class: "reason-head" },
      h("h2", null, h("a", { href: link(["videos"], { reason, playlist }) }, reasonName(reason))),
      h("span", null, t("count.videos", { count: all })),
      session.may("admin") ? h("p", { class: "buttons" }, buttons(problem, playlist, bulk)) : null,
    ),
    h(
      "div",
      { class: "reason-bar", "aria-hidden": "true" },
      open > 0 ? h("span", { class: "fill-waiting", "data-key": "open", style: wide(open) }) : null,
      abandoned > 0 ? h("span", { class: "fill-abandoned", "data-key": "abandoned", style: wide(abandoned) }) : null,
    ),
    numbers(problem),
    h("p", { class: "quiet" }, following(failureClass)),
  );
}

/**
 * @param {ReasonCount} problem
 * @param {string | null} playlist
 * @param {BulkDecision} bulk
 */
function buttons(problem, playlist, bulk) {
  const { reason, open, abandoned, playlists } = problem;
  /**
   * @param {Action} action
   * @param {number} number
   */
  const button = (action, number) =>
    number === 0
      ? null
      : h(
          "button",
          {
            type: "button",
            class: "small",
            "data-key": action,
            disabled: bulk.running,
            "aria-label": t(`decision.${action}-all`, { reason: reasonName(reason) }),
            onclick: () => bulk.begin(action, problem, playlist),
          },
          t(`decision.${action}`),
        );
  return [button("retry", open + abandoned + playlists), button("abandon", open)];
}

/** @param {ReasonCount} problem */
function numbers({ open, abandoned, playlists, oldest, next_due: due }) {
  /**
   * @param {VideoState} state
   * @param {string} words
   */
  const number = (state, words) => h("span", { class: "state" }, stateIcon(state), words);
  /** @param {Child} words */
  const quiet = (words) => h("span", { class: "quiet" }, words);
  const parts = [
    open > 0 ? number("waiting", t("problems.open", { count: open })) : null,
    abandoned > 0 ? number("abandoned", t("problems.abandoned", { count: abandoned })) : null,
    playlists > 0 ? t("problems.playlists", { count: playlists }) : null,
    quiet(rich("problems.first", { when: when(oldest) })),
    due === null ? null : quiet(rich("problems.next", { when: when(due) })),
  ].filter((part) => part !== null);
  return h(
    "p",
    null,
    parts.map((part, at) => (at === 0 ? part : [" · ", part])),
  );
}
