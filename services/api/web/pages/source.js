// One followed source: its definition, its looks, and what they found week by week.

import { get } from "../data/api.js";
import { session } from "../data/session.js";
import { panel } from "../elements/panel.js";
import { definitionForm } from "../parts/definition_form.js";
import { retentionPreview } from "../parts/retention.js";
import { lookTable, newByWeek, sourceFacts } from "../parts/source.js";
import { pageButtons, sourceActions } from "../parts/source_actions.js";
import { h } from "../shell/dom.js";
import { t } from "../texts/texts.js";

/** @import { Look, Source } from "../elements/source_state.js" */
/** @import { Retention } from "../parts/retention.js" */
/** @import { Place } from "../shell/router.js" */
/** @import { Page, Screen } from "../shell/screen.js" */

/** Looks that the API returns at most. */
const MAX_LOOKS = 500;
/** Recordings that are shown of those that are deleted next. */
const MAX_EXPIRED = 20;
/** Looks that are shown at first, and that follow with each press of the button. */
const PORTION = 20;

/**
 * @param {Place} here
 * @param {Screen} screen
 * @returns {Page}
 */
export function sourcePage({ path: [, name = ""] }, screen) {
  /** @type {Source | null} */
  let source = null;
  /** @type {Look[]} */
  let looks = [];
  /** @type {Retention | null} */
  let retention = null;
  let shown = PORTION;
  const actions = sourceActions(screen);
  const form = definitionForm(screen);

  const more = () => {
    shown += PORTION;
    screen.redraw();
  };

  return {
    get playlist() {
      return source?.playlist_id;
    },
    title: () => name,
    async load() {
      const read = await get("/v1/sources/{name}", { path: { name } });
      // Looks come seldom, and are many: they are only read again when there is another one.
      if (source === null || read.last?.at !== source.last?.at) {
        looks = (await get("/v1/sources/{name}/looks", { path: { name }, query: { limit: MAX_LOOKS } })).items;
      }
      retention =
        read.definition["keep"] === undefined
          ? null
          : await get("/v1/sources/{name}/retention", { path: { name }, query: { limit: MAX_EXPIRED } });
      source = read;
    },
    view() {
      if (source === null) return [];
      return [
        h(
          "div",
          { class: "wide", "data-key": "header" },
          sourceFacts(source),
          session.may("admin") ? pageButtons(source, actions) : null,
        ),
        session.may("admin") ? form.view(source) : null,
        panel("weeks", t("source.panel-weeks"), newByWeek(looks, looks.length < MAX_LOOKS)),
        retention && panel("retention", t("source.panel-retention"), retentionPreview(retention)),
        panel("looks", t("source.panel-looks"), [
          h("div", { class: "looks" }, lookTable(looks.slice(0, shown))),
          looks.length > shown
            ? h("p", { class: "more" }, h("button", { type: "button", onclick: more }, t("element.more")))
            : null,
        ]),
      ];
    },
  };
}
