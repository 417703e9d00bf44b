// The texts of the dashboard in the language of this browser.

import { language, locale } from "./choice.js";
import { count } from "./format.js";
import { fill } from "./template.js";

/** @import { Child } from "dom-types" */
/** @import { TextKey, TextParameters } from "text-types" */
/** @import { Template } from "./template.js" */

const CATALOGS = {
  en: () => import("./en.js"),
  fr: () => import("./fr.js"),
};
// Awaited here, so that no other module draws before; the other languages are not loaded.
const { reasons, texts } = await CATALOGS[language]();
const plurals = new Intl.PluralRules(locale);

document.documentElement.lang = language;

/**
 * A text. Numbers are written as the language writes them.
 * @template {TextKey} K
 * @param {K} key
 * @param {TextParameters<K, string | number>} parameters
 * @returns {string}
 */
export function t(key, ...parameters) {
  return fill(texts[key], parameters[0] ?? {}, plurals)
    .map((part) => (typeof part === "number" ? count(part) : part))
    .join("");
}

/**
 * A text with elements in it, such as links and times.
 * @template {TextKey} K
 * @param {K} key
 * @param {TextParameters<K, Child>} parameters
 * @returns {Child[]}
 */
export function rich(key, ...parameters) {
  return fill(texts[key], parameters[0] ?? {}, plurals).map((part) => (typeof part === "number" ? count(part) : part));
}

/**
 * The text of a key that the API's answer makes, or `otherwise`: a newer API may know more.
 * @param {string} key
 * @param {string} otherwise
 */
export function textOr(key, otherwise) {
  const found = Object.hasOwn(texts, key) ? /** @type {Record<string, Template>} */ (texts)[key] : undefined;
  return typeof found === "string" ? found : otherwise;
}

/**
 * A reason's name; a reason that the language does not know is shown as the API sent it.
 * @param {string} code
 */
export function reasonName(code) {
  return Object.hasOwn(reasons, code) ? (/** @type {Record<string, string>} */ (reasons)[code] ?? code) : code;
}
