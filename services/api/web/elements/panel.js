// A part of a page, with a heading that names it.

import { h } from "../shell/dom.js";

/** @import { Child } from "dom-types" */

/**
 * @param {string} name names it in the code, in any language
 * @param {string} title
 * @param {Child} content
 * @param {string} [more] classes that say how much room it takes
 */
export function panel(name, title, content, more = "wide") {
  const id = `panel-${name}`;
  return h(
    "section",
    { class: `panel ${more}`, "aria-labelledby": id, "data-key": id },
    h("h2", { id, tabindex: "-1" }, title),
    content,
  );
}
