// Who is signed in, and what they may do.

import { t } from "../texts/texts.js";
import { api, get, Problem, post, remove, useToken } from "./api.js";

/** @import { Scope, Session as Holder } from "api-types" */

/**
 * A wider scope allows all that the narrower ones do.
 * @type {Scope[]}
 */
const SCOPES = ["read", "submit", "admin"];

class Session extends EventTarget {
  /**
   * Whose key it is; null while nobody is signed in.
   * @type {Holder | null}
   */
  holder = null;
  /**
   * Why nobody is signed in, unless they signed out themselves.
   * @type {string | null}
   */
  why = null;

  constructor() {
    super();
    api.addEventListener("refused", () => {
      if (this.holder !== null) this.#hold(null, t("session.ended"));
    });
  }

  /** @param {Scope} scope */
  may(scope) {
    return this.holder !== null && SCOPES.indexOf(this.holder.scope) >= SCOPES.indexOf(scope);
  }

  /** Adopt the session that the browser has: after a reload, or because another tab signed in or out. Raises Away. */
  async resume() {
    try {
      this.#hold(await get("/v1/session"), null);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (this.holder === null) this.#hold(null, error.status === 401 ? null : error.message);
    }
  }

  /**
   * Sign in. Raises a Problem for a wrong key, and for a browser that does not keep the session's cookie.
   * @param {string} key
   */
  async signIn(key) {
    await post("/v1/session", { body: { key } });
    try {
      this.#hold(await get("/v1/session"), null);
    } catch (error) {
      // Browsers drop a cookie that is meant for HTTPS if it comes without, except from their own machine.
      throw error instanceof Problem && error.status === 401 ? new Problem(0, t("session.not-kept")) : error;
    }
  }

  async signOut() {
    try {
      await remove("/v1/session");
    } catch (error) {
      if (!(error instanceof Problem)) throw error; // A session that is gone needs no end.
    }
    this.#hold(null, null);
  }

  /**
   * @param {Holder | null} holder
   * @param {string | null} why
   */
  #hold(holder, why) {
    const same = holder !== null && holder.csrf === this.holder?.csrf;
    this.holder = holder;
    this.why = why;
    useToken(holder?.csrf ?? null);
    if (!same) this.dispatchEvent(new Event("change"));
  }
}

export const session = new Session();
