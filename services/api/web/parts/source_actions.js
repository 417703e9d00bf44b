// What an administrator does with a followed source: look now, pause, resume, remove.

import { post, remove } from "../data/api.js";
import { ask } from "../elements/dialog.js";
import { say, sayError } from "../elements/notice.js";
import { h } from "../shell/dom.js";
import { go, link } from "../shell/router.js";
import { t } from "../texts/texts.js";

/** @import { Source } from "../elements/source_state.js" */
/** @import { Screen } from "../shell/screen.js" */

/** @typedef {ReturnType<typeof sourceActions>} SourceActions */

/** @param {Screen} screen */
export function sourceActions(screen) {
  /**
   * @param {() => Promise<unknown>} request
   * @param {string} done what is said afterwards
   */
  const perform = async (request, done) => {
    try {
      await request();
      say(done);
    } catch (error) {
      sayError(error);
    }
    screen.refresh();
  };

  return {
    /** @param {string} name */
    look: (name) =>
      perform(
        () => post("/v1/sources/{name}/check", { path: { name }, body: { full: false } }),
        t("source-action.look-due", { name }),
      ),
    /** @param {string} name */
    lookFully: (name) =>
      perform(
        () => post("/v1/sources/{name}/check", { path: { name }, body: { full: true } }),
        t("source-action.full-due", { name }),
      ),
    /** @param {string} name */
    pause: (name) =>
      perform(() => post("/v1/sources/{name}/pause", { path: { name } }), t("source-action.paused", { name })),
    /** @param {string} name */
    resume: (name) =>
      perform(() => post("/v1/sources/{name}/resume", { path: { name } }), t("source-action.resumed", { name })),
    /** @param {string} name */
    remove: async (name) => {
      const question = {
        title: t("source-action.remove-title"),
        text: [t("source-action.remove-text", { name }), t("source-action.remove-others")],
        action: t("source-action.remove-confirm"),
        danger: true,
      };
      if (!(await ask(question))) return;
      try {
        await remove("/v1/sources/{name}", { path: { name } });
      } catch (error) {
        sayError(error);
        screen.refresh();
        return;
      }
      // Said on the next page: a notice of this page goes away with it.
      addEventListener("hashchange", () => say(t("source-action.removed", { name })), { once: true });
      go(link(["sources"]));
    },
  };
}

/**
 * The buttons of a line: look now, pause or resume. Their labels name the source, since there are many lines.
 * @param {Source} source
 * @param {SourceActions} actions
 */
export function lineButtons({ name, state }, actions) {
  /**
   * @param {"now" | "pause" | "resume"} action
   * @param {(name: string) => void} perform
   */
  const button = (action, perform) =>
    h(
      "button",
      {
        type: "button",
        class: "small",
        "data-key": action,
        "aria-label": t(`source-action.${action}-label`, { name }),
        onclick: () => perform(name),
      },
      t(`source-action.${action}`),
    );
  const paused = state === "paused";
  return h(
    "div",
    { class: "buttons" },
    paused || state === "same" ? null : button("now", actions.look),
    paused ? button("resume", actions.resume) : button("pause", actions.pause),
  );
}

/**
 * The buttons of its page.
 * @param {Source} source
 * @param {SourceActions} actions
 */
export function pageButtons({ name, state }, actions) {
  /**
   * @param {"now" | "full" | "pause" | "resume" | "remove"} action
   * @param {(name: string) => void} perform
   */
  const button = (action, perform) =>
    h(
      "button",
      {
        type: "button",
        class: action === "remove" ? "danger" : null,
        "data-key": action,
        onclick: () => perform(name),
      },
      t(`source-action.${action}`),
    );
  const paused = state === "paused";
  const looked = !paused && state !== "same";
  return h(
    "p",
    { class: "buttons", "data-key": "buttons" },
    looked ? button("now", actions.look) : null,
    looked ? button("full", actions.lookFully) : null,
    paused ? button("resume", actions.resume) : button("pause", actions.pause),
    button("remove", actions.remove),
  );
}
