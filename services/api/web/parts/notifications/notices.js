// The conditions that are going on. Their sentences are the API's, in English.

import { noticeKind } from "../../elements/endpoint_state.js";
import { since } from "../../elements/labels.js";
import { h } from "../../shell/dom.js";
import { link } from "../../shell/router.js";
import { rich, t } from "../../texts/texts.js";

/** @import { Notice } from "../../elements/endpoint_state.js" */

/** @param {Notice[]} items */
export function noticeList(items) {
  if (items.length === 0) return h("p", { class: "calm" }, t("notices.none"));
  return h(
    "ul",
    { class: "lines notices" },
    items.map(({ key, kind, title, text, source, at }) =>
      h(
        "li",
        { "data-key": key },
        h("b", { class: "title", lang: "en" }, title),
        h("span", { class: "quiet" }, rich("notices.since", { kind: noticeKind(kind), when: since(at) })),
        source && h("a", { href: link(["sources", source]), class: "quiet" }, source),
        h("p", { lang: "en" }, text),
      ),
    ),
  );
}
