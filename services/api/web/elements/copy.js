// A text to be taken along, with a button that copies it.

import { h } from "../shell/dom.js";
import { t } from "../texts/texts.js";
import { say } from "./notice.js";

/**
 * @param {string} text
 * @param {string} what the text's name, for those who cannot see it
 */
export function copyable(text, what) {
  const shown = h("code", { class: "copied" }, text);
  /** @param {MouseEvent & {currentTarget: HTMLElement}} event */
  const copy = async ({ currentTarget }) => {
    try {
      await navigator.clipboard.writeText(text);
      say(t("copy.copied", { what }));
    } catch {
      // Without TLS browsers keep pages off the clipboard: then it is selected, and the keys that copy do it.
      const code = currentTarget.parentElement?.querySelector("code");
      if (code) getSelection()?.selectAllChildren(code);
      say(t("copy.selected", { what }));
    }
  };
  return h(
    "span",
    { class: "copyable" },
    shown,
    h(
      "button",
      { type: "button", class: "small", "aria-label": t("copy.label", { what }), onclick: copy },
      t("copy.button"),
    ),
  );
}
