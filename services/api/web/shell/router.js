// Addresses within the page: #/videos?state=waiting. They can be bookmarked, shared, and gone back to.

/** @typedef {{path: string[], query: URLSearchParams}} Place e.g. {path: ["videos", id], query} */

/**
 * The place that the address names.
 * @returns {Place}
 */
export function place() {
  return placeOf(location.hash);
}

/**
 * @param {string} hash
 * @returns {Place}
 */
export function placeOf(hash) {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  return {
    path: path
      .split("/")
      .map(decoded)
      .filter((part) => part !== ""),
    query: new URLSearchParams(query),
  };
}

/**
 * The address of a place. Query values that are null or empty are left out.
 * @param {string[]} path
 * @param {Record<string, string | null | undefined>} [query]
 */
export function link(path, query = {}) {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value) given.set(name, value);
  const text = given.toString();
  return `#/${path.map(encodeURIComponent).join("/")}${text === "" ? "" : `?${text}`}`;
}

/**
 * Go to an address. `instead`: it replaces the present one in the browser's history.
 * @param {string} address
 * @param {{instead?: boolean}} [options]
 */
export function go(address, { instead = false } = {}) {
  if (instead) location.replace(address);
  else location.hash = address;
}

/**
 * Part of an address that a person may have written by hand.
 * @param {string} part
 */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
