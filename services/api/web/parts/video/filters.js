// The form that filters the list of videos.

import { VIDEO_STATES } from "../../elements/labels.js";
import { h } from "../../shell/dom.js";
import { link } from "../../shell/router.js";
import { t } from "../../texts/texts.js";

/** @import { Attribute, Handlers } from "../../shell/dom.js" */

export const FILTERS = /** @type {const} */ (["text", "state", "reason", "playlist", "channel", "licence"]);
/** Filters that stay folded until one of them is used. */
const RARE = /** @type {const} */ (["reason", "playlist", "channel", "licence"]);
/** @typedef {Record<(typeof FILTERS)[number], string>} Filters */

/**
 * @param {URLSearchParams} query
 * @returns {Filters}
 */
export function filtersIn(query) {
  /** @param {(typeof FILTERS)[number]} name */
  const value = (name) => query.get(name) ?? "";
  return {
    text: value("text"),
    state: value("state"),
    reason: value("reason"),
    playlist: value("playlist"),
    channel: value("channel"),
    licence: value("licence"),
  };
}

/**
 * @param {Filters} query
 * @param {Handlers<HTMLFormElement>} handlers
 */
export function filters(query, handlers) {
  /**
   * @param {keyof Filters} name
   * @param {string} words
   * @param {Record<string, Attribute>} [more]
   */
  const field = (name, words, more = {}) =>
    h(
      "label",
      null,
      h("span", null, words),
      h("input", {
        name,
        value: query[name],
        autocomplete: "off",
        autocapitalize: "off",
        spellcheck: "false",
        ...more,
      }),
    );
  const states = VIDEO_STATES.map((state) =>
    h("option", { value: state, selected: state === query.state }, t(`state.${state}`)),
  );
  const all = h("option", { value: "", selected: query.state === "" }, t("element.all"));
  const filtered = FILTERS.some((name) => query[name] !== "");
  return h(
    "form",
    { class: "filters", role: "search", "data-key": "filters", ...handlers },
    field("text", t("videos.filter-text"), { type: "search" }),
    h("label", null, h("span", null, t("videos.filter-state")), h("select", { name: "state" }, all, states)),
    h(
      "details",
      { open: RARE.some((name) => query[name] !== "") },
      h("summary", null, t("videos.filter-more")),
      h(
        "div",
        { class: "fields" },
        field("reason", t("videos.filter-reason"), { placeholder: "bot-check" }),
        field("playlist", t("videos.filter-playlist"), { placeholder: "youtube:PL…" }),
        field("channel", t("videos.filter-channel")),
        field("licence", t("videos.filter-licence"), { placeholder: t("videos.filter-licence-help") }),
      ),
    ),
    filtered ? h("a", { href: link(["videos"]), class: "clear" }, t("videos.filter-clear")) : null,
  );
}
