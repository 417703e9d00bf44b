// The numbers beside the pictures: of each group how many, its median and its quantiles.

import { numberTable } from "../../elements/number_table.js";
import { h } from "../../shell/dom.js";
import { count } from "../../texts/format.js";
import { t } from "../../texts/texts.js";
import { isHourly } from "./choices.js";
import { written } from "./names.js";

/** @import { Group } from "../../data/measured.js" */
/** @import { Choices } from "./choices.js" */

/**
 * @param {Group[]} groups
 * @param {Choices} choices
 */
export function groupTable(groups, { parameter, by, compare }) {
  const first = compare ? t("measurements.time") : t(`measurements.by-${by}`);
  const rows = groups.map(({ name, summary }, at) => [
    [isHourly(by) && !compare ? null : h("span", { class: `swatch swatch-${at % 7}`, "aria-hidden": "true" }), name],
    count(summary.number),
    ...[summary.p10, summary.p50, summary.p90, summary.mean, summary.most].map((value) => written(parameter, value)),
  ]);
  const head = [
    first,
    t("measurements.number"),
    t("measurements.p10"),
    t("measurements.median"),
    t("measurements.p90"),
  ];
  return h(
    "div",
    { class: "scrolled", tabindex: "0", role: "region", "aria-label": t("measurements.groups") },
    numberTable({ head: [...head, t("measurements.mean"), t("measurements.most")], rows }),
  );
}
