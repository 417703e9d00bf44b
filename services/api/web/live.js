// The stream of what happens. The browser connects again by itself where it can, and says where it had stopped.

import { address } from "./api.js";

/** Milliseconds until a stream that was refused is opened anew. */
const AGAIN_AFTER = 4000;

/** Tells "progress" and "happened" with their data, "reset" when all must be read anew, "state" when it changed. */
export class Live extends EventTarget {
  /** off, connecting, live or reconnecting. */
  state = "off";
  #source = null;
  #playlist = null;
  #timer = null;

  /** Listen to one playlist, or with null to everything. */
  open(playlist) {
    if (this.#source !== null && playlist === this.#playlist) return;
    this.close();
    this.#playlist = playlist;
    this.#connect();
  }

  close() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
    this.#become("off");
  }

  #connect() {
    const source = new EventSource(address(["events"], { playlist: this.#playlist }));
    this.#source = source;
    if (this.state === "off") this.#become("connecting");
    source.onopen = () => this.#become("live");
    source.onerror = () => {
      this.#become("reconnecting");
      if (source.readyState !== EventSource.CLOSED) return;
      // An answer other than a stream: a server that starts, or a session that has ended. A request will tell which.
      this.dispatchEvent(new Event("reset"));
      this.#timer = setTimeout(() => this.#connect(), AGAIN_AFTER);
    };
    for (const name of ["progress", "happened"]) {
      source.addEventListener(name, ({ data }) => {
        this.dispatchEvent(new CustomEvent(name, { detail: JSON.parse(data) }));
      });
    }
    source.addEventListener("reset", () => this.dispatchEvent(new Event("reset")));
  }

  #become(state) {
    if (this.state === state) return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}
