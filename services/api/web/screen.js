// Runs one page: loads it, draws it, keeps it fresh, and tells in its place why it cannot be shown.
//
// A page is {title(), load(), view()}, and if it wants {playlist, progress(data), happened(data), moved(place), leave()}.

import { Away, Problem } from "./api.js";
import { h } from "./dom.js";
import { morphChildren } from "./morph.js";

/** Milliseconds between two loads at least, however much happens; until a quiet page looks again; and after an error. */
const AT_LEAST = 1000;
/** A load that takes long is followed by a pause as long as so many of it, so that the API has time for others. */
const SHARE_OF_TIME = 5;
const QUIET = 15_000;
const AGAIN = 3000;

export class Screen {
  #main;
  #page = null;
  #loaded = false;
  #error = null;
  /** The page that is being loaded. */
  #busy = null;
  #timer = null;
  #due = Infinity;
  /** When the next load may be. */
  #free = 0;

  constructor(main) {
    this.#main = main;
  }

  get page() {
    return this.#page;
  }

  /** Whether the API said that there is no such thing, or that it is not for us. */
  get refused() {
    return this.#error instanceof Problem && !this.#loaded;
  }

  /** Show a page from its beginning. */
  async show(page) {
    this.leave();
    this.#page = page;
    this.#loaded = false;
    this.#error = null;
    this.#main.replaceChildren();
    this.#main.setAttribute("aria-busy", "true");
    this.redraw();
    this.#main.querySelector("h1").focus({ preventScroll: true });
    scrollTo(0, 0);
    await this.#load();
  }

  leave() {
    clearTimeout(this.#timer);
    this.#due = Infinity;
    this.#page?.leave?.();
    this.#page = null;
  }

  /** Read anew what is shown, soon: many wishes within a second are one. */
  refresh() {
    this.#loadAt(Math.max(performance.now() + 150, this.#free));
  }

  /** Draw anew what is known. */
  redraw() {
    if (this.#page === null) return;
    document.title = `${this.#page.title()} – Fonoteca`;
    morphChildren(this.#main, [h("h1", { tabindex: "-1" }, this.#page.title()), ...this.#body()]);
  }

  #body() {
    if (this.#error !== null && !this.#loaded) {
      return [h("div", { class: "trouble", role: "alert", "data-key": "trouble" }, h("p", null, this.#error.message))];
    }
    if (!this.#loaded) return [h("p", { class: "quiet", "data-key": "loading" }, "Loading…")];
    return this.#page.view().filter((node) => node !== null);
  }

  #loadAt(moment) {
    if (this.#page === null || moment >= this.#due) return;
    clearTimeout(this.#timer);
    this.#due = moment;
    this.#timer = setTimeout(() => this.#load(), moment - performance.now());
  }

  async #load() {
    clearTimeout(this.#timer);
    this.#due = Infinity;
    const page = this.#page;
    if (page === null) return;
    // Nobody sees a hidden page; it is read anew when it is looked at again.
    if (this.#loaded && document.hidden) return;
    if (this.#busy === page) return void this.refresh();
    this.#busy = page;
    const began = performance.now();
    let again = QUIET;
    try {
      await page.load();
      if (this.#page === page) [this.#loaded, this.#error] = [true, null];
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Away)) throw error;
      // What is not there, or not allowed, will not be so by asking again at once.
      again = error instanceof Away || error.status === 429 ? AGAIN : QUIET;
      if (this.#page === page) this.#error = error;
    } finally {
      if (this.#busy === page) this.#busy = null;
      const now = performance.now();
      this.#free = now + Math.max(AT_LEAST, SHARE_OF_TIME * (now - began));
    }
    if (this.#page === page) {
      this.#main.setAttribute("aria-busy", "false");
      this.redraw();
    }
    this.#loadAt(performance.now() + again);
  }
}
