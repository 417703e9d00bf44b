// Why videos of a playlist are not stored, a line each, with links to them and to the decisions about them.

import { when } from "../elements/labels.js";
import { h } from "../shell/dom.js";
import { link } from "../shell/router.js";
import { reasonName, rich, t } from "../texts/texts.js";

/** @import { ReasonCount } from "api-types" */

/**
 * @param {ReasonCount[]} reasons
 * @param {string} id
 */
export function reasonLines(reasons, id) {
  if (reasons.length === 0) return h("p", { class: "quiet" }, t("reasons.none"));
  return [
    h(
      "ul",
      { class: "lines" },
      reasons.map((counted) =>
        h(
          "li",
          { "data-key": counted.reason },
          h("a", { href: link(["videos"], { playlist: id, reason: counted.reason }) }, reasonName(counted.reason)),
          h("span", null, numbers(counted)),
          counted.next_due && h("span", { class: "quiet" }, rich("reasons.next", { when: when(counted.next_due) })),
        ),
      ),
    ),
    h("p", null, h("a", { href: link(["problems"], { playlist: id }) }, t("reasons.decide"))),
  ];
}

/** @param {ReasonCount} counted */
function numbers({ open, abandoned }) {
  const ofOpen = t("problems.open", { count: open });
  const ofAbandoned = t("problems.abandoned", { count: abandoned });
  if (open === 0 || abandoned === 0) return open > 0 ? ofOpen : abandoned > 0 ? ofAbandoned : "";
  return t("reasons.both", { open: ofOpen, abandoned: ofAbandoned });
}
