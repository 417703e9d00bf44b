// A field of a form for words that no keyboard should correct: its name, the input, and what it takes.

import { h } from "../shell/dom.js";

/** @import { Attribute } from "../shell/dom.js" */

/**
 * @param {string} name of the value in the form's data
 * @param {string} label
 * @param {string} help
 * @param {Record<string, Attribute>} more attributes of the input
 */
export function textField(name, label, help, more) {
  return h(
    "label",
    null,
    h("span", null, label),
    h("input", { name, autocomplete: "off", autocapitalize: "off", spellcheck: "false", ...more }),
    h("small", null, help),
  );
}
