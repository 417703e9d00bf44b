// The language of this browser. The choice stays in it, as that of the colours does.

import { languageOf, localeOf } from "./language.js";

const KEY = "fonoteca-language";
// Node.js, which runs the unit tests, has neither a language nor a storage.
const wanted = globalThis.navigator?.languages ?? [];

export const language = languageOf(kept(), wanted);
/** A BCP 47 tag for Intl. */
export const locale = localeOf(language, wanted);

/**
 * Show everything in another language: the page is loaded again, at the same address.
 * @param {string} other
 */
export function chooseLanguage(other) {
  try {
    localStorage.setItem(KEY, other);
  } catch {
    return; // Where storage is forbidden the browser's own language stays.
  }
  location.reload();
}

/** @returns {string | null} */
function kept() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
