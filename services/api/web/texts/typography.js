// French typography: the spaces before ; ! ? : and within « » never begin a line. Texts are written with plain spaces.

const NARROW = "\u202f";
const GAP = "\u00a0";

/** @param {string} text */
const typeset = (text) =>
  text
    .replaceAll(/ (?=[;!?])/g, NARROW)
    .replaceAll(/ (?=[:»%])/g, GAP)
    .replaceAll("« ", `«${GAP}`);

/**
 * The same texts with the right spaces.
 * @template {Record<string, string | Record<string, string>>} T
 * @param {T} texts
 * @returns {T}
 */
export function french(texts) {
  const set = Object.entries(texts).map(([key, text]) => [
    key,
    typeof text === "string"
      ? typeset(text)
      : Object.fromEntries(Object.entries(text).map(([form, each]) => [form, typeset(each)])),
  ]);
  return Object.fromEntries(set);
}
