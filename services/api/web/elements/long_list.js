// Long lists: a page at a time, and live all the same. All loaded items are read again together, in few requests.

import { h } from "../shell/dom.js";
import { t } from "../texts/texts.js";

const PAGE = 50;

/** @template T */
export class LongList {
  /** @type {T[]} */
  items = [];
  /** @type {string | null} */
  next = null;
  #wanted = PAGE;
  #max;
  #read;

  /**
   * @param {(page: {cursor: string | null, limit: number}) => Promise<{items: T[], next: string | null}>} read
   * @param {number} max items that one request returns at most
   */
  constructor(read, max) {
    this.#read = read;
    this.#max = max;
  }

  /** Start from the first page, because the question changed. */
  begin() {
    this.#wanted = PAGE;
  }

  /** Read as many items again as are shown, with the new ones before them. */
  async load() {
    const items = [];
    let next = null;
    do {
      const limit = Math.min(this.#max, this.#wanted - items.length);
      /** @type {{items: T[], next: string | null}} */
      const page = await this.#read({ cursor: next, limit });
      items.push(...page.items);
      next = page.next;
    } while (next !== null && items.length < this.#wanted);
    [this.items, this.next] = [items, next];
  }

  /**
   * The button for more; null if there are none.
   * @param {() => void} refresh
   */
  button(refresh) {
    if (this.next === null) return null;
    const more = () => {
      this.#wanted = this.items.length + PAGE;
      refresh();
    };
    return h(
      "p",
      { class: "more", "data-key": "more" },
      h("button", { type: "button", onclick: more }, t("element.more")),
    );
  }
}
