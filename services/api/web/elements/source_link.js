// A link out of the archive, to a source. Only web addresses become links: what a stranger wrote could be script.

import { h } from "../shell/dom.js";

/** @param {string} url */
export function sourceLink(url) {
  if (!/^https?:\/\//i.test(url)) return h("span", { class: "address" }, url);
  return h("a", { href: url, class: "address", rel: "noopener noreferrer", target: "_blank" }, url);
}
