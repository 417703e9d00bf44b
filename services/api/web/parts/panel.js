// A part of a page, with a heading that names it.

import { h } from "../dom.js";

/** `more`: classes that say how much room it takes. */
export function panel(title, content, more = "wide") {
  const id = `panel-${title.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}`;
  return h(
    "section",
    { class: `panel ${more}`, "aria-labelledby": id, "data-key": id },
    h("h2", { id, tabindex: "-1" }, title),
    content,
  );
}
