// Addresses within the page: #/videos?state=waiting. They can be kept, sent to somebody, and gone back to.

/** Where we are: {path: ["videos", id], query: URLSearchParams}. */
export function place() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  return {
    path: path
      .split("/")
      .map(decoded)
      .filter((part) => part !== ""),
    query: new URLSearchParams(query),
  };
}

/** The address of a place; query values that are null or empty are left out. */
export function link(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const text = new URLSearchParams(given).toString();
  return `#/${path.map(encodeURIComponent).join("/")}${text === "" ? "" : `?${text}`}`;
}

/** Go there. `instead`: the step back leads to where we were before this place. */
export function go(address, { instead = false } = {}) {
  if (instead) location.replace(address);
  else location.hash = address;
}

/** Part of an address that a person may have written by hand. */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
