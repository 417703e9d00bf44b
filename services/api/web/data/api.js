// Requests to the API. Every error is one of two: a Problem, whose text says what to do, or Away.

import { t } from "../texts/texts.js";
import { addressOf } from "./address.js";

/** @import { Answer, AddressOf, ReadAll, Request } from "api-types" */
/** @import { components } from "../../../../dev/javascript/types/openapi.js" */
/** @import { AnyParts } from "./address.js" */

/** The API refused a request, and its text says why. */
export class Problem extends Error {
  /**
   * @param {number} status HTTP status; 0 where the answer was a success that this page cannot use
   * @param {string} detail
   */
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

/** The API, or a proxy before it, does not answer. */
export class Away extends Error {}

/** Statuses of proxies, and of an API whose servers are unavailable. */
const AWAY = [502, 503, 504];
/** Pages that are read of a list that is shown whole. */
const MAX_PAGES = 10;
/** Items that the API returns at once at most. */
const PAGE_ITEMS = 500;

/** Dispatches "away" and "there" with each answer, and "refused" when nobody is signed in. */
export const api = new EventTarget();
/** @type {string | null} */
let csrf = null;

/**
 * Send this token with every change from now on.
 * @param {string | null} token
 */
export function useToken(token) {
  csrf = token;
}

/**
 * The address of a path of the API. Query values that are null or empty are left out.
 * @type {AddressOf}
 */
export const address = (path, ...[parts]) => addressOf(path, parts);

/** @type {Request<"get">} */
export const get = (path, ...[parts]) => request("GET", path, parts);
/** @type {Request<"post">} */
export const post = (path, ...[parts]) => request("POST", path, parts);
/**
 * Define a followed source: nothing else is put.
 * @type {(path: "/v1/sources/{name}", parts: {path: {name: string}, header?: {"If-Match"?: string},
 *   body: components["schemas"]["SourceDefinition"]})
 *   => Promise<Answer<"get", "/v1/sources/{name}">>}
 */
export const put = (path, parts) => request("PUT", path, parts);
/** @type {Request<"delete">} */
export const remove = (path, ...[parts]) => request("DELETE", path, parts);

/**
 * All items of a list, up to MAX_PAGES pages.
 * @type {ReadAll}
 */
export async function every(path, ...[parts]) {
  const items = [];
  let cursor = null;
  for (let page = 0; page < MAX_PAGES && (page === 0 || cursor !== null); page++) {
    /** @type {AnyParts} */
    const given = parts ?? {};
    const read = await request("GET", path, { ...given, query: { ...given.query, limit: PAGE_ITEMS, cursor } });
    items.push(...read.items);
    cursor = read.next;
  }
  return items;
}

/**
 * The answer's body; null where it has none. Raises Problem or Away.
 * @param {string} method
 * @param {string} path
 * @param {AnyParts} [parts]
 */
async function request(method, path, parts = {}) {
  const answer = await sent(method, addressOf(path, parts), parts);
  if (answer.status === 204) return null;
  if (answer.ok) return bodyOf(answer);
  const problem = await answer.json().catch(() => ({}));
  const detail = problem.detail ?? t("api.failed", { status: String(answer.status) });
  if (answer.status === 401) api.dispatchEvent(new CustomEvent("refused", { detail }));
  throw new Problem(answer.status, detail);
}

/**
 * The body as its OpenAPI document describes it. The connection can be lost in its middle, which raises Away.
 * @param {Response} answer
 */
async function bodyOf(answer) {
  try {
    return await answer.json();
  } catch {
    throw new Away(t("api.broken-off"));
  }
}

/**
 * @param {string} method
 * @param {string} url
 * @param {AnyParts} parts
 * @returns {Promise<Response>}
 */
async function sent(method, url, { body, header }) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json" };
  for (const [name, value] of Object.entries(header ?? {})) if (value) headers[name] = value;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET" && csrf !== null) headers["X-CSRF-Token"] = csrf;
  /** @type {Response | null} */
  let answer;
  try {
    answer = await fetch(url, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-cache", // Asks each time, but lets an unchanged answer come as a 304 out of the browser's own store.
    });
  } catch {
    answer = null;
  }
  const away = answer === null || AWAY.includes(answer.status);
  api.dispatchEvent(new Event(away ? "away" : "there"));
  if (answer === null || away) throw new Away(t("api.away"));
  return answer;
}
