// Who is signed in, and what they may do.

import { api, carry, get, Problem, post, remove } from "./api.js";

/** A wider scope allows all that the narrower ones do. */
const SCOPES = ["read", "submit", "admin"];
const ENDED =
  "You were signed out: the session has ended, or the key was revoked or has expired. " +
  "Sign in with a valid key; an administrator can make one.";

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

  /** Raises a Problem for a wrong key. */
  async signIn(key) {
    this.#hold(await post(["session"], { key }), null);
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
