// What an administrator does with an endpoint: send a test, resume it.

import { post } from "../../data/api.js";
import { say, sayError } from "../../elements/notice.js";
import { h } from "../../shell/dom.js";
import { t } from "../../texts/texts.js";

/** @import { Endpoint } from "../../elements/endpoint_state.js" */
/** @import { Screen } from "../../shell/screen.js" */

/** @typedef {ReturnType<typeof endpointActions>} EndpointActions */

/**
 * @param {Screen} screen
 * @param {(eventId: string) => void} [onSent] is called with the id of each test
 */
export function endpointActions(screen, onSent = () => {}) {
  return {
    /** @param {string} name */
    test: async (name) => {
      try {
        const { event_id: id } = await post("/v1/notifications/{name}/test", { path: { name } });
        onSent(id);
        say(t("endpoint-action.sent", { name }));
      } catch (error) {
        sayError(error);
      }
      screen.refresh();
    },
    /** @param {string} name */
    resume: async (name) => {
      try {
        await post("/v1/notifications/{name}/resume", { path: { name } });
        say(t("endpoint-action.resumed", { name }));
      } catch (error) {
        sayError(error);
      }
      screen.refresh();
    },
  };
}

/**
 * Its buttons. One that is disabled has none: only its file enables it.
 * @param {Endpoint} endpoint
 * @param {EndpointActions} actions
 * @param {{line?: boolean}} [options] `line`: in a table, where labels name the endpoint, since there are many lines
 */
export function endpointButtons({ name, state }, actions, { line = false } = {}) {
  if (state === "disabled") return null;
  const action = state === "paused" ? "resume" : "test";
  return h(
    "div",
    { class: "buttons", "data-key": "buttons" },
    h(
      "button",
      {
        type: "button",
        class: line ? "small" : null,
        "data-key": action,
        "aria-label": line ? t(`endpoint-action.${action}-label`, { name }) : null,
        onclick: () => actions[action](name),
      },
      t(`endpoint-action.${action}`),
    ),
  );
}
