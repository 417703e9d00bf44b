// One endpoint: what it is told of, and its deliveries.

import { get } from "../data/api.js";
import { LongList } from "../elements/long_list.js";
import { panel } from "../elements/panel.js";
import { endpointActions, endpointButtons } from "../parts/notifications/actions.js";
import { deliveryTable } from "../parts/notifications/deliveries.js";
import { endpointFacts } from "../parts/notifications/endpoints.js";
import { h } from "../shell/dom.js";
import { t } from "../texts/texts.js";

/** @import { Endpoint } from "../elements/endpoint_state.js" */
/** @import { Place } from "../shell/router.js" */
/** @import { Page, Screen } from "../shell/screen.js" */

/** Deliveries that the API returns at once at most. */
const MAX_ITEMS = 500;
/** How often the list is read again at once while the delivery of a test is not in it. */
const TEST_LOADS = 20;

/**
 * @param {Place} here
 * @param {Screen} screen
 * @returns {Page}
 */
export function endpointPage({ path: [, name = ""] }, screen) {
  /** @type {Endpoint | null} */
  let endpoint = null;
  /** @type {string | null} */
  let test = null;
  let loads = 0;
  const list = new LongList(
    (query) => get("/v1/notifications/{name}/deliveries", { path: { name }, query }),
    MAX_ITEMS,
  );
  const actions = endpointActions(screen, (id) => {
    [test, loads] = [id, TEST_LOADS];
  });

  return {
    title: () => name,
    async load() {
      endpoint = await get("/v1/notifications/{name}", { path: { name } });
      await list.load();
      if (loads > 0 && !list.items.some(({ event_id: id }) => id === test)) {
        loads -= 1;
        screen.refresh();
      }
    },
    view() {
      if (endpoint === null) return [];
      return [
        h("div", { class: "wide", "data-key": "header" }, endpointFacts(endpoint), endpointButtons(endpoint, actions)),
        panel("deliveries", t("endpoint.panel-deliveries"), deliveryTable(list.items)),
        list.button(() => screen.refresh()),
      ];
    },
  };
}
