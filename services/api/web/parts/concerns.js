// What needs a person, each with a link to the page where it is solved.

import { h } from "../shell/dom.js";
import { link } from "../shell/router.js";
import { count } from "../texts/format.js";
import { reasonName, t } from "../texts/texts.js";

/** @import { Concern } from "api-types" */

/** @param {Concern[]} items */
export function concerns(items) {
  if (items.length === 0) return h("p", { class: "calm" }, t("overview.needs-none"));
  return h(
    "ul",
    { class: "needs-list" },
    items.map((item) => h("li", null, h("b", { class: "badge" }, count(item.count)), " ", concern(item))),
  );
}

/** @param {Concern} concern */
function concern({ kind, reason, what }) {
  switch (kind) {
    case "breaker":
      return h("a", { href: link(["overview"]), onclick: showEgress }, what);
    case "kept":
      return h("a", { href: link(["videos"], { reason }) }, what);
    case "parked":
      return h("a", { href: link(["parked"]) }, t("concern.parked"));
    case "reason":
      return h(
        "a",
        { href: link(["problems"], { reason }) },
        t("concern.reason", { reason: reasonName(reason ?? "") }),
      );
    case "refused-playlists":
      return h("a", { href: link(["playlists"], { state: "refused" }) }, t("concern.refused-playlists"));
    default:
      return h("span", null, what);
  }
}

/** @param {MouseEvent} event */
function showEgress(event) {
  event.preventDefault();
  const section = document.getElementById("panel-egress");
  section?.scrollIntoView({ block: "start" });
  section?.focus({ preventScroll: true });
}
