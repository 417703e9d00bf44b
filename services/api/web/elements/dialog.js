// Questions before an action that cannot be undone.

import { h } from "../shell/dom.js";
import { t } from "../texts/texts.js";

/** @typedef {{title: string, text: string[], action: string, danger?: boolean}} Question `action`: the button's words */

/**
 * Whether a person agrees.
 * @param {Question} question
 * @returns {Promise<boolean>}
 */
export function ask({ title, text, action, danger = false }) {
  return new Promise((resolve) => {
    const dialog = h(
      "dialog",
      { "aria-labelledby": "question" },
      h(
        "form",
        { method: "dialog" },
        h("h2", { id: "question" }, title),
        text.map((paragraph) => h("p", null, paragraph)),
        h(
          "p",
          { class: "buttons" },
          // First, and so what has the focus: who presses Enter too soon has done nothing.
          h("button", { value: "" }, t("element.cancel")),
          h("button", { value: "yes", class: danger ? "danger" : "primary" }, action),
        ),
      ),
    );
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes");
      dialog.remove();
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
