// Which language a browser gets: the one that a person chose, else the first of the browser's that there is.

/** @typedef {"en" | "fr"} Language */

/** The languages, each by its own name. */
export const LANGUAGES = /** @type {const} */ ({ en: "English", fr: "Français" });

/**
 * @param {string | null | undefined} tag
 * @returns {tag is Language}
 */
export const isLanguage = (tag) => tag !== null && tag !== undefined && Object.hasOwn(LANGUAGES, tag);

/**
 * @param {string | null} chosen what was chosen before, if anything
 * @param {readonly string[]} wanted tags of the browser, the preferred one first
 * @returns {Language}
 */
export function languageOf(chosen, wanted) {
  return isLanguage(chosen) ? chosen : (wanted.map(primary).find(isLanguage) ?? "en");
}

/**
 * How numbers and dates are written: as in the browser's region where it speaks the language, else as usual in it.
 * @param {Language} language
 * @param {readonly string[]} wanted
 */
export function localeOf(language, wanted) {
  return wanted.find((tag) => primary(tag) === language) ?? language;
}

/**
 * "fr-CA" → "fr".
 * @param {string} tag
 */
function primary(tag) {
  return tag.split("-")[0]?.toLowerCase() ?? "";
}
