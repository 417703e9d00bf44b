// Tables that become cards on a phone. Roles are explicit, since browsers drop them when rows are not laid out as such.

import { h } from "../shell/dom.js";

/** @import { Child } from "dom-types" */

/**
 * @template T
 * @typedef {object} Column
 * @property {string} name
 * @property {(item: T) => Child} cell
 * @property {boolean} [number]
 * @property {boolean} [lead] it heads a card; the other columns follow with their names
 * @property {boolean} [plain] it needs no name on a card
 * @property {boolean} [row] it needs no name on a card either, and a row of its own
 */

/**
 * @template T
 * @param {{caption: string, columns: Column<T>[], items: T[], key: (item: T) => string}} table
 */
export function table({ caption, columns, items, key }) {
  /** @param {Column<T>} column */
  const head = (column) =>
    h("th", { scope: "col", role: "columnheader", class: column.number ? "number" : null }, column.name);
  /**
   * @param {Column<T>} column
   * @param {T} item
   */
  const cell = (column, item) => {
    const said = column.cell(item);
    const none = said === null || said === "" ? "none" : "";
    const classes = [column.number ? "number" : "", column.lead ? "lead" : "", column.row ? "row" : "", none];
    const named = !column.lead && !column.plain && !column.row;
    const properties = { class: classes.filter(Boolean).join(" ") || null, "data-name": named ? column.name : null };
    return h("td", { role: "cell", ...properties }, said);
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
