// One line about the result of an action. It is read aloud, and stays until the next one or until it is closed.

import { h } from "../shell/dom.js";
import { t } from "../texts/texts.js";

/** @type {HTMLElement | null} */
let line = null;

/** Where notices appear. */
export function noticeLine() {
  line = h("div", { class: "notice", role: "status" });
  return line;
}

/**
 * @param {string} text
 * @param {{wrong?: boolean}} [options] `wrong`: the action failed
 */
export function say(text, { wrong = false } = {}) {
  line?.classList.toggle("wrong", wrong);
  line?.replaceChildren(
    h("p", null, wrong ? "⚠ " : "✓ ", text),
    h("button", { type: "button", class: "plain", onclick: hush }, t("element.close")),
  );
}

/**
 * Say why an action failed.
 * @param {unknown} error
 */
export function sayError(error) {
  if (!(error instanceof Error)) throw error;
  say(error.message, { wrong: true });
}

export function hush() {
  line?.replaceChildren();
}
