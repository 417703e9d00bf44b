// Requests to the API. Every error is one of two: a Problem, whose text tells people what to do, or Away.

/** The API refused, and says why. */
export class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

/** The API, or something before it, does not answer. */
export class Away extends Error {}

/** Statuses that say that nobody could look at the request. */
const AWAY = [502, 503, 504];

/** What the whole page wants to know of every answer. */
export const api = new EventTarget();
let csrf = null;

/** The token that goes with every change from now on. */
export function carry(token) {
  csrf = token;
}

/** An address below /v1; query values that are null or empty are left out. */
export function address(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const text = new URLSearchParams(given).toString();
  return `/v1/${path.map(encodeURIComponent).join("/")}${text === "" ? "" : `?${text}`}`;
}

export const get = (path, query) => request("GET", address(path, query));

/** Pages that are read of a list that is shown whole. */
const MOST_PAGES = 10;

/** All items of a list, as far as a person could look at them. */
export async function every(path) {
  const items = [];
  let cursor = null;
  for (let page = 0; page < MOST_PAGES && (page === 0 || cursor !== null); page++) {
    const read = await get(path, { limit: 500, cursor });
    items.push(...read.items);
    cursor = read.next;
  }
  return items;
}

export const post = (path, body, headers, query) => request("POST", address(path, query), body, headers);
export const remove = (path) => request("DELETE", address(path));

async function request(method, url, body, headers = {}) {
  const answer = await sent(method, url, body, headers);
  if (answer.status === 204) return null;
  if (answer.ok) return whole(answer);
  const detail =
    (await answer.json().catch(() => ({}))).detail ??
    `The API failed with status ${answer.status}; its log tells why. Try again.`;
  if (answer.status === 401) api.dispatchEvent(new CustomEvent("refused", { detail }));
  throw new Problem(answer.status, detail);
}

/** The body; a connection can also be lost in its middle. */
async function whole(answer) {
  try {
    return await answer.json();
  } catch {
    throw new Away("The answer broke off; trying again…");
  }
}

async function sent(method, url, body, headers) {
  const all = { Accept: "application/json", ...headers };
  if (body !== undefined) all["Content-Type"] = "application/json";
  if (method !== "GET" && csrf !== null) all["X-CSRF-Token"] = csrf;
  let answer;
  try {
    answer = await fetch(url, {
      method,
      headers: all,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-cache", // Asks each time, but lets an unchanged answer come as a 304 out of the browser's own store.
    });
  } catch {
    answer = null;
  }
  const away = answer === null || AWAY.includes(answer.status);
  api.dispatchEvent(new Event(away ? "away" : "there"));
  if (away) throw new Away("The API does not answer; trying again…");
  return answer;
}
