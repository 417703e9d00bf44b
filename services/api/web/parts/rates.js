// How fast each egress downloads from each source now, and usually.

import { h } from "../shell/dom.js";
import { link } from "../shell/router.js";
import { percent, rate } from "../texts/format.js";
import { t } from "../texts/texts.js";

/** @import { Rate } from "api-types" */

/** Share of the usual rate below which it needs attention, as the alert has it. */
const SLOW = 0.5;

/** @param {Rate[]} items */
export function rates(items) {
  const known = items.filter(({ recent }) => recent !== null);
  if (known.length === 0) return null;
  return h(
    "ul",
    { class: "lines rates" },
    known.map(({ egress, source, recent, usual, share }) =>
      h(
        "li",
        { "data-key": `${egress}/${source}`, class: share !== null && share < SLOW ? "needs-attention" : null },
        h(
          "p",
          null,
          h("a", { href: link(["measurements"], { egress, source }) }, egress),
          " ",
          usual === null || share === null
            ? t("rates.now", { source, rate: rate(recent ?? 0) })
            : t("rates.compared", { source, rate: rate(recent ?? 0), usual: rate(usual), percent: percent(share, 1) }),
        ),
      ),
    ),
  );
}
