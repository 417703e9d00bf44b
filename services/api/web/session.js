// Who is signed in, and what they may do.

import { api, carry, get, Problem, post, remove } from "./api.js";

/** A wider scope allows all that the narrower ones do. */
const SCOPES = ["read", "submit", "admin"];
const ENDED =
  "You were signed out: the session has ended, or the key was revoked or has expired. " +
  "Sign in with a valid key; an administrator can make one.";

/** Browsers drop a cookie that is meant for HTTPS if it comes without, except from their own machine. */
const NOT_KEPT =
  "The key is right, but this browser did not keep the session. Open this page over HTTPS; " +
  "where there is none, API_COOKIE_SECURE=false lets it be kept all the same.";

class Session extends EventTarget {
  /** {name, scope, csrf, expires_at}, or null while nobody is signed in. */
  holder = null;
  /** Why nobody is, if it is not by their own wish. */
  why = null;

  constructor() {
    super();
    api.addEventListener("refused", () => {
      if (this.holder !== null) this.#hold(null, ENDED);
    });
  }

  may(scope) {
    return this.holder !== null && SCOPES.indexOf(this.holder.scope) >= SCOPES.indexOf(scope);
  }

  /** Take up the session that the browser has: after a reload, or because another tab signed in or out. Raises Away. */
  async resume() {
    try {
      this.#hold(await get(["session"]), null);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (this.holder === null) this.#hold(null, error.status === 401 ? null : error.message);
    }
  }

  /** Raises a Problem for a wrong key, and for a browser that does not keep the session's cookie. */
  async signIn(key) {
    await post(["session"], { key });
    try {
      this.#hold(await get(["session"]), null);
    } catch (error) {
      throw error.status === 401 ? new Problem(0, NOT_KEPT) : error;
    }
  }

  async signOut() {
    try {
      await remove(["session"]);
    } catch (error) {
      if (!(error instanceof Problem)) throw error; // A session that is gone already needs no end.
    }
    this.#hold(null, null);
  }

  #hold(holder, why) {
    const same = holder !== null && holder.csrf === this.holder?.csrf;
    this.holder = holder;
    this.why = why;
    carry(holder?.csrf ?? null);
    if (!same) this.dispatchEvent(new Event("change"));
  }
}

export const session = new Session();
