// The stream of live events. The browser reconnects by itself where it can, and says where it had stopped.

import { address } from "./api.js";

/** @typedef {"off" | "connecting" | "live" | "reconnecting"} LiveState */

/** Milliseconds until a stream that was refused is opened again. */
const RECONNECT_MS = 4000;

/** Dispatches "progress" and "happened" with their data, "reset" when all must be read again, "state" when it changed. */
export class Live extends EventTarget {
  /** @type {LiveState} */
  state = "off";
  /** @type {EventSource | null} */
  #source = null;
  /** @type {string | null} */
  #playlist = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * Listen to one playlist, or with null to everything.
   * @param {string | null} playlist
   */
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
    const source = new EventSource(address("/v1/events", { query: { playlist: this.#playlist } }));
    this.#source = source;
    if (this.state === "off") this.#become("connecting");
    source.onopen = () => this.#become("live");
    source.onerror = () => {
      this.#become("reconnecting");
      if (source.readyState !== EventSource.CLOSED) return;
      // An answer other than a stream: a server that starts, or a session that has ended. the next request shows which.
      this.dispatchEvent(new Event("reset"));
      this.#timer = setTimeout(() => this.#connect(), RECONNECT_MS);
    };
    for (const name of ["progress", "happened"]) {
      source.addEventListener(name, ({ data }) => {
        this.dispatchEvent(new CustomEvent(name, { detail: JSON.parse(data) }));
      });
    }
    source.addEventListener("reset", () => this.dispatchEvent(new Event("reset")));
  }

  /** @param {LiveState} state */
  #become(state) {
    if (this.state === state) return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}
