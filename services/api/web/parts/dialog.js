// Questions before something that cannot be taken back.

import { h } from "../dom.js";

/** Whether a person says yes. `action` is what the button says that does it. */
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
          h("button", { value: "" }, "Cancel"),
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
