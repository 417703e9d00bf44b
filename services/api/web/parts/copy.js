// A text to be taken along, with a button that copies it.

import { h } from "../dom.js";
import { say } from "./notice.js";

export function copyable(text, what) {
  const shown = h("code", { class: "copied" }, text);
  const copy = async ({ currentTarget }) => {
    try {
      await navigator.clipboard.writeText(text);
      say(`The ${what} is copied.`);
    } catch {
      // Without TLS browsers keep pages off the clipboard: then it is marked, and the keys that copy do it.
      getSelection().selectAllChildren(currentTarget.parentElement.querySelector("code"));
      say(`The ${what} is marked; Ctrl+C or ⌘C copies it.`);
    }
  };
  return h(
    "span",
    { class: "copyable" },
    shown,
    h("button", { type: "button", class: "small", "aria-label": `Copy the ${what}`, onclick: copy }, "Copy"),
  );
}
