// Addresses within the page.

import assert from "node:assert/strict";
import test from "node:test";

import { link, placeOf } from "../../services/api/web/shell/router.js";

test("an address is split into its path and its query", () => {
  const { path, query } = placeOf("#/videos/youtube%3Aabc?state=waiting&text=a%20b");
  assert.deepEqual(path, ["videos", "youtube:abc"]);
  assert.deepEqual(Object.fromEntries(query), { state: "waiting", text: "a b" });
});

test("an empty address has no path", () => {
  for (const hash of ["", "#", "#/"]) assert.deepEqual(placeOf(hash).path, []);
});

test("an address that was mistyped is taken as it is", () => {
  assert.deepEqual(placeOf("#/videos/100%").path, ["videos", "100%"]);
  assert.equal(placeOf("#/videos?text=a?b").query.get("text"), "a?b");
});

test("links lead back to the same place", () => {
  const address = link(["playlists", "url:https://host/a/b?c"], { reason: "bot-check", state: "", playlist: null });
  assert.equal(address, "#/playlists/url%3Ahttps%3A%2F%2Fhost%2Fa%2Fb%3Fc?reason=bot-check");
  assert.deepEqual(placeOf(address).path, ["playlists", "url:https://host/a/b?c"]);
});
