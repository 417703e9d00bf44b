// One line that tells what became of an action. It is read aloud, and stays until the next one or until it is closed.

import { h } from "../dom.js";

let line = null;

/** Where notices appear. */
export function noticeLine() {
  line = h("div", { class: "notice", role: "status" });
  return line;
}

export function say(text, { wrong = false } = {}) {
  line.classList.toggle("wrong", wrong);
  line.replaceChildren(
    h("p", null, wrong ? "⚠ " : "✓ ", text),
    h("button", { type: "button", class: "plain", onclick: hush }, "Close"),
  );
}

export function hush() {
  line.replaceChildren();
}
