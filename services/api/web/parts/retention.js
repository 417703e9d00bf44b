// What a followed source keeps, and which recordings are deleted next.

import { since } from "../elements/labels.js";
import { table } from "../elements/table.js";
import { h } from "../shell/dom.js";
import { link } from "../shell/router.js";
import { count } from "../texts/format.js";
import { t } from "../texts/texts.js";

/** @import { Answer } from "api-types" */
/** @import { Column } from "../elements/table.js" */
/** @typedef {Answer<"get", "/v1/sources/{name}/retention">} Retention */
/** @typedef {Retention["items"][number]} Expired */

/** @param {unknown} keep of a definition, which only says what differs from the default: all */
export function keepWords(keep) {
  if (typeof keep !== "string") return null;
  const [, number, days] = /^(\d+)(d?)$/.exec(keep) ?? [];
  if (number === undefined) return keep;
  return t(days === "d" ? "source.keep-days" : "source.keep-newest", { count: Number(number) });
}

/** @param {Retention} retention */
export function retentionPreview({ stored, expired, always, items }) {
  if (expired === 0) {
    return h("p", { class: "quiet" }, t("retention.none", { stored: count(stored), always: count(always) }));
  }
  /** @type {Column<Expired>[]} */
  const columns = [
    {
      name: t("retention.column-recording"),
      lead: true,
      cell: ({ video_id: id }) => h("a", { href: link(["videos", id]) }, id),
    },
    { name: t("retention.column-published"), cell: ({ upload_date: day }) => day },
    { name: t("retention.column-stored"), plain: true, cell: ({ stored_at: at }) => since(at) },
  ];
  return [
    h("p", {}, t("retention.what", { count: expired, stored: count(stored) })),
    table({ caption: t("retention.caption"), columns, items, key: ({ video_id: id }) => id }),
    items.length < expired ? h("p", { class: "quiet" }, t("retention.cut", { count: items.length })) : null,
  ];
}
