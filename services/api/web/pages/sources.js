// Follow a source, and see when each one is looked at and what its last look found.

import { get } from "../data/api.js";
import { session } from "../data/session.js";
import { LongList } from "../elements/long_list.js";
import { lastLook, nextLook, sourceState } from "../elements/source_state.js";
import { table } from "../elements/table.js";
import { followForm } from "../parts/follow_form.js";
import { lineButtons, sourceActions } from "../parts/source_actions.js";
import { h } from "../shell/dom.js";
import { link } from "../shell/router.js";
import { count } from "../texts/format.js";
import { t } from "../texts/texts.js";

/** @import { Source } from "../elements/source_state.js" */
/** @import { Column } from "../elements/table.js" */
/** @import { SourceActions } from "../parts/source_actions.js" */
/** @import { Place } from "../shell/router.js" */
/** @import { Page, Screen } from "../shell/screen.js" */

/** Sources that the API returns at once at most. */
const MAX_ITEMS = 500;

/**
 * @param {Place} _
 * @param {Screen} screen
 * @returns {Page}
 */
export function sourcesPage(_, screen) {
  const list = new LongList((page) => get("/v1/sources", { query: page }), MAX_ITEMS);
  const form = followForm(screen);
  const actions = sourceActions(screen);

  return {
    title: () => t("sources.title"),
    load: () => list.load(),
    view: () => [
      session.may("admin") ? form.view() : null,
      list.items.length === 0 ? empty() : shown(list.items, actions),
      list.button(() => screen.refresh()),
    ],
  };
}

function empty() {
  const how = session.may("admin") ? t("sources.none-admin") : t("sources.none");
  return h("div", { class: "empty", "data-key": "empty" }, h("p", null, t("sources.what")), h("p", null, how));
}

/**
 * @param {Source[]} items
 * @param {SourceActions} actions
 */
function shown(items, actions) {
  /** @type {Column<Source>[]} */
  const columns = [
    { name: t("sources.column-source"), lead: true, cell: heading },
    { name: t("sources.column-state"), plain: true, cell: sourceState },
    { name: t("sources.column-next"), cell: nextLook },
    { name: t("sources.column-last"), cell: ({ last }) => h("span", { class: "last-look" }, lastLook(last)) },
    {
      name: t("sources.column-failures"),
      number: true,
      cell: ({ failures }) => (failures === 0 ? null : count(failures)),
    },
  ];
  if (session.may("admin")) {
    columns.push({
      name: t("sources.column-actions"),
      row: true,
      cell: (source) => lineButtons(source, actions),
    });
  }
  return h(
    "div",
    { class: "sources", "data-key": "list" },
    table({ caption: t("sources.caption"), columns, items, key: ({ name }) => name }),
  );
}

/** @param {Source} source */
function heading({ name, title, url }) {
  return [
    h("a", { href: link(["sources", name]), class: "title covers" }, name),
    h("span", { class: "quiet" }, title ?? url),
  ];
}
