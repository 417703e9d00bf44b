// Runs one page: loads it, draws it, keeps it fresh, and shows in its place why it cannot be shown.

import { Away, Problem } from "../data/api.js";
import { t } from "../texts/texts.js";
import { h } from "./dom.js";
import { morphChildren } from "./morph.js";

/** @import { Happened, Score } from "api-types" */
/** @import { Place } from "./router.js" */

/**
 * @typedef {object} Page
 * @property {() => string} title
 * @property {() => Promise<void>} load reads what is shown; raises Problem or Away
 * @property {() => (HTMLElement | null)[]} view its elements, once it is loaded
 * @property {string} [playlist] the playlist whose live events it wants; all, if there is none
 * @property {(data: Score) => void} [progress]
 * @property {(data: Happened) => void} [happened]
 * @property {(place: Place) => void} [moved] the address has another query
 * @property {() => void} [leave]
 */
/** @typedef {(here: Place, screen: Screen) => Page} PageMaker */

/** Milliseconds between two loads at least, until a quiet page is read again, and after an error. */
const MIN_PAUSE_MS = 1000;
const QUIET_MS = 15_000;
const RETRY_MS = 3000;
/** A load that takes long is followed by a pause this many times as long, so that the API has time for others. */
const PAUSE_PER_LOAD = 5;

export class Screen {
  #main;
  /** @type {Page | null} */
  #page = null;
  #loaded = false;
  /** @type {Problem | Away | null} */
  #error = null;
  /**
   * The page that is being loaded.
   * @type {Page | null}
   */
  #busy = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #due = Infinity;
  /** When the next load may be. */
  #free = 0;

  /** @param {HTMLElement} main */
  constructor(main) {
    this.#main = main;
  }

  get page() {
    return this.#page;
  }

  /** Whether the API said that the thing does not exist, or that this key may not see it. */
  get refused() {
    return this.#error instanceof Problem && !this.#loaded;
  }

  /**
   * Show a page from its beginning.
   * @param {Page} page
   */
  async show(page) {
    this.leave();
    this.#page = page;
    this.#loaded = false;
    this.#error = null;
    this.#main.replaceChildren();
    this.#main.setAttribute("aria-busy", "true");
    this.redraw();
    this.#main.querySelector("h1")?.focus({ preventScroll: true });
    scrollTo(0, 0);
    await this.#load();
  }

  leave() {
    clearTimeout(this.#timer);
    this.#due = Infinity;
    this.#page?.leave?.();
    this.#page = null;
  }

  /** Load the page again, soon: many calls within a second are one. */
  refresh() {
    this.#loadAt(Math.max(performance.now() + 150, this.#free));
  }

  /** Draw the page again from what it knows. */
  redraw() {
    if (this.#page === null) return;
    document.title = `${this.#page.title()} – Fonoteca`;
    morphChildren(this.#main, [h("h1", { tabindex: "-1" }, this.#page.title()), ...this.#body(this.#page)]);
  }

  /** @param {Page} page */
  #body(page) {
    if (this.#error !== null && !this.#loaded) {
      return [h("div", { class: "trouble", role: "alert", "data-key": "trouble" }, h("p", null, this.#error.message))];
    }
    if (!this.#loaded) return [h("p", { class: "quiet", "data-key": "loading" }, t("element.loading"))];
    return page.view().filter((node) => node !== null);
  }

  /** @param {number} moment milliseconds of performance.now() */
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
    // Nobody sees a hidden page; it is loaded again when it is shown again.
    if (this.#loaded && document.hidden) return;
    if (this.#busy === page) return void this.refresh();
    this.#busy = page;
    const began = performance.now();
    let again = QUIET_MS;
    try {
      await page.load();
      if (this.#page === page) [this.#loaded, this.#error] = [true, null];
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Away)) throw error;
      // A page that does not exist, or is not allowed, will not change at once.
      again = error instanceof Away || error.status === 429 ? RETRY_MS : QUIET_MS;
      if (this.#page === page) this.#error = error;
    } finally {
      if (this.#busy === page) this.#busy = null;
      const now = performance.now();
      this.#free = now + Math.max(MIN_PAUSE_MS, PAUSE_PER_LOAD * (now - began));
    }
    if (this.#page === page) {
      this.#main.setAttribute("aria-busy", "false");
      this.redraw();
    }
    this.#loadAt(performance.now() + again);
  }
}
