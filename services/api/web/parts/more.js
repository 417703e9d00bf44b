// Long lists: a page at a time, and live all the same. What is loaded is read anew as a whole, in few requests.

import { h } from "../dom.js";

const PAGE = 50;

export class LongList {
  items = [];
  next = null;
  #wanted = PAGE;
  #most;
  #read;

  /** `read({cursor, limit})` asks for a page; `most` items are given at once at most. */
  constructor(read, most) {
    this.#read = read;
    this.#most = most;
  }

  /** Another question: its answer is read from the beginning. */
  begin() {
    this.#wanted = PAGE;
  }

  /** Read anew as many as are shown, and what is new before them. */
  async load() {
    const items = [];
    let next = null;
    do {
      const limit = Math.min(this.#most, this.#wanted - items.length);
      const page = await this.#read({ cursor: next, limit });
      items.push(...page.items);
      next = page.next;
    } while (next !== null && items.length < this.#wanted);
    [this.items, this.next] = [items, next];
  }

  /** The button for more, if there are any. */
  button(refresh) {
    if (this.next === null) return null;
    const more = () => {
      this.#wanted = this.items.length + PAGE;
      refresh();
    };
    return h("p", { class: "more", "data-key": "more" }, h("button", { type: "button", onclick: more }, "More"));
  }
}
