// Who is told of what happens, whether that works, and what people are told of now.

import { get } from "../data/api.js";
import { session } from "../data/session.js";
import { LongList } from "../elements/long_list.js";
import { panel } from "../elements/panel.js";
import { endpointActions } from "../parts/notifications/actions.js";
import { endpointTable, noEndpoints } from "../parts/notifications/endpoints.js";
import { noticeList } from "../parts/notifications/notices.js";
import { h } from "../shell/dom.js";
import { t } from "../texts/texts.js";

/** @import { Notice } from "../elements/endpoint_state.js" */
/** @import { Place } from "../shell/router.js" */
/** @import { Page, Screen } from "../shell/screen.js" */

/** Endpoints that the API returns at once at most. */
const MAX_ITEMS = 500;

/**
 * @param {Place} _
 * @param {Screen} screen
 * @returns {Page}
 */
export function notificationsPage(_, screen) {
  const list = new LongList((query) => get("/v1/notifications", { query }), MAX_ITEMS);
  /** @type {Notice[]} */
  let notices = [];
  const actions = endpointActions(screen);

  const endpoints = () => {
    // Addresses of endpoints often grant access by themselves.
    if (!session.may("admin")) return h("p", { class: "quiet", "data-key": "admins" }, t("notifications.admins"));
    return list.items.length === 0 ? noEndpoints() : endpointTable(list.items, actions);
  };

  return {
    title: () => t("notifications.title"),
    async load() {
      if (session.may("admin")) await list.load();
      notices = (await get("/v1/notices")).items;
    },
    view: () => [
      panel("notices", t("notices.title"), noticeList(notices)),
      endpoints(),
      list.button(() => screen.refresh()),
    ],
  };
}
