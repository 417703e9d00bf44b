// Endpoints: their table, the facts of one, and what to do where there is none.

import { endpointKind, endpointState, lastDelivery, toldOf, toldWhen } from "../../elements/endpoint_state.js";
import { fact, when } from "../../elements/labels.js";
import { table } from "../../elements/table.js";
import { h } from "../../shell/dom.js";
import { link } from "../../shell/router.js";
import { count } from "../../texts/format.js";
import { rich, t } from "../../texts/texts.js";
import { endpointButtons } from "./actions.js";

/** @import { Endpoint } from "../../elements/endpoint_state.js" */
/** @import { Column } from "../../elements/table.js" */
/** @import { EndpointActions } from "./actions.js" */

/**
 * @param {Endpoint[]} items
 * @param {EndpointActions} actions
 */
export function endpointTable(items, actions) {
  /** @type {Column<Endpoint>[]} */
  const columns = [
    { name: t("notifications.column-endpoint"), lead: true, cell: heading },
    { name: t("notifications.column-kind"), plain: true, cell: endpointKind },
    { name: t("notifications.column-state"), plain: true, cell: endpointState },
    { name: t("notifications.column-last"), cell: ({ last }) => h("span", { class: "told" }, lastDelivery(last)) },
    { name: t("notifications.column-told"), cell: (endpoint) => h("span", { class: "told" }, toldOf(endpoint)) },
    {
      name: t("notifications.column-actions"),
      row: true,
      cell: (endpoint) => endpointButtons(endpoint, actions, { line: true }),
    },
  ];
  return h(
    "div",
    { class: "endpoints", "data-key": "list" },
    table({ caption: t("notifications.caption"), columns, items, key: ({ name }) => name }),
  );
}

/** @param {Endpoint} endpoint */
function heading({ name, where }) {
  return [
    h("a", { href: link(["notifications", name]), class: "title covers" }, name),
    h("span", { class: "quiet" }, where),
  ];
}

/** How an endpoint is added: there is none. */
export function noEndpoints() {
  return h(
    "div",
    { class: "empty", "data-key": "empty" },
    h("p", null, t("notifications.what")),
    h("p", null, t("notifications.none")),
  );
}

/** @param {Endpoint} endpoint */
export function endpointFacts(endpoint) {
  const { failures, last, paused_at: paused, paused_why: why, rule, where } = endpoint;
  return [
    h(
      "dl",
      { class: "facts" },
      fact(t("endpoint.state"), endpointState(endpoint)),
      fact(t("endpoint.kind"), endpointKind(endpoint)),
      fact(t("endpoint.last"), lastDelivery(last)),
      fact(t("endpoint.failures"), failures === 0 ? null : count(failures)),
      fact(t("endpoint.digest"), rule && toldWhen(rule.digest)),
      fact(t("endpoint.summary"), rule && toldWhen(rule.summary)),
      fact(t("endpoint.labels"), rule && labelWords(rule.labels)),
      fact(t("endpoint.told"), h("span", { class: "explained" }, toldOf(endpoint))),
      fact(t("endpoint.where"), h("span", { class: "address" }, where)),
    ),
    paused && h("p", { class: "wrong", "data-key": "paused" }, rich("endpoint.paused", pause(paused, why))),
    endpoint.state === "disabled" ? h("p", { class: "quiet", "data-key": "disabled" }, t("endpoint.disabled")) : null,
  ];
}

/**
 * Since when, and why. The reason is the API's, in English.
 * @param {string} at
 * @param {string | null} why
 */
const pause = (at, why) => ({ when: when(at), why: h("span", { lang: "en" }, why ?? "") });

/** @param {Record<string, string>} labels */
function labelWords(labels) {
  return Object.entries(labels)
    .map(([name, value]) => `${name}: ${value}`)
    .join(", ");
}
