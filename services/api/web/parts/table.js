// Tables that become cards on a phone. The roles are said again, since browsers forget them when rows are laid out anew.

import { h } from "../dom.js";

/**
 * `columns`: {name, cell(item), number?, lead?} each; the lead column heads a card, the others follow with their names.
 */
export function table({ caption, columns, items, key }) {
  const head = (column) =>
    h("th", { scope: "col", role: "columnheader", class: column.number ? "number" : null }, column.name);
  const cell = (column, item) => {
    const said = column.cell(item);
    const none = said === null || said === "" ? "none" : "";
    const classes = [column.number ? "number" : "", column.lead ? "lead" : "", none].filter(Boolean).join(" ");
    return h("td", { role: "cell", class: classes || null, "data-name": column.lead ? null : column.name }, said);
  };
  return h(
    "table",
    { class: "cards", role: "table" },
    h("caption", { class: "unseen" }, caption),
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, columns.map(head))),
    h(
      "tbody",
      { role: "rowgroup" },
      items.map((item) =>
        h(
          "tr",
          { role: "row", "data-key": key(item) },
          columns.map((column) => cell(column, item)),
        ),
      ),
    ),
  );
}
