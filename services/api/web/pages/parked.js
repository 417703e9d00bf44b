// Messages that no code could process: read them, replay them, or drop them.

import { address, get, post, remove } from "../data/api.js";
import { session } from "../data/session.js";
import { ask } from "../elements/dialog.js";
import { when } from "../elements/labels.js";
import { LongList } from "../elements/long_list.js";
import { say, sayError } from "../elements/notice.js";
import { h } from "../shell/dom.js";
import { bytes } from "../texts/format.js";
import { rich, t } from "../texts/texts.js";

/** @import { ParkedMessage } from "api-types" */
/** @import { Question } from "../elements/dialog.js" */
/** @import { Place } from "../shell/router.js" */
/** @import { Page, Screen } from "../shell/screen.js" */

/** Messages that the API returns at once at most. */
const MAX_ITEMS = 100;

/** @typedef {(message: ParkedMessage) => Promise<void>} Act */

/**
 * @param {Place} _
 * @param {Screen} screen
 * @returns {Page}
 */
export function parkedPage(_, screen) {
  const list = new LongList((query) => get("/v1/parked", { query }), MAX_ITEMS);

  /**
   * @param {Question} question
   * @param {() => Promise<unknown>} request
   * @param {string} done
   */
  const act = async (question, request, done) => {
    if (!(await ask(question))) return;
    try {
      await request();
      say(done);
    } catch (error) {
      sayError(error);
    }
    screen.refresh();
  };
  /** @type {Act} */
  const replay = ({ id, queue }) =>
    act(
      {
        title: t("parked.replay-title"),
        text: [t("parked.replay-text", { queue })],
        action: t("parked.replay-confirm"),
      },
      () => post("/v1/parked/{parked_id}/replay", { path: { parked_id: id } }),
      t("parked.replayed"),
    );
  /** @type {Act} */
  const drop = ({ id, queue }) =>
    act(
      {
        title: t("parked.drop-title"),
        text: [t("parked.drop-text", { queue })],
        action: t("parked.drop-confirm"),
        danger: true,
      },
      () => remove("/v1/parked/{parked_id}", { path: { parked_id: id } }),
      t("parked.dropped"),
    );

  return {
    title: () => t("parked.title"),
    load: () => list.load(),
    view: () => [
      h("p", { class: "quiet", "data-key": "lead" }, t("parked.lead")),
      list.items.length === 0
        ? h("p", { class: "empty", "data-key": "empty" }, t("parked.none"))
        : h(
            "ul",
            { class: "parked", "data-key": "parked" },
            list.items.map((message) => one(message, replay, drop)),
          ),
      list.button(() => screen.refresh()),
    ],
  };
}

/**
 * @param {ParkedMessage} message
 * @param {Act} replay
 * @param {Act} drop
 */
function one(message, replay, drop) {
  const since = { when: when(message.parked_at), bytes: bytes(message.size_bytes) };
  return h(
    "li",
    { class: "panel", "data-key": message.id },
    h("h2", null, h("code", null, message.queue), " ", h("span", { class: "quiet" }, rich("parked.since", since))),
    h("p", null, message.reason),
    body(message),
    session.may("admin")
      ? h(
          "p",
          { class: "buttons" },
          h("button", { type: "button", class: "small", onclick: () => replay(message) }, t("parked.replay")),
          h("button", { type: "button", class: "small danger", onclick: () => drop(message) }, t("parked.drop")),
        )
      : null,
  );
}

/** @param {ParkedMessage} message */
function body(message) {
  const href = address("/v1/parked/{parked_id}/body", { path: { parked_id: message.id } });
  return h(
    "details",
    null,
    h("summary", null, message.cut ? t("parked.body-cut") : t("parked.body")),
    h("pre", { tabindex: "0" }, readable(message.body)),
    message.cut ? h("p", null, h("a", { href }, t("parked.body-download"))) : null,
  );
}

/**
 * JSON is indented; any other text stays as it came.
 * @param {string} text
 */
function readable(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
