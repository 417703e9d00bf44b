// The deliveries to one endpoint.

import { eventName, outcomeState } from "../../elements/endpoint_state.js";
import { since } from "../../elements/labels.js";
import { table } from "../../elements/table.js";
import { h } from "../../shell/dom.js";
import { link } from "../../shell/router.js";
import { count } from "../../texts/format.js";
import { t } from "../../texts/texts.js";

/** @import { Delivery } from "../../elements/endpoint_state.js" */
/** @import { Column } from "../../elements/table.js" */

/**
 * The page of what an event is about. Notices are about no one thing.
 * @type {Record<string, string>}
 */
const PLACES = {
  "audio.stored.v1": "videos",
  "audio.mirrored.v1": "videos",
  "video.abandoned.v1": "videos",
  "source.checked.v1": "sources",
};

/** @param {Delivery[]} items */
export function deliveryTable(items) {
  if (items.length === 0) return h("p", { class: "quiet" }, t("deliveries.none"));
  /** @type {Column<Delivery>[]} */
  const columns = [
    { name: t("deliveries.column-event"), lead: true, cell: heading },
    { name: t("deliveries.column-time"), plain: true, cell: ({ at }) => since(at) },
    { name: t("deliveries.column-outcome"), plain: true, cell: ({ outcome }) => outcomeState(outcome) },
    { name: t("deliveries.column-attempts"), number: true, cell: ({ attempts }) => count(attempts) },
    { name: t("deliveries.column-status"), number: true, cell: ({ status }) => status && String(status) },
    { name: t("deliveries.column-error"), row: true, cell: ({ error }) => error && h("span", { lang: "en" }, error) },
  ];
  return h(
    "div",
    { class: "deliveries" },
    table({ caption: t("deliveries.caption"), columns, items, key: ({ event_id: id }) => id }),
  );
}

/** @param {Delivery} delivery */
function heading({ event_type: type, subject }) {
  const place = Object.hasOwn(PLACES, type) ? PLACES[type] : undefined;
  return [
    h("b", { class: "title" }, eventName(type)),
    h("span", { class: "quiet" }, place === undefined ? subject : h("a", { href: link([place, subject]) }, subject)),
  ];
}
