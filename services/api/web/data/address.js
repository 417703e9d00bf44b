// Addresses of the API.

/**
 * Parts of a request, whatever its path.
 * @typedef {object} AnyParts
 * @property {Record<string, string>} [path]
 * @property {Record<string, unknown>} [query]
 * @property {Record<string, string | null | undefined>} [header]
 * @property {unknown} [body]
 */

/**
 * @param {string} path
 * @param {AnyParts} [parts]
 * @returns {string}
 */
export function addressOf(path, { path: names = {}, query = {} } = {}) {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(names[name] ?? ""));
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text === "" ? filled : `${filled}?${text}`;
}
